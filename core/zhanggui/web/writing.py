"""The one way to write rows: pages, REST, selections, jobs and automations create, change, remove and act here.

Around the service of a screen, or the generic verb, stand here the same things: the right, the row rule, the version of the
row, values that another row has, fields and files that belong to others, the audit. No request is needed: a job calls these.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, select
from sqlalchemy.orm import Session

from .. import audit
from ..approvals import SAID, RowChanged
from ..auth.idempotency import Answer, fingerprint, once_within
from ..db.uow import reading
from ..files.private import remove_private_files
from ..host import current_host
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor, acting_as
from ..kernel.errors import NotFound, StaleRow
from ..kernel.money import Money
from ..kernel.phases import ThreePhases
from . import context, generic
from .clashes import told_as_fields, told_as_used
from .conflicts import for_this_reader
from .describe import Action, Screen
from .file_fields import settle_files
from .forms import Standing
from .gateway import gateway
from .given import plain, read_given, with_other_parts
from .verbs import perform

Values = Mapping[str, Any]


# -- with what was given ---------------------------------------------------------------------------


def create_row(db: Session, *, resource: str, values: Values, actor: Actor, now: datetime, key: str | None = None) -> Any:
    """Add a row from the fields of its form; answers its key.

    :param values: JSON values, or values as the kinds type them (``docs/guides/kinds-and-forms.md``).
    :param key: given twice by the same actor with the same values, the row is added once and the answer is the same.
    :raises Forbidden: without ``can_add``.
    :raises Invalid: naming the field that is unknown, wrong, needed or taken already.
    :raises KeyReused: for a key that came with other values.
    """
    screen = screen_of(resource, "create")

    def create() -> Any:
        gateway.check(screen, actor, "can_add")
        given, form = context.form_context(actor, now), gateway.form(screen, actor, new=True)
        read = read_given(db, form, values, given, Standing(screen, lambda: None, db, given))
        with db.begin_nested():  # who goes on after a refusal finds the transaction as it was
            return add(db, screen, read, actor=actor, now=now)

    if key is None:
        return create()
    print_ = fingerprint("create", resource, json.dumps(plain(values), sort_keys=True, default=str).encode())
    said = once_within(db, f"{actor.kind}:{actor.id}:rows", key, print_, lambda: Answer(201, json.dumps(create()).encode()))
    return json.loads(said.body)


def change_row(db: Session, *, resource: str, id: Any, values: Values, row_version: int | None, actor: Actor, now: datetime) -> None:
    """Change the fields that are given of one row; the others stay.

    :param row_version: what the row was when it was looked at; None writes over whatever others did.
    :raises NotFound: for a row that is none, or not for this actor to see.
    :raises StaleRow: when somebody saved it since; ``changed`` holds their values.
    :raises Invalid: as :func:`create_row`.
    """
    screen = screen_of(resource, "update")
    given = context.form_context(actor, now)
    row = gateway.one(db, screen, actor, id, permission="can_edit")
    whole = gateway.form(screen, actor)
    form = replace(whole, fields=[f for f in whole.fields if f.name in values])
    with acting_as(actor):  # what stands in fields of other plugins is loaded for him
        sent = with_other_parts(db, form.fields, row, values, given)
        read = read_given(db, form, sent, given, Standing(screen, lambda: row, db, given), allowed=whole)
    with db.begin_nested():
        edit(db, screen, read, id=id, row_version=row_version, actor=actor, now=now)


def remove_row(db: Session, *, resource: str, id: Any, actor: Actor, now: datetime, row_version: int | None = None) -> None:
    """Delete one row with its files and texts.

    :raises NotFound: for a row that is none, or not for this actor to see.
    :raises StaleRow: when somebody saved it since ``row_version``.
    :raises StillUsed: when a foreign key of another table points to it.
    """
    screen = screen_of(resource, "delete")
    before = gateway.one(db, screen, actor, id, permission="can_delete")
    _not_stale(before, row_version, {})
    said = audit.counted(db, (screen.resource, id))
    with told_as_used(db):
        if screen.delete == "generic":
            generic.delete_row(db, screen, id)
        else:
            screen.delete(db, id=id, actor=actor, now=now)  # type: ignore[operator,misc]
            db.flush()
        remove_private_files(db, row=(screen.resource, id))
    if audit.counted(db, (screen.resource, id)) == said:
        _record(db, screen, "deleted", id, before, actor, now, before=_open(screen, before._mapping))


def act_on_row(*, resource: str, action: str, id: Any, values: Values, actor: Actor, now: datetime) -> str:
    """Do one verb on one row, in transactions of its own: it may call somebody far away between two of them.

    :returns: what is to be said in place of the verb's own "done", such as that a second person must approve; "" for that.
    :raises NotFound: for a verb or a row that is none, or not for this actor to see.
    :raises OutsideTrouble: when somebody far away did not do his part; what was claimed stays visible.
    """
    screen = screen_of(resource)
    verb = _verb(screen, action)
    return perform(verb, id, actor, values_of_verb(screen, verb, id, values, actor))


def values_of_verb(screen: Screen, verb: Action, id: Any, values: Values, actor: Actor) -> Callable[[Session], Values]:
    """What reads the answers to the questions of a verb, in the transaction that they are used in.

    :raises NotFound: when he may see no such row.
    """
    form = form_of_verb(screen, verb, id, actor)
    return lambda db: read_given(db, form, values, context.form_context(actor))


def act_within(db: Session, *, resource: str, action: str, id: Any, values: Values, actor: Actor, now: datetime) -> str:
    """The same inside somebody's transaction, for who keeps in it how far he came. A refusal leaves the transaction as it was.

    :raises ValueError: for a verb that calls somebody far away: that is done in no transaction.
    """
    screen = screen_of(resource)
    verb = _verb(screen, action)
    if isinstance(verb.run, ThreePhases):
        raise ValueError(f"{resource}.{action} is done in three phases")
    gateway.one(db, screen, actor, id, permission=f"can_{verb.name}")
    form = gateway.questions(screen, verb, actor)
    try:
        with db.begin_nested():
            verb.run(db, id=id, actor=actor, now=now, **read_given(db, form, values, context.form_context(actor, now)))
        return str(db.info.pop(SAID, ""))
    except RowChanged as error:
        error.afterwards(db)
        raise
    finally:
        db.info.pop(SAID, None)


def _verb(screen: Screen, name: str) -> Action:
    verb = next((a for a in screen.actions if a.name == name), None)
    if verb is None:
        raise NotFound()
    return verb


def form_of_verb(screen: Screen, verb: Action, row_id: Any, actor: Actor) -> Any:
    """What a verb asks this actor.

    :raises NotFound: when he may see no such row.
    :raises Forbidden: when the verb is not his.
    """
    with reading() as db:
        gateway.one(db, screen, actor, row_id, permission=f"can_{verb.name}")
    return gateway.questions(screen, verb, actor)


def screen_of(resource: str, verb: str = "") -> Screen:
    """A screen as it stands now, with the slots of every enabled plugin.

    :raises NotFound: when its plugin is not there, or its rows cannot be written that way.
    """
    screen = current_host().screens.get(resource)
    if screen is None or (verb and getattr(screen, verb) is None):
        raise NotFound(_l("There is no such list."))
    return screen


# -- with what a form has read ----------------------------------------------------------------------


def add(db: Session, screen: Screen, read: Values, *, actor: Actor, now: datetime) -> Any:
    """Add a row from values that a form has read; answers its key."""
    values, extra = _split_slots(screen, read)
    values, of_lines = _split_lines(screen, values)
    with told_as_fields(screen):
        if screen.create == "generic":
            key = generic.insert_row(db, screen, values, now)
        else:
            key = screen.create(db, actor=actor, now=now, **values)  # type: ignore[operator,misc]
            db.flush()
    if not audit.counted(db, (screen.resource, key)):
        after = _before(db, screen, key)
        _record(db, screen, "created", key, after, actor, now, after=_open(screen, _asked_of(screen, after)))
    _settle(db, screen, key, extra, actor=actor, now=now)
    for save, said in of_lines:
        save(db, id=key, value=said, actor=actor, now=now)
    return key


def edit(db: Session, screen: Screen, read: Values, *, id: Any, row_version: int | None, actor: Actor, now: datetime) -> None:
    """Change a row that this actor may touch, by values that a form has read.

    :raises NotFound: when there is no such row.
    :raises StaleRow: when somebody saved it since the form was opened; ``changed`` holds their values.
    """
    values, extra = _split_slots(screen, read)
    before = _before(db, screen, id)
    said = audit.counted(db, (screen.resource, id))
    try:
        _not_stale(before, row_version, values)
        with told_as_fields(screen):
            if screen.update == "generic":
                generic.update_row(db, screen, before, values, now)
            else:
                screen.update(db, id=id, row_version=row_version, actor=actor, now=now, **values)  # type: ignore[operator,misc]
                db.flush()
    except StaleRow as error:
        error.changed = for_this_reader(screen, actor, error.changed)
        raise
    if audit.counted(db, (screen.resource, id)) == said:
        after = _before(db, screen, id)
        was, became = _asked_of(screen, before), _asked_of(screen, after)
        changed = [name for name in became if was[name] != became[name]]
        if changed or before != after:
            differs = {"before": _open(screen, {n: was[n] for n in changed}), "after": _open(screen, {n: became[n] for n in changed})}
            _record(db, screen, "changed", id, before, actor, now, **differs)
    _settle(db, screen, id, extra, actor=actor, now=now)


def _split_slots(screen: Screen, values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the screen's own service takes, and what belongs to fields that other plugins added."""
    savers = current_host().field_savers
    own = {k: v for k, v in values.items() if (screen.resource, k) not in savers}
    return own, {k: v for k, v in values.items() if k not in own}


