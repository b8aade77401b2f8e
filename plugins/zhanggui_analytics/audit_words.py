"""What the audit says of figures."""

from __future__ import annotations

from zhanggui.api import AuditWords, Column, _l

WORDS = [AuditWords("analytics.figures.exported", _l("Figures taken away as a file"), [Column("rows", _l("Rows"), "int"), Column("format", _l("Kind of file"), "code")])]
