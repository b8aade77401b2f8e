"""The index: each article in each language under its whole terms, brought in step with the files and with what the shop published."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from zhanggui.api import Actor, articles, one_at_a_time, words, written_in

from ..models import Entry, Term, Word
from . import shop_texts

LOCK = "help.index"
TITLE, KEYWORDS, HEADING, BODY = 5, 4, 3, 1
FORM = "3"  # of what is kept: another number writes everything anew
_WRITTEN = re.compile(r"\b[a-z]{4,40}\b")
_SOME = 400
_LOOKS = Actor("system", name="help")  # labels as somebody reads them who may nothing: no value of a setting is indexed


@dataclass(frozen=True)
class Text:
    """An article in one language, as it is indexed."""

    ref: str
    locale: str
    owner: str
    audience: str
    rights: Sequence[Sequence[str]]
    title: str
    keywords: Sequence[str]
    headings: str
    body: str
    lead: str
    digest: str


def bring_up(db: Session) -> int:
    """Write what differs; answers how many entries were written or taken out. Twice at once is once."""
    one_at_a_time(db, LOCK)
    present = {(e.ref, e.locale): (e.id, e.digest) for e in db.execute(select(Entry.id, Entry.ref, Entry.locale, Entry.digest))}
    wanted = {**_digests(), **shop_texts.digests(db)}
    gone = [entry_id for key, (entry_id, digest) in present.items() if wanted.get(key) != digest]
    fresh = {key for key, digest in wanted.items() if key not in present or present[key][1] != digest}
    if not gone and not fresh:
        return 0
    for some in _in_some(gone):
        db.execute(delete(Term).where(Term.entry_id.in_(some)))
        db.execute(delete(Entry).where(Entry.id.in_(some)))
    write(db, [*_bundled(fresh), *shop_texts.texts(db, fresh)])
    return len(gone) + len(fresh)


def write(db: Session, texts: Iterable[Text]) -> None:
    """Add entries, and count their words anew."""
    rows: list[dict[str, object]] = []
    for text in texts:
        entry = Entry(
            ref=text.ref, locale=text.locale, owner=text.owner, audience=text.audience, rights=[list(right) for right in text.rights],
            title=text.title[:200], lead=text.lead[:400], digest=text.digest,
        )  # fmt: skip
        db.add(entry)
        db.flush()
        rows += [{"term": term, "entry_id": entry.id, "weight": weight} for term, weight in _weights(text).items()]
    for some in _in_some(rows):
        db.execute(insert(Term), some)
    db.execute(delete(Word))
    counted = db.execute(select(Term.term, func.count()).group_by(Term.term)).all()
    for part in _in_some([{"term": term, "entries": number} for term, number in counted]):
        db.execute(insert(Word), part)


def _weights(text: Text) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for weight, said in ((TITLE, text.title), (KEYWORDS, " ".join(text.keywords)), (HEADING, text.headings), (BODY, text.body)):
        for term in terms(said):
            found[term] = max(found[term], weight)
    return found


def terms(text: str) -> set[str]:
    """Whole terms of a text that say something."""
    # Words as they are written, beside their stems: what was mistyped is compared with those.
    return {term for term in words.terms(text) if any(ch.isalnum() for ch in term)} | set(_WRITTEN.findall(words.fold(text)))


def _digests() -> dict[tuple[str, str], str]:
    shelf = articles.library()
    # Labels are part of what is found: another version of a plugin may call something otherwise.
    return {(ref, locale): f"{FORM}{shelf.stamp}{one.digest}"[:40] for ref, versions in shelf.articles.items() for locale, one in versions.items()}


def _bundled(fresh: set[tuple[str, str]]) -> list[Text]:
    shelf, found, digests = articles.library(), [], _digests()
    for locale in sorted({locale for _ref, locale in fresh}):
        with written_in(locale):
            for ref, versions in shelf.articles.items():
                one = versions.get(locale)
                if one is None or (ref, locale) not in fresh:
                    continue
                body = articles.plain(one.body, _LOOKS, shelf.labeled)
                headings = " ".join(line.lstrip("# ").split("{#")[0] for line in one.body.splitlines() if line.startswith("##"))
                lead = articles.plain(one.body.split("\n\n", 1)[0], _LOOKS, shelf.labeled)
                found.append(Text(ref, locale, one.owner, one.audience, one.permissions, one.title, one.keywords, headings, body, lead, digests[ref, locale]))
    return found


def _in_some(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[at : at + _SOME] for at in range(0, len(rows), _SOME))
