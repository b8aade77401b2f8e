"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Choice, Column, _l

_FACTS = [
    Column("tables", _l("Tables"), "int"), Column("rows", _l("Rows"), "int"), Column("files", _l("Files"), "int"), Column("size", _l("Bytes"), "int"),
    Column("removed", _l("Older copies removed"), "int"),
]  # fmt: skip
TARGETS = (Choice("folder", _l("Folder")), Choice("store", _l("Store")))
WORDS = [
    AuditWords("backup.backup.created", _l("Backup made"), _FACTS),
    AuditWords("backup.backup.downloaded", _l("Backup downloaded"), _FACTS),
    AuditWords("backup.backup.previewed", _l("Looked at what a restore would change"), _FACTS),
    AuditWords("backup.backup.sent", _l("Backup sent away"), [Column("target", _l("Target"), "choice", choices=TARGETS)]),
    AuditWords("backup.drill.passed", _l("Drill passed"), _FACTS),
]
