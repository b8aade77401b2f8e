"""Kinds of private files: known by how their bytes begin, not by what somebody says they are."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid, WiringError

MAX_BYTES = 20 * 1024 * 1024  # of a file that says nothing else; a request takes at most 32 MB
DOCUMENTS = ("pdf", "png", "jpeg", "webp")
HEAD = 16  # bytes that tell a kind


@dataclass(frozen=True)
class FileKind:
    """One kind; ``begins`` is empty for plain text."""

    media_type: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...] = ()
    inside: bytes = b""  # at byte 8

    def fits(self, ending: str, head: bytes) -> bool:
        """Whether a file of this ending that begins so is one."""
        if ending not in self.endings:
            return False
        if not self.begins:
            return b"\0" not in head
        return head.startswith(self.begins) and head[8:].startswith(self.inside)


_PACKED = (b"PK\x03\x04",)
_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    "pdf": FileKind("application/pdf", (".pdf",), (b"%PDF-",)),
    "png": FileKind("image/png", (".png",), (b"\x89PNG\r\n\x1a\n",)),
    "jpeg": FileKind("image/jpeg", (".jpg", ".jpeg"), (b"\xff\xd8\xff",)),
    "webp": FileKind("image/webp", (".webp",), (b"RIFF",), b"WEBP"),
    "csv": FileKind("text/csv", (".csv",)),
    "text": FileKind("text/plain", (".txt",)),
    "zip": FileKind("application/zip", (".zip",), _PACKED),
    "xlsx": FileKind(f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",), _PACKED),
    "docx": FileKind(f"{_OFFICE}.wordprocessingml.document", (".docx",), _PACKED),
}


def check_kinds(kinds: Collection[str]) -> None:
    """:raises WiringError: for a kind that there is not."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or not kinds:
        raise WiringError(f"there is no kind of file {unknown[0] if unknown else ''!r}, only {', '.join(KINDS)}")


def media_type(filename: str, head: bytes, kinds: Collection[str]) -> str:
    """What a file is.

    :raises Invalid: when it is none of these kinds.
    """
    check_kinds(kinds)
    ending = os.path.splitext(filename)[1].lower()
    for kind in (KINDS[name] for name in kinds):
        if kind.fits(ending, head):
            return kind.media_type
    raise not_among(kinds)


def not_among(kinds: Collection[str]) -> Invalid:
    """The refusal of a file of another kind."""
    return Invalid(_l("This file is none of these kinds: %(kinds)s.", kinds=", ".join(endings(kinds))))


def media_type_of(filename: str) -> str:
    """The media type that a file of ours has by its ending.

    :raises WiringError: for an ending that no kind has.
    """
    ending = os.path.splitext(filename)[1].lower()
    for kind in KINDS.values():
        if ending in kind.endings:
            return kind.media_type
    raise WiringError(f"a file called {filename!r} is of no known kind")


def endings(kinds: Collection[str]) -> list[str]:
    """How names of such files end."""
    return [ending for name in kinds for ending in KINDS[name].endings]
