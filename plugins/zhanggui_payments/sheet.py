"""The sheet by which money of an order is given back: its lines to choose from, and what follows from what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Choice, Field, Money, Preview, Reader, When, _, _l, fmt, get_setting, url_for_file
from zhanggui_orders import facade as orders

from . import queries, words
from .contracts import HISTORY, OFFLINE
from .rules import pieces
from .services import giving_back, refunds
from .states import GIVEN_REASONS

WHAT = (
    Choice("lines", _l("By line")),
    Choice("all", _l("All that is left")),
    Choice("amount", _l("An amount")),
)


def _lines_of(db: Session, row: Any) -> list[dict[str, Any]]:
    """The lines of an order of which something is left, each with what one piece gives back."""
    gone = queries.given_back(db, row.id)
    found = []
    for place, line in enumerate(orders.lines_money(db, row.id), 1):
        back = gone.get(line.order_line_id, {}).get("quantity", 0)
        if back >= line.quantity:
            continue
        one = sum(pieces(amount, line.quantity, back, 1) for amount in (line.goods, line.fee))
        sent = _("shipped") if line.shipped_quantity >= line.quantity else _("partly shipped") if line.shipped_quantity else _("not shipped")
        found.append(
            {
                "key": place, "label": f"{line.name} {line.option}".strip(), "most": line.quantity - back, "number": 0,
                "sub": _("%(sent)s · one gives back %(amount)s", sent=sent, amount=fmt.money(one, row.currency)),
                "picture": url_for_file(line.picture) if line.picture else None,
            }
        )  # fmt: skip
    return found


def _what(db: Session, row: Any) -> str:
    """Orders of the past can have no lines."""
    return "lines" if orders.lines_money(db, row.id) else "all"


FIELDS = (
    Field("what", _l("What goes back"), "choice", required=True, choices=WHAT, get=_what, order=10),
    Field("lines", _l("Lines"), "quantities", get=_lines_of, shown_when=When("what", ("lines",)), order=20),
    Field("freight", _l("Freight of these lines too"), "bool", shown_when=When("what", ("lines",)), order=30),
    Field("amount", _l("Amount"), "money", shown_when=When("what", ("amount",)), order=40),
    Field("reason", _l("Reason"), "choice", required=True, choices=GIVEN_REASONS, order=50),
    Field("note", _l("Note"), max_length=200, order=60),
)


def preview(db: Session, reader: Reader, row: Any, values: Mapping[str, Any]) -> Preview:
    """What would go back, how it goes, and what follows: by the same arithmetic as when it is sent."""
    here = refunds.refundable(db, row.id)
    parts = giving_back.parts_of(
        db, row.id, row.currency, what=values.get("what") or "", amount=values.get("amount"), lines=values.get("lines") or {},
        freight=bool(values.get("freight")),
    )  # fmt: skip
    total = sum(part.total for part in parts)
    amount = fmt.money(total, row.currency)
    asks = giving_back.above_limit(db, row.id, Money(total, row.currency))
    name = getattr(row, "buyer_name", None)
    if asks:
        submit = _("Ask a second person: %(amount)s", amount=amount)
    else:
        submit = _("Give back %(amount)s to %(name)s", amount=amount, name=name) if name else _("Give back %(amount)s", amount=amount)
    return Preview(
        lines=_of_what(db, row, parts), notes=_what_follows(db, row, total, asks), total=(_("Goes back"), amount),
        submit=submit,
    ) if total <= here else Preview()  # fmt: skip


def _of_what(db: Session, row: Any, parts: Sequence[refunds.Part]) -> list[tuple[str, str]]:
    names = {line.order_line_id: f"{line.name} {line.option}".strip() for line in orders.lines_money(db, row.id)}
    found = []
    for part in parts:
        name = names.get(part.order_line_id or 0, _("Belongs to no line"))
        found.append((f"{name} × {fmt.number(part.quantity)}" if part.quantity else name, fmt.money(part.goods + part.fee, row.currency)))
    freight = sum(part.freight for part in parts)
    return [*found, (_("Freight"), fmt.money(freight, row.currency))] if freight else found


def _what_follows(db: Session, row: Any, total: int, asks: bool) -> list[str]:
    notes, left = [], total
    for attempt in reversed([a for a in queries.attempts_of(db, row.id) if a.state == "captured"]):
        room = min(attempt.amount - attempt.reserved, left)
        if room <= 0:
            continue
        left -= room
        how = words.method_name(attempt.provider, attempt.method)
        share = fmt.money(room, row.currency)
        if attempt.provider in (OFFLINE, HISTORY):
            notes.append(_("%(amount)s (%(how)s) has to be handed over by you: here it counts as given back at once.", amount=share, how=how))
        else:
            notes.append(_("%(amount)s goes back by %(how)s, the way it came.", amount=share, how=how))
        if attempt.simulated:
            notes.append(_("It is play money of the sandbox."))
    if left > 0:
        notes.append(_("%(amount)s was paid before payments were kept here: it has to be handed over by you.", amount=fmt.money(left, row.currency)))
    if total == row.paid_total - row.refunded_total and row.status == "open" and row.fulfillment_status == "unfulfilled":
        notes.append(_("Nothing was sent: the order is canceled by this, and its goods are free again."))
    else:
        notes.append(_("What is shipped and what is in stock stays as it is."))
    if asks:
        limit = fmt.number(int(get_setting("plugin.payments.approve_above")))
        notes.append(_("More than %(limit)s of one order goes back: a second person has to agree first.", limit=limit))
    rest = refunds.refundable(db, row.id) - total
    notes.append(_("After that %(amount)s can still be given back.", amount=fmt.money(rest, row.currency)))
    return notes


def question(row: Any) -> Any:
    """How much came in for an order, and how much of it can still go back."""
    left = fmt.money(row.paid_total - row.refunded_total, row.currency)
    return _l("Order %(number)s: %(paid)s came in, at most %(left)s go back.", number=row.number, paid=fmt.money(row.paid_total, row.currency), left=left)
