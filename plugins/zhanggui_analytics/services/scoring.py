"""Who buys how lately, how often and for how much: every buyer scored among all others, from what is kept of each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, Date, Select, case, cast, delete, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from zhanggui.api import Code, Fact, current_runtime, facts, metrics, one_at_a_time, publish, reading, shop_day, shop_zone, unit_of_work

from ..catalogue import offered, parts
from ..events import CustomerMoved
from ..kept import fitting, sums_of
from ..models import Buyer, Cell
from ..periods import Step
from ..segments import segment_of
from ..statements import MOST_PIECES, of_rows, pieces
from . import buckets

WHO = "customer"
_ORDERS, _NET = "orders.paid", "sales.net"  # the figures behind how often, and how much
_cell, _buyer = Cell.__table__.c, Buyer.__table__.c
_ONE_DAY = timedelta(days=1)
_AT_ONCE = 500  # buyers whose rows one transaction writes


def behind() -> set[str]:
    """The facts that scores are made of."""
    known = metrics()
    return {part.fact for id in (_ORDERS, _NET) if id in known and offered(known[id]) for part in parts(known[id])}


def can_score() -> bool:
    """Whether the figures that scores are made of are offered."""
    return all(id in metrics() and offered(metrics()[id]) for id in (_ORDERS, _NET))


def score(now: datetime) -> int | None:
    """Score all buyers as of today's beginning, and tell who moved. Answers how many moved; None while days are still being worked out."""
    last = shop_day(now) - _ONE_DAY
    with reading() as db:
        statement = scored(db, last, str(current_runtime().config["instance.currency"])) if can_score() else None
        if statement is None:
            return None
        found = {int(row.who): _values(row) for row in db.execute(statement)}
        before: dict[int, dict[str, Any]] = {row.customer_id: {name: getattr(row, name) for name in _OWN} for row in db.execute(select(*_buyer))}
    changed = sorted(who for who, values in found.items() if before.get(who) != values)
    moved = 0
    for start in range(0, len(changed), _AT_ONCE):
        some = {who: found[who] for who in changed[start : start + _AT_ONCE]}
        with unit_of_work() as db:
            moved += _write(db, some, first=not before)
    gone = sorted(before.keys() - found.keys())
    for start in range(0, len(gone), _AT_ONCE):
        with unit_of_work() as db:
            db.execute(delete(Buyer).where(_buyer.customer_id.in_(gone[start : start + _AT_ONCE])))
    return moved


_OWN = ("first_day", "again_after", "last_day", "orders", "net", "recent", "often", "much", "segment")


def _values(row: Any) -> dict[str, Any]:
    again = (row.second_day - row.first_day).days if row.second_day is not None else None
    return {
        "first_day": row.first_day, "again_after": again, "last_day": row.last_day, "orders": int(row.orders), "net": int(row.net),
        "recent": row.recent, "often": row.often, "much": row.much, "segment": segment_of(row.recent, row.often),
    }  # fmt: skip


def _write(db: Session, rows: Mapping[int, Mapping[str, Any]], *, first: bool) -> int:
    """Write rows of buyers. Who moved is told, except at the very first time, when everybody would have."""
    one_at_a_time(db, "analytics.scores")
    known = {row.customer_id: row.segment for row in db.execute(select(_buyer.customer_id, _buyer.segment).where(_buyer.customer_id.in_(list(rows))))}
    insert_on = insert_on_postgresql if db.get_bind().dialect.name == "postgresql" else insert_on_sqlite
    statement = insert_on(Buyer.__table__).values([{"customer_id": who, **values} for who, values in rows.items()])
    db.execute(statement.on_conflict_do_update(index_elements=["customer_id"], set_={name: statement.excluded[name] for name in _OWN}))
    moved = [who for who, values in rows.items() if known.get(who, "") != values["segment"] and not first]
    for who in moved:
        publish(db, CustomerMoved(customer_id=who, was=Code(known.get(who, "")), segment=Code(rows[who]["segment"])))
    return len(moved)


def counts(db: Session) -> dict[tuple[int, int], int]:
    """How many buyers have each pair of scores, how recently and how often."""
    found = db.execute(select(_buyer.recent, _buyer.often, func.count().label("many")).group_by(_buyer.recent, _buyer.often))
    return {(row.recent, row.often): row.many for row in found}


@dataclass(frozen=True)
class Repeat:
    """How many came again: ``within`` days of their first order, and after how many days half of them had."""

    buyers: int
    again: int
    within: Mapping[int, int]
    median: Fraction | None


WITHIN = (0, 30, 60, 90)


def repeat(db: Session) -> Repeat:
    """What is known of second orders, as of the last scoring."""
    found = db.execute(select(_buyer.again_after, func.count().label("many")).group_by(_buyer.again_after).order_by(_buyer.again_after))
    counted = {row.again_after: row.many for row in found}
    never = counted.pop(None, 0)
    again = sum(counted.values())
    within = {days: sum(many for after, many in counted.items() if after <= days) for days in WITHIN}
    return Repeat(never + again, again, within, _median(counted, again))


