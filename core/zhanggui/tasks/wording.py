"""Texts that are stored to be read later by anybody: the msgid with its domain and parameters, never a finished sentence."""

from __future__ import annotations

from typing import Any

from ..i18n.formats import fmt
from ..i18n.texts import LazyText, texts_of
from ..kernel.money import Money


def stored(text: Any) -> Any:
    """A lazy text (or a plain one, which is said as it is) as JSON. Parameters may be texts, numbers and ``Money``."""
    if isinstance(text, LazyText):
        return {"text": text.msgid, "of": text.domain, "with": {name: stored(value) for name, value in text.params.items()}}
    if isinstance(text, Money):
        return {"money": [text.amount, text.currency]}
    return text if text is None or type(text) is int else str(text)


def spoken(kept: Any) -> str:
    """The same for whoever reads now; numbers and money as he writes them."""
    if isinstance(kept, dict) and "money" in kept:
        return fmt.money(*kept["money"])
    if isinstance(kept, dict):
        msgid, params = kept["text"], {name: spoken(value) for name, value in kept["with"].items()}
        return texts_of(kept.get("of", "")).gettext(msgid, **params)
    if type(kept) is int:
        return fmt.number(kept)
    return kept or ""
