"""Texts that are stored to be read later by anybody: the msgid with its domain and parameters, never a finished sentence."""

from __future__ import annotations

import json
from typing import Any

from ..kernel.money import Money
from .formats import fmt
from .texts import InLanguages, LazyText, texts_of


def stored(text: Any) -> Any:
    """A lazy text (or a plain one, which is said as it is) as JSON. Parameters may be texts, numbers, ``Money`` and ``InLanguages``."""
    if isinstance(text, LazyText):
        return {"text": text.msgid, "of": text.domain, "with": {name: stored(value) for name, value in text.params.items()}}
    if isinstance(text, InLanguages):
        return {"said": dict(text.texts), "else": text.source}
    if isinstance(text, Money):
        return {"money": [text.amount, text.currency]}
    return text if text is None or type(text) is int else str(text)


def spoken(kept: Any) -> str:
    """The same for whoever reads now; numbers and money as he writes them."""
    if isinstance(kept, dict) and "money" in kept:
        return fmt.money(*kept["money"])
    if isinstance(kept, dict) and "said" in kept:
        return str(InLanguages(kept["else"], kept["said"]))
    if isinstance(kept, dict):
        msgid, params = kept["text"], {name: spoken(value) for name, value in kept["with"].items()}
        return texts_of(kept.get("of", "")).gettext(msgid, **params)
    if type(kept) is int:
        return fmt.number(kept)
    return kept or ""


_MARK = "\u0001"  # nobody types it: what follows is a text to be said, not what somebody wrote


def keep_text(text: Any, most: int | None = None) -> str:
    """A lazy text as one line for a column of plain text, to be read by :func:`kept_text` in the language of each reader.

    What a person wrote, and what was kept before, stays as it is. :param most: characters that are kept of what a person wrote.
    """
    if isinstance(text, LazyText | InLanguages):
        return _MARK + json.dumps(stored(text), ensure_ascii=False)
    line = str(text)
    return line if is_kept(line) else line[:most]


def is_kept(line: str) -> bool:
    """Whether a line is a text of the program's own."""
    return line.startswith(_MARK)


def kept_text(line: str | None) -> str:
    """Such a line for whoever reads now."""
    return spoken(json.loads(line[1:])) if line and is_kept(line) else line or ""