def _median(counted: Mapping[int, int], whole: int) -> Fraction | None:
    reached, middle = 0, []
    for value in sorted(counted):
        middle += [value for place in ((whole - 1) // 2, whole // 2) if reached <= place < reached + counted[value]]
        reached += counted[value]
    return Fraction(sum(middle), 2) if middle else None


def scored(db: Session, last: date, currency: str) -> Select[Any] | None:
    """Every buyer up to a day: ``who``, what he bought and his three scores. None while too many days wait to be worked out."""
    paid = _by_day(db, facts()[metrics()[_ORDERS].fact], [metrics()[_ORDERS].sum], last)
    money = [_by_day(db, facts()[fact], sums, last, currency=currency) for fact, sums in _summands().items()]
    if paid is None or any(part is None for part in money):
        return None
    rows = paid.subquery()
    many = func.sum(rows.c.amount)
    days = select(rows.c.who, rows.c.day, many.label("orders")).group_by(rows.c.who, rows.c.day).having(many > 0).subquery()
    each: Any = {"partition_by": days.c.who, "order_by": days.c.day}
    numbered = select(days, func.lead(days.c.day, type_=Date()).over(**each).label("next_day"), func.row_number().over(**each).label("place")).subquery()
    first = numbered.c.place == 1
    second_day = case((numbered.c.orders > 1, numbered.c.day), else_=numbered.c.next_day)
    buyers = (
        select(
            numbered.c.who, func.min(numbered.c.day).label("first_day"), func.max(case((first, second_day))).label("second_day"),
            func.max(numbered.c.day).label("last_day"), func.sum(numbered.c.orders).label("orders"),
        )
        .group_by(numbered.c.who)
        .subquery()
    )  # fmt: skip
    amounts = union_all(*(part for part in money if part is not None)).subquery()
    spent = select(amounts.c.who, func.sum(amounts.c.amount).label("net")).group_by(amounts.c.who).subquery()
    net = func.coalesce(spent.c.net, 0)
    whole = func.count().over()

    def fifth(value: Any) -> Any:
        # 1 + floor(5 L / N), with L those who are worse: rank() gives those who are equal the same place.
        return cast(1 + 5 * (func.rank().over(order_by=value) - 1) // whole, BigInteger)

    joined = buyers.outerjoin(spent, spent.c.who == buyers.c.who)
    scores = [fifth(buyers.c.last_day).label("recent"), fifth(buyers.c.orders).label("often"), fifth(net).label("much")]
    return select(*buyers.c, net.label("net"), *scores).select_from(joined)


def _summands() -> dict[str, list[str]]:
    """The sums that net sales are added up of, by fact."""
    found: dict[str, list[str]] = {}
    for part in parts(metrics()[_NET]):
        found.setdefault(part.fact, []).append(part.sum)
    return found


def _by_day(db: Session, fact: Fact, sums: Sequence[str], last: date, *, currency: str = "") -> Select[Any] | None:
    """``who``, ``day`` and ``amount`` of a fact, from what is kept and, of days that are not, from their rows."""
    kept, began = fitting(fact, (WHO,)), buckets.first_day(db, fact)
    first = min(began or last, last)
    open_days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    open_days -= buckets.clean_days(db, fact, first, last) if kept is not None else set()
    if len(open_days) > MOST_PIECES:
        return None
    found: list[Any] = []
    if kept is not None:
        who, columns = _cell[kept.columns[WHO]], sums_of(fact)
        where = [_cell.kept == kept.id, _cell.day <= last, who != "", _cell.day.not_in(sorted(open_days))]
        where += [_cell.currency == currency] if currency else []
        found.append(select(who.label("who"), _cell.day.label("day"), _added(_cell[columns[name]] for name in sums)).where(*where))
    if open_days:
        steps = [Step(day.isoformat(), day, day + _ONE_DAY) for day in sorted(open_days)]
        rows = of_rows(fact, (WHO,), (), pieces(steps, open_days, shop_zone()), db.get_bind().dialect.name, sums=sums).subquery()
        where = [rows.c[WHO] != "", *([rows.c.currency == currency] if currency else [])]
        found.append(select(rows.c[WHO].label("who"), rows.c.first.label("day"), _added(rows.c[name] for name in sums)).where(*where))
    if not found:
        return select(literal("").label("who"), literal(last, Date).label("day"), literal(0).label("amount")).where(literal(1) == 0)
    table = union_all(*found).subquery()
    return select(table.c.who, table.c.day, table.c.amount)


def _added(columns: Any) -> Any:
    whole: Any = literal(0)
    for column in columns:
        whole = whole + column
    return whole.label("amount")
