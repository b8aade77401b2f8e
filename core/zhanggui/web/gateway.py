"""The one door to rows: lists, look-ups, search, export, REST, bulk actions and jobs all pass here.

Row rules and field rules are applied in this module and nowhere else. A mapped class and a bare
Core table are served alike, as plain rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, Table, false, func, inspect, or_, select
from sqlalchemy.orm import Session

from ..db.types import BlindIndex, Pii, SealedJson
from ..host.contain import NO_FILTER, is_paused, refuse, watch_of
from ..i18n.texts import lazy_gettext as _l
from ..kernel.actors import Actor
from ..kernel.errors import BadRequest, DomainError, Forbidden, NotFound, OutOfScope
from ..kernel.reader import Reader
from .describe import Action, Column, Field, Filter, Form, Screen
from .kinds import filter_kind, kind_of
from .query import ListQuery, encode_cursor, hidden_columns, visible_columns, visible_filters
from .searching import count as counting_ways
from .searching import keys, ways
from .statements import Asked, Kept, Order, beyond, counting, skipping, some_of

COUNT_LIMIT = 1000  # lists say "1,000+" beyond: an exact count of a large table costs more than the page


@dataclass(frozen=True)
class Found:
    """A page of rows. ``total`` stops at ``COUNT_LIMIT + 1``; ``extra`` holds what columns load per page."""

    rows: Sequence[Row[Any]]
    total: int
    extra: Mapping[str, Mapping[Any, Any]]
    next: str = ""
    previous: str = ""

    @property
    def counted(self) -> bool:
        """Whether ``total`` is exact."""
        return self.total <= COUNT_LIMIT


class Gateway:
    """One instance serves the process; it remembers statements, never rows."""

    def __init__(self) -> None:
        self._kept = Kept()

    def table(self, screen: Screen) -> Table:
        """The table behind a screen's source."""
        if isinstance(screen.source, Table):
            return screen.source
        table: Table = inspect(screen.source).local_table
        return table

    def key_converter(self, screen: Screen) -> str:
        """How a row's key stands in a route; a number that no database could hold matches nothing and is 404."""
        kind = self.table(screen).c[screen.key].type
        return f"key({18 if isinstance(kind, BigInteger) else 9}):" if isinstance(kind, Integer) else ""

    # -- rules ---------------------------------------------------------------------------------

    def check(self, screen: Screen, actor: Actor, permission: str) -> None:
        """:raises Forbidden: without ``permission`` on this screen."""
        if not actor.may(permission, screen.resource):
            raise OutOfScope(permission, screen.resource) if actor.scoped else Forbidden()

    def allowed(self, screen: Screen, actor: Actor) -> list[ColumnElement[bool]]:
        """The clauses that keep other people's rows out."""
        if screen.row_rule is None:
            return []
        clause = screen.row_rule(actor, self.table(screen).c)
        return [] if clause is None else [clause]

    # -- building a statement ------------------------------------------------------------------

    def _expression(self, screen: Screen, column: Column) -> ColumnElement[Any] | None:
        c = self.table(screen).c
        if column.expr is not None:
            return column.expr(c).label(column.name)  # type: ignore[no-any-return]
        return c.get(column.name)

    def named(self, screen: Screen, name: str) -> ColumnElement[Any]:
        """A column of the table, or one of the screen's that is computed."""
        c = self.table(screen).c
        return c[name] if name in c else next(col.expr(c).label(name) for col in screen.columns if col.name == name and col.expr)

    def _picked(self, screen: Screen, columns: Sequence[Column]) -> list[ColumnElement[Any]]:
        c = self.table(screen).c
        names = dict.fromkeys([screen.key, *screen.always])
        if isinstance(screen.label, str):
            names[screen.label] = None
        if "row_version" in c:
            names["row_version"] = None
        for action in screen.actions:
            names |= dict.fromkeys(action.needs)
        picked: dict[str, ColumnElement[Any]] = {name: c[name] for name in names}
        for column in columns:
            expression = self._expression(screen, column) if column.load is None else None
            if expression is not None:
                picked[column.name] = expression
            if column.currency and column.currency not in picked:
                picked[column.currency] = self.named(screen, column.currency)
        return list(picked.values())

    def where(self, screen: Screen, actor: Actor, query: ListQuery) -> list[ColumnElement[bool]]:
        """Row rules, filters and search of a list."""
        clauses = self.allowed(screen, actor)
        c = self.table(screen).c
        for name, f in self._asked_filters(screen, actor, query).items():
            value = query.filters[name]
            clauses.append(f.clause(value, c) if f.clause else _compare(c[f.column or name], f, value))
        if query.q:
            clauses.append(self.searched(screen, actor, query.q))
        return clauses

    def _asked_filters(self, screen: Screen, actor: Actor, query: ListQuery) -> dict[str, Filter]:
        """The filters of a question. One that is not for this actor is no filter: without it every row would be found."""
        filters = {f.name: f for f in visible_filters(screen, actor) if f.name in query.filters} if query.filters else {}
        for name in query.filters:
            if name not in filters:
                raise BadRequest(_l("There is no filter %(name)s here."), name=name, field=name)
        return filters

    def searched(self, screen: Screen, actor: Actor, text: str) -> ColumnElement[bool]:
        """The clause of what was typed into the search box; columns that are kept from this actor are not looked at."""
        table, found = self.table(screen), ways(screen, self.table(screen), actor, text)
        if any(way.terms for way in found):
            return table.c[screen.key].in_(keys(screen, table, found, ()))
        return or_(false(), *(way.clause for way in found if way.clause is not None))

    def order(self, screen: Screen, actor: Actor, query: ListQuery) -> list[tuple[ColumnElement[Any], bool]]:
        """By what a question is sorted, with whether it descends. The order of a column that is kept from the actor would tell of it."""
        c, hidden = self.table(screen).c, hidden_columns(screen, actor)
        wanted = [query.sort] if query.sort else list(screen.default_sort)
        names = [name for name in wanted if name.removeprefix("-") not in hidden]
        down = wanted[0].startswith("-")
        if screen.key not in [name.removeprefix("-") for name in names]:
            names.append(f"-{screen.key}" if down else screen.key)
        by_name = {column.name: column for column in screen.columns}
        order = []
        for name in names:
            plain = name.removeprefix("-")
            column = by_name.get(plain)
            expression = column.expr(c) if column is not None and column.expr is not None else c[plain]
            if isinstance(expression.type, Pii | SealedJson | BlindIndex):
                raise BadRequest(_l("This list cannot be sorted by %(name)s."), name=plain, field="sort")
            order.append((expression, name.startswith("-")))
        return order

    def page(
        self, db: Session, screen: Screen, reader: Reader, query: ListQuery, *, permission: str = "can_list", counted: bool = True,
        only: Collection[str] | None = None, total: int | None = None,
    ) -> Found:  # fmt: skip
        """One page of a list: one statement for the rows, one bounded count, one per loaded column.

        :param only: names of the columns that are shown; the others are neither read nor unsealed.
        :param total: how many rows there are, for who knows it already; it is not counted again.
        :raises Forbidden: without ``permission``.
        """
        actor = reader.actor
        self.check(screen, actor, permission)
        columns = [c for c in visible_columns(screen, actor) if only is None or c.name in only]
        asked = self._asked(screen, actor, columns, query)
        rows = answered(screen, query, lambda: list(db.execute(asked.rows)))
        backwards = query.before is not None
        more = len(rows) > query.size
        rows = rows[: query.size]
        if backwards:
            rows.reverse()
        alone = not (query.page > 1 or query.after or query.before or more)
        seen = len(rows) and (query.page - 1) * query.size + len(rows) if query.after is query.before is None else 0
        if alone or not counted:
            total = len(rows)
        elif total is not None:
            total = min(total, COUNT_LIMIT + 1)
        elif seen > COUNT_LIMIT:  # whoever skipped a thousand rows and meets more knows enough
            total = COUNT_LIMIT + 1
        else:
            total = int(db.scalar(asked.count) or 0)
        keys = [tuple(getattr(row, f"_k{i}") for i in range(asked.keys)) for row in (rows[:1] + rows[-1:])]
        steady = bool(rows) and all(value is not None for place in keys for value in place)
        has_next = more or backwards
        has_previous = query.page > 1 or query.after is not None or (backwards and more)
        return Found(
            rows, total, self.extras(db, screen, reader, columns, rows),
            next=encode_cursor(keys[-1]) if has_next and steady else "",
            previous=encode_cursor(keys[0]) if has_previous and steady and (query.page > 1 or not backwards or more) else "",
        )  # fmt: skip

    def _asked(self, screen: Screen, actor: Actor, columns: Sequence[Column], query: ListQuery) -> Asked:
        """The statements of a question; those that many people ask are kept, because building one costs more than running it."""
        if query.page > 1 or query.after or query.before:
            return self._ask(screen, actor, columns, query)
        question = (tuple(c.name for c in columns), query.sort, query.size)
        found: Asked = self.kept(screen, actor, query, question, lambda: self._ask(screen, actor, columns, query))
        return found

    def kept(self, screen: Screen, actor: Actor, query: ListQuery, question: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """A statement over the rows of ``query`` that ``make`` builds, or the one that was built for these filters and this ``question``."""
        filters = self._asked_filters(screen, actor, query)
        if screen.row_rule is not None or query.q or any(f.clause is not None for f in filters.values()):
            return make()
        values = tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in sorted(query.filters.items()))
        return self._kept.of(screen, (*question, values, hidden_columns(screen, actor)), make)

    def _ask(self, screen: Screen, actor: Actor, columns: Sequence[Column], query: ListQuery) -> Asked:
        order = self.order(screen, actor, query)
        if query.q and screen.search is not None and screen.search.index is not None:
            return self._ask_index(screen, actor, columns, query, order)
        clauses = self.where(screen, actor, query)
        backwards = query.before is not None
        statement = select(*self._picked(screen, columns), *(e.label(f"_k{i}") for i, (e, _) in enumerate(order)))
        statement = statement.select_from(self.table(screen)).where(*clauses)
        place = query.before if backwards else query.after
        if place is not None:
            statement = statement.where(beyond(order, place, backwards))
        elif query.page > 1:
            statement = skipping(statement, self.table(screen).c[screen.key], clauses, order, query)
        statement = statement.order_by(*(e.desc() if down != backwards else e.asc() for e, down in order))
        return Asked(statement.limit(query.size + 1), some_of(self.table(screen).c[screen.key], clauses, COUNT_LIMIT), len(order))

    def _ask_index(self, screen: Screen, actor: Actor, columns: Sequence[Column], query: ListQuery, order: Order) -> Asked:
        """The same where the search box has an index of its own: each way of finding answers with its first rows."""
        table = self.table(screen)
        found, clauses = ways(screen, table, actor, query.q), self.where(screen, actor, replace(query, q=""))
        backwards, place = query.before is not None, query.before or query.after
        skipped = (query.page - 1) * query.size if place is None else 0
        first = keys(screen, table, found, clauses, most=skipped + query.size + 1, order=order, place=place, backwards=backwards)
        statement = select(*self._picked(screen, columns), *(e.label(f"_k{i}") for i, (e, _) in enumerate(order)))
        statement = statement.select_from(table).where(table.c[screen.key].in_(first))
        statement = statement.order_by(*(e.desc() if down != backwards else e.asc() for e, down in order))
        return Asked(statement.limit(query.size + 1).offset(skipped or None), counting_ways(screen, table, found, clauses, COUNT_LIMIT), len(order))

    def count(self, db: Session, screen: Screen, actor: Actor, query: ListQuery) -> int:
        """How many rows a question has, at most ``COUNT_LIMIT + 1``."""
        return int(db.scalar(self.count_of(screen, actor, query)) or 0)

    def count_of(self, screen: Screen, actor: Actor, query: ListQuery) -> Select[Any]:
        """The statement behind :meth:`count`, for who counts several lists at once."""
        return self._asked(screen, actor, (), query).count

    def count_all(self, db: Session, screen: Screen, actor: Actor, query: ListQuery) -> int:
        """How many rows a question has, exactly: for what reads them all anyhow."""
        some = select(func.count()).select_from(self.table(screen)).where(*self.where(screen, actor, query))
        return int(db.scalar(some) or 0)

    def tab_counts(self, db: Session, screen: Screen, actor: Actor, f: Filter, *, limit: int = 100) -> dict[Any, int]:
        """How many rows wait behind some choices of a filter, in one statement; none is counted beyond ``limit``."""
        if not f.counted:
            return {}
        table, allowed = self.table(screen), self.allowed(screen, actor)
        make = counting.__wrapped__ if allowed else counting  # without a row rule the statement is the same for all
        statement = make(table, screen.key, f.column or f.name, tuple(f.counted), limit, *allowed)
        return dict(zip(f.counted, db.execute(statement).one(), strict=True))

    def extras(
        self, db: Session, screen: Screen, reader: Reader, columns: Sequence[Column], rows: Sequence[Row[Any]]
    ) -> dict[str, Mapping[Any, Any]]:
        """What columns say that is not in the row: one query a column for the whole page."""
        result: dict[str, Mapping[Any, Any]] = {}
        if not rows:
            return result
        ids = [getattr(row, screen.key) for row in rows]
        for column in columns:
            if column.load is not None:
                result[column.name] = column.load(db, reader, ids)
            elif (kind := kind_of(column.kind)).looks_up:
                values = {getattr(row, column.name, None) for row in rows} - {None}
                if values:
                    result[column.name] = kind.look_up(db, reader, column, screen, ids, values)
        return result

    # -- single rows ---------------------------------------------------------------------------

    def one(self, db: Session, screen: Screen, actor: Actor, row_id: Any, *, permission: str = "can_show") -> Row[Any]:
        """One row with every column of its table.

        :raises NotFound: when there is none, or none that this actor may see.
        """
        self.check(screen, actor, permission)
        table = self.table(screen)
        computed = [self._expression(screen, c) for c in screen.columns if c.expr is not None]
        statement = select(*table.c, *[e for e in computed if e is not None])
        row = db.execute(statement.where(table.c[screen.key] == row_id, *self.allowed(screen, actor))).first()
        if row is None:
            raise NotFound()
        return row

    def may_touch(self, db: Session, screen: Screen, actor: Actor, row_id: Any, permission: str) -> None:
        """Whether a write may go on to its service, which itself says when there is no such row.

        :raises NotFound: when a row rule keeps the row from this actor.
        """
        self.check(screen, actor, permission)
        if screen.row_rule is not None:
            self.one(db, screen, actor, row_id, permission=permission)

    def some(self, db: Session, screen: Screen, actor: Actor, ids: Sequence[Any], *, permission: str) -> list[Row[Any]]:
        """Of these ids, the rows that exist and that this actor may act on, with every column, in the order of the ids, in one statement."""
        self.check(screen, actor, permission)
        table = self.table(screen)
        computed = [self._expression(screen, c) for c in screen.columns if c.expr is not None]
        statement = select(*table.c, *[e for e in computed if e is not None]).where(table.c[screen.key].in_(list(ids)), *self.allowed(screen, actor))
        found = {getattr(row, screen.key): row for row in db.execute(statement)}
        return [found[i] for i in ids if i in found]

    def named_rows(self, db: Session, screen: Screen, actor: Actor, names: Sequence[str], *, permission: str) -> list[Row[Any]]:
        """The rows that are called so, by the column that names rows of this screen."""
        self.check(screen, actor, permission)
        c, label = self.table(screen).c, screen.label
        if not isinstance(label, str) or label in hidden_columns(screen, actor):
            return []
        return self.some(db, screen, actor, list(db.scalars(select(c[screen.key]).where(c[label].in_(list(names))))), permission=permission)

    def keys(
        self, db: Session, screen: Screen, actor: Actor, query: ListQuery, *, after: Any = None, until: Any = None, limit: int = 200
    ) -> list[Any]:
        """Keys of the rows of a question, walking the key: what is done to a row may take it out of the question."""
        self.check(screen, actor, "can_list")
        key = self.table(screen).c[screen.key]
        more = [*([key > after] if after is not None else []), *([key <= until] if until is not None else [])]
        return list(db.scalars(select(key).where(*self.where(screen, actor, query), *more).order_by(key).limit(limit)))

    def last_key(self, db: Session, screen: Screen, actor: Actor, query: ListQuery) -> Any:
        """The greatest key of a question; None where it finds nothing."""
        return db.scalar(select(func.max(self.table(screen).c[screen.key])).where(*self.where(screen, actor, query)))

    # -- forms ---------------------------------------------------------------------------------

    def asked_fields(self, screen: Screen, action: Action, actor: Actor) -> list[Field]:
        """The questions of an action that no field rule keeps from this actor; what is kept from him does not stand in them."""
        hidden = hidden_columns(screen, actor)
        asked = [f for f in action.fields if _may(actor, f, screen)]
        return [replace(f, get=None) if f.name in hidden else f for f in asked]

    def form(self, screen: Screen, actor: Actor, *, new: bool = False) -> Form:
        """The form of a row, with the fields that no field rule keeps from this actor. ``new``: of one that is made."""
        return Form(self.writable(screen, actor, new=new), screen.fieldsets, screen.validate, screen.resource)

    def questions(self, screen: Screen, action: Action, actor: Actor) -> Form:
        """The form that an action asks with, for this actor."""
        return Form(self.asked_fields(screen, action, actor), action.fieldsets, action.validate, f"{screen.resource}.{action.name}")

    def forget(self) -> None:
        """Drop the statements of a generation of the host that is gone."""
        self._kept.forget()

    # -- export --------------------------------------------------------------------------------

    def stream(
        self, db: Session, screen: Screen, reader: Reader, query: ListQuery, *, batch: int = 1000, after: Any = None,
        only: Collection[str] | None = None,
    ) -> Iterator[tuple[Sequence[Row[Any]], Mapping[str, Mapping[Any, Any]]]]:
        """All rows of a question in batches, walking the key, so that memory does not grow with the table.

        :param only: names of the columns that are needed; the key is always there.
        :param after: the key behind which it begins.
        :raises Forbidden: without ``can_export``.
        """
        actor = reader.actor
        self.check(screen, actor, "can_export")
        columns = [c for c in visible_columns(screen, actor) if only is None or c.name in only]
        clauses = self.where(screen, actor, query)
        key = self.table(screen).c[screen.key]
        statement = select(*self._picked(screen, columns)).where(*clauses).order_by(key).limit(batch)
        last = after
        while True:
            rows = answered(screen, query, partial(_all, db, statement.where(key > last) if last is not None else statement))
            if not rows:
                return
            yield rows, self.extras(db, screen, reader, columns, rows)
            last = getattr(rows[-1], screen.key)

    # -- generic writing -----------------------------------------------------------------------

    def writable(self, screen: Screen, actor: Actor, *, new: bool = False) -> list[Field]:
        """Fields of the form that no field rule keeps from this actor."""
        from ..host import current_host

        declared = screen.fields() if callable(screen.fields) else screen.fields
        secret = hidden_columns(screen, actor)
        shown = [f for f in declared if f.name not in secret and _may(actor, f, screen) and not is_paused(f.get) and (new or not f.only_new)]
        screens = current_host().screens
        # Who may not list the rows to choose from leaves the present choice as it is.
        shown = [f for f in shown if f.to not in screens or not kind_of(f.kind).points or actor.may("can_list", f.to)]
        shown = [replace(f, rows=tuple(line for line in f.rows if _may(actor, line, screen) and (new or not line.only_new))) if f.rows else f for f in shown]
        return sorted(shown, key=lambda f: f.order)


def _may(actor: Actor, f: Field, screen: Screen) -> bool:
    right = f.permission
    return right is None or (actor.may(right, screen.resource) if isinstance(right, str) else actor.may(*right))


def answered(screen: Screen, query: ListQuery, ask: Callable[[], Any]) -> Any:
    """The rows of a question. What is wrong with a clause of another plugin may show only when the database meets it.

    :raises PluginTrouble: naming the plugin whose filter cannot be used.
    """
    added = next((f.clause for f in screen.filters if f.name in query.filters and watch_of(f.clause) is not None), None)
    watch = watch_of(added)
    return ask() if watch is None else watch.around(ask, lambda: refuse(watch, NO_FILTER), passes=(DomainError,))()


def _all(db: Session, statement: Select[Any]) -> Sequence[Row[Any]]:
    return db.execute(statement).all()


def _compare(column: ColumnElement[Any], f: Filter, value: Any) -> ColumnElement[bool]:
    kind, ranged = filter_kind(f.kind)
    return kind.compare_range(column, *value) if ranged else kind.compare(column, value)


gateway = Gateway()
