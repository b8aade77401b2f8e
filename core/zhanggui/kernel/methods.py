"""Which HTTP methods only ask, and which change something (RFC 9110, section 9.2.1)."""

from __future__ import annotations

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Every other verb is unknown here: no route may name it, because nothing guards it against forged requests.
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
