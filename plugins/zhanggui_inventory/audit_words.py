"""What the acts of this plugin are called in the trail."""

from __future__ import annotations

from zhanggui.api import AuditWords, _l

WORDS = [
    AuditWords("inventory.stock.adjusted", _l("Stock adjusted")),
    AuditWords("inventory.stock.counted", _l("Stock counted")),
    AuditWords("inventory.stock.opened", _l("Opening stock entered")),
    AuditWords("inventory.stock.restocked", _l("Goods received")),
    AuditWords("inventory.stock.warn_level_set", _l("Warning level set")),
]