def _split_lines(screen: Screen, values: Values) -> tuple[dict[str, Any], list[tuple[Any, list[tuple[Values, Any]]]]]:
    """The same of lines: each as its own service takes it, and who saves what others asked for in each."""
    whole, of_lines = dict(values), []
    for name, savers in current_host().line_savers.get(screen.resource, {}).items():
        lines = [line for line in whole.get(name) or () if isinstance(line, Mapping)]
        if any(part in line for line in lines for part in savers):
            own = [{part: value for part, value in line.items() if part not in savers} for line in lines]
            whole[name] = own
            of_lines += [
                (save, [(kept, line[part]) for kept, line in zip(own, lines, strict=True) if line.get(part) is not None]) for part, save in savers.items()
            ]
    return whole, of_lines


def _settle(db: Session, screen: Screen, row_id: Any, extra: Values, *, actor: Actor, now: datetime) -> None:
    """Give the files of the form to the row, and the values of such fields to the plugins they belong to."""
    settle_files(db, screen, row_id, actor)
    for name, value in extra.items():
        current_host().field_savers[screen.resource, name](db, id=row_id, value=value, actor=actor, now=now)


def _before(db: Session, screen: Screen, row_id: Any) -> Any:
    """The row as it stands.

    :raises NotFound: when there is none.
    """
    row = db.execute(_whole(gateway.table(screen), screen.key), {"row_id": row_id}).first()
    if row is None:
        raise NotFound()
    return row


