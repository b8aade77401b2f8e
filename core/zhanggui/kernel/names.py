"""Names of people and of what people make, so that no two of them can be taken for each other.

A text is folded by one function, when it is stored and when it is asked for. Which characters look
alike is Unicode's list (TR39), as the package ``confusable-homoglyphs`` carries it.
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib import resources

# Scripts that one name may mix: TR39's "highly restrictive" level.
_TOGETHER = ({"LATIN", "HAN", "BOPOMOFO"}, {"LATIN", "HAN", "HIRAGANA", "KATAKANA"}, {"LATIN", "HAN", "HANGUL"})
_NO_SCRIPT = {"COMMON", "INHERITED"}


def plain(text: str) -> str:
    """A name as it is kept: one way to write each character (NFKC: no full-width letters), single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def fold(text: str) -> str:
    """What a name is found by: without regard to case, width, and characters that look alike."""
    return _caseless(_skeleton(_caseless(text)))


def alike(text: str) -> set[str]:
    """All that a name may be taken for; two names that share one of these are one to the eye.

    ``AIice`` with a capital i shares one with ``Alice``, which only shows before the case is folded.
    """
    return {fold(text), fold(_skeleton(plain(text)))}


def well_formed(name: str, also: str) -> bool:
    """Whether a plain name has letters, digits and, between them, some of ``also``.

    Letters are of scripts that belong together: Chinese and Latin do, Cyrillic and Latin do not.
    """
    if not name or ".." in name or not _in_words(name[0]) or not (_in_words(name[-1]) or name[-1] == ")"):
        return False
    if not all(_in_words(ch) or ch in also for ch in name):
        return False
    scripts = {_script(ch) for ch in name} - _NO_SCRIPT
    return len(scripts) < 2 or any(scripts <= together for together in _TOGETHER)


def _in_words(ch: str) -> bool:
    if ch.isascii():
        return ch.isalnum()
    return ch == "ー" or (ch.isalpha() and _script(ch) not in _NO_SCRIPT)


def _caseless(text: str) -> str:
    return plain(plain(text).casefold())


def _skeleton(text: str) -> str:
    shown_as = _shown_as()
    return "".join(shown_as.get(ch, ch) for ch in text)


def _script(ch: str) -> str:
    from confusable_homoglyphs.categories import alias  # reads its list when it is imported

    script: str = alias(ch)
    return script


@cache
def _shown_as() -> dict[str, str]:
    """Each character that looks like another, with the one that stands for both.

    The list of the package is undirected: a character names all that look like it. The one that
    several name stands for them; of two that name each other alone, the first by number does.
    """
    text = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    # The names of the characters, most of the file, are dropped while it is read.
    listed = json.loads(text, object_hook=lambda found: found["c"] if found.keys() == {"c", "n"} else found)
    pairs = {_bare(ch): [_bare(other) for other in others] for ch, others in listed.items()}
    chosen = {}
    for ch, others in pairs.items():
        if len(ch) == 1 and len(others) == 1:
            stands = others[0] if len(pairs.get(others[0], ())) > 1 else min(ch, others[0])
            if stands != ch:
                chosen[ch] = stands
    return chosen


def _bare(text: str) -> str:
    """Without the marks of direction that the package puts around right-to-left characters."""
    return text.strip("\u200e")
