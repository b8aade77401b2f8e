"""Texts that customers read, in more languages than the one they were written in.

The source text stays in its own column of its own table; here stand the translations, each with a
digest of the source it was made from, so that an outdated one can be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from sqlalchemy import String, Text, UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ..db.base import Model
from ..db.types import BigKey
from ..db.upsert import insert_for
from ..runtime import current_runtime


class Translation(Model):
    """One text of one field of one row, in one language."""

    __tablename__ = "core__translation"
    __table_args__ = (UniqueConstraint("resource", "row_id", "field", "locale"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    resource: Mapped[str] = mapped_column(String(64), nullable=False)  # "products.Product"
    row_id: Mapped[int] = mapped_column(BigKey, nullable=False)
    field: Mapped[str] = mapped_column(String(64), nullable=False)
    locale: Mapped[str] = mapped_column(String(16), nullable=False)
    text: Mapped[str] = mapped_column(Text, nullable=False)
    source_digest: Mapped[str] = mapped_column(String(32), nullable=False)


def digest(source: str) -> str:
    """What a translation remembers of the text it was made from."""
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def is_outdated(source_digest: str, source: str) -> bool:
    """Whether the source text has changed since a translation with this digest was made."""
    return source_digest != digest(source)


def source_locale() -> str:
    """The language that this instance writes its content in."""
    locale: str = current_runtime().config["i18n.default_locale"]
    return locale


def split(texts: str | Mapping[str, str]) -> tuple[str, dict[str, str] | None]:
    """The source text and the others, of what a form field of kind ``translations`` gives.

    A plain string is a source text that says nothing of its translations: the second part is None then.
    """
    if isinstance(texts, str):
        return texts, None
    source = source_locale()
    return texts.get(source, ""), {locale: text for locale, text in texts.items() if locale != source}


def set_texts(
    db: Session, resource: str, row_id: int, fields: Mapping[str, tuple[Mapping[str, str] | None, str]]
) -> dict[str, dict[str, str]]:
    """Make ``{field: ({locale: text}, source text)}`` the translations of a row, read in one statement.

    A language that is left out or empty goes away; ``None`` in place of the texts leaves a field as it
    is. A text that stays the same keeps the digest of the source it was made from: saving a form does
    not make an outdated translation current.

    :returns: ``{field: {locale: text}}``, as they stand now.
    """
    rows: dict[str, dict[str, Translation]] = {field: {} for field in fields}
    for row in db.scalars(_OF, _of(resource, row_id, fields)):
        rows[row.field][row.locale] = row
    standing = {field: {locale: row.text for locale, row in found.items()} for field, found in rows.items()}
    for field, (texts, source) in fields.items():
        if texts is not None:
            standing[field] = {locale: text for locale, text in texts.items() if text}
            _change(db, (resource, row_id, field), rows[field], standing[field], digest(source))
    return standing


def set_texts_of_rows(db: Session, resource: str, field: str, rows: Mapping[int, tuple[Mapping[str, str], str]]) -> None:
    """The same for one field of several rows, ``{row id: ({locale: text}, source text)}``: one statement reads all of them."""
    standing: dict[int, dict[str, Translation]] = {row_id: {} for row_id in rows}
    found = select(Translation).where(Translation.resource == resource, Translation.field == field, Translation.row_id.in_(list(rows)))
    for row in db.scalars(found):
        standing[row.row_id][row.locale] = row
    for row_id, (texts, source) in rows.items():
        wanted = {locale: text for locale, text in texts.items() if text}
        _change(db, (resource, row_id, field), standing[row_id], wanted, digest(source))


def _change(db: Session, place: tuple[str, int, str], rows: Mapping[str, Translation], wanted: Mapping[str, str], made_from: str) -> None:
    gone = [row.id for locale, row in rows.items() if locale not in wanted]
    if gone:
        db.execute(delete(Translation).where(Translation.id.in_(gone)))
    resource, row_id, field = place
    for locale, text in wanted.items():
        row = rows.get(locale)
        if row is None:
            made = insert_for(db, Translation).values(
                resource=resource, row_id=row_id, field=field, locale=locale, text=text, source_digest=made_from
            )
            key = ["resource", "row_id", "field", "locale"]
            db.execute(made.on_conflict_do_update(index_elements=key, set_={"text": text, "source_digest": made_from}))
        elif row.text != text:
            row.text, row.source_digest = text, made_from


def texts_of(
    db: Session, resource: str, ids: Collection[int] | Mapping[int, str], field: str, locale: str
) -> dict[int, str]:
    """One field of many rows in one language, in one query.

    Give ``ids`` as ``{id: source text}`` and rows without a translation answer with their source;
    given as plain ids, they are left out. ``zh_CN`` may be answered by a text in ``zh``.
    """
    return texts_of_fields(db, resource, {field: ids}, locale)[field]


def texts_of_fields(
    db: Session, resource: str, fields: Mapping[str, Collection[int] | Mapping[int, str]], locale: str
) -> dict[str, dict[int, str]]:
    """Several fields of many rows, each as :func:`texts_of` answers it, in one query."""
    texts = {field: dict(ids) if isinstance(ids, Mapping) else {} for field, ids in fields.items()}
    rows = {row_id for ids in fields.values() for row_id in ids}
    if not rows or locale == source_locale():
        return texts
    wanted = [locale, locale.split("_")[0]]
    found = db.execute(
        select(Translation.row_id, Translation.field, Translation.locale, Translation.text)
        .where(Translation.resource == resource, Translation.field.in_(list(fields)))
        .where(Translation.row_id.in_(list(rows)), Translation.locale.in_(wanted))
    ).all()
    for exact in (False, True):  # the nearer language last, over the farther one
        for row in found:
            if (row.locale == locale) is exact:
                texts[row.field][row.row_id] = row.text
    return texts


def texts_in_all_of(db: Session, resource: str, sources: Mapping[int, str], field: str) -> dict[int, dict[str, str]]:
    """One field of many rows, ``{id: source text}``, in every language of the shop that has a text: one query."""
    found = {row_id: {source_locale(): source} for row_id, source in sources.items()}
    ours = {*current_runtime().config["i18n.locales"]}
    ours |= {code.split("_")[0] for code in ours}
    statement = select(Translation.row_id, Translation.locale, Translation.text).where(
        Translation.resource == resource, Translation.field == field, Translation.row_id.in_(list(sources)), Translation.locale.in_(ours)
    )
    for row in db.execute(statement):
        found[row.row_id][row.locale] = row.text
    return found


def all_texts(db: Session, resource: str, row_id: int, field: str, *, source: str) -> dict[str, str]:
    """Every text of one field, the source under its own language: what a form shows."""
    rows = db.scalars(_OF, _of(resource, row_id, [field]))
    return {source_locale(): source} | {row.locale: row.text for row in rows}


def texts_in_all(db: Session, resource: str, row_id: int, field: str) -> list[str]:
    """The translations of one field, without its source."""
    return [row.text for row in db.scalars(_OF, _of(resource, row_id, [field]))]


def outdated_locales(db: Session, resource: str, row_id: int, field: str, *, source: str) -> list[str]:
    """Languages whose text was made from an older source."""
    rows = db.scalars(_OF, _of(resource, row_id, [field]))
    return sorted(row.locale for row in rows if is_outdated(row.source_digest, source))


def forget(db: Session, resource: str, row_ids: Collection[int]) -> None:
    """Delete every text of rows that are gone."""
    db.execute(delete(Translation).where(Translation.resource == resource, Translation.row_id.in_(list(row_ids))))


_OF = select(Translation).where(
    Translation.resource == bindparam("resource"), Translation.field.in_(bindparam("fields", expanding=True)),
    Translation.row_id == bindparam("row_id"),
)  # fmt: skip


def _of(resource: str, row_id: int, fields: Collection[str]) -> dict[str, object]:
    return {"resource": resource, "row_id": row_id, "fields": list(fields)}
