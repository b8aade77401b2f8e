"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, Column, _l

_VERSION = [Column("published", _l("Version that is read"), "int")]
WORDS = [
    AuditWords("help.article.created", _l("Article written")),
    AuditWords("help.article.changed", _l("Article changed")),
    AuditWords("help.article.published", _l("Article published"), _VERSION),
    AuditWords("help.article.taken_back", _l("Article taken back to the version before"), _VERSION),
    AuditWords("help.article.withdrawn", _l("Article withdrawn"), _VERSION),
]