@lru_cache(maxsize=64)
def _whole(table: Table, key: str) -> Select[Any]:
    return select(*table.c).where(table.c[key] == bindparam("row_id"))


def check_version(db: Session, screen: Screen, row_id: Any, version: int | None) -> None:
    """Whether a row is what somebody looked at, for who changes it by a verb.

    :raises NotFound: when there is none.
    :raises StaleRow: when somebody saved it since.
    """
    _not_stale(_before(db, screen, row_id), version, {})


def _not_stale(row: Any, version: int | None, values: Values) -> None:
    """A service that locks the row compares once more, under its lock; one that does not is covered here."""
    if version is None or getattr(row, "row_version", version) == version:
        return
    held = row._mapping
    raise StaleRow(changed={name: held[name] for name, value in values.items() if name in held and held[name] != _stored(value)})


def _stored(value: Any) -> Any:
    return value.amount if isinstance(value, Money) else value


def _asked_of(screen: Screen, row: Any) -> dict[str, Any]:
    """The columns that the form asks for."""
    held = row._mapping
    return {f.name: held[f.name] for f in generic.fields_of(screen) if f.name in held}


def _open(screen: Screen, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit may hold in the open: no personal column."""
    c = gateway.table(screen).c
    shown = {k: v for k, v in values.items() if k in c and not getattr(c[k].type, "pii", False)}
    return {k: v if isinstance(v, int | str | bool | None) else str(v) for k, v in shown.items()}


def _record(db: Session, screen: Screen, what: str, key: Any, row: Any, actor: Actor, now: datetime, **sides: Any) -> None:
    """The trail of what a service did not record itself."""
    label = str(getattr(row, screen.label, key)) if isinstance(screen.label, str) else str(key)
    audit.record(db, f"{screen.resource.lower()}.{what}", target=(screen.resource, key), label=label, actor=actor, now=now, **sides)
