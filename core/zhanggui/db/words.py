"""Words, folded by one function: when a text is stored to be found, and when somebody asks for it.

A question is cut into parts that must all be there, in any order: words of alphabets by their stem, so that ``berry``
finds ``berries`` and the other way round; a run of Chinese, which has no spaces, by its pairs of characters. What has
digits is looked for as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, true

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(f"[{_HAN}]+|[^{_HAN}]+")
_WORDS = re.compile(r"[^\W\d_]{4,}")
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
_PIECES = re.compile(r"[\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
MOST_PARTS = 16  # of one question; what is typed beyond narrows nothing
LONGEST_TERM = 40
DIGITS = 4


def fold(text: str) -> str:
    """A text without regard to case, accents, width and the way its characters are put together, with single spaces."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()))
    return " ".join(unicodedata.normalize("NFKC", plain).casefold().split())


def stored(*texts: str) -> str:
    """What is kept beside these texts so that they are found: they themselves, folded, and the stems of their words."""
    folded = fold(" ".join(texts))
    stems = {stem for word in _WORDS.findall(folded) if (stem := _stem(word)) not in folded}
    return " ".join([folded, *sorted(stems)])


def parts(question: str) -> list[str]:
    """The parts of a question; each must stand in what is ``stored``."""
    return list(dict.fromkeys(_parts(fold(question))))[:MOST_PARTS]


def terms(*texts: str) -> set[str]:
    """The whole terms under which these texts are found by way of an index, which knows no parts of a term."""
    found: set[str] = set()
    for word in fold(" ".join(texts)).split():
        for piece in (word, *_PIECES.split(word)):
            found.update(part[:LONGEST_TERM] for part in _parts(piece))
    return found


def digits(text: str) -> list[str]:
    """Each run of four digits in a text, in their order: so that a part of a number is found, from four digits on."""
    return [text[at : at + DIGITS] for at in range(len(text) - DIGITS + 1) if text[at : at + DIGITS].isdigit() and text[at : at + DIGITS].isascii()]


def found(column: ColumnElement[Any], question: str) -> ColumnElement[bool]:
    """Whether a column that holds what is ``stored`` answers a question. An empty one finds everything."""
    return and_(true(), *(column.contains(part, autoescape=True) for part in parts(question)))


def is_found(text: str, question: str) -> bool:
    """The same for a text that is at hand."""
    kept = stored(text)
    return all(part in kept for part in parts(question))


def _parts(folded: str) -> Iterator[str]:
    for typed in folded.split():
        word = _AROUND.sub("", typed) or typed
        for run in _RUNS.findall(word):
            if not re.match(f"[{_HAN}]", run):
                yield _stem(run) if _WORDS.fullmatch(run) else run
            elif len(run) < 3:
                yield run
            else:
                yield from (run[place : place + 2] for place in range(len(run) - 1))


@lru_cache(50_000)
def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    return stem


@cache
def _stemmer() -> Any:
    from snowballstemmer import stemmer  # its tables take a megabyte, which a process that never searches need not hold

    return stemmer("english")
