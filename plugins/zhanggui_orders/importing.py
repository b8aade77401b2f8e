"""``zhanggui import orders``: a shop's past, row by row: order lines, returns, fees, and what is none of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from zhanggui.api import Figure, Importer, ImportRow, ImportRun, Money, Outcome, Preparation, Seen, _l, read_decimal
from zhanggui_customers import facade as customers
from zhanggui_customers.contracts import CustomerRecord
from zhanggui_products import facade as products
from zhanggui_products.contracts import ProductRecord, VariantRecord

from .contracts import HistoricLine, HistoricOrder
from .exporting import LABELS
from .models import Order, OrderLine
from .services import history

# Codes under which shops book what is no goods: postage, discounts, samples, bank charges, vouchers.
FEE_CODES = ("POST", "DOT", "C2", "D", "M", "S", "B", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "FREIGHT", "SHIPPING", "运费", "邮费")
FEE_PREFIXES = ("GIFT_0001_",)
_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")
_MAX_QUANTITY = 10**7
_PLACES = ("region", "city")
_ZERO = Decimal(0)
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,32}\Z")
# What the words of the common systems mean, where there is one meaning alone. No other word is guessed: it is
# refused by name until the mapping says what it means ([states] "已退款" = "canceled").
MEANINGS = ("completed", "canceled", "open")
_STATES = {
    "completed": "completed", "complete": "completed", "paid": "completed", "已完成": "completed", "交易成功": "completed", "交易完成": "completed",
    "canceled": "canceled", "cancelled": "canceled", "已取消": "canceled", "交易关闭": "canceled", "voided": "canceled", "failed": "canceled",
    "open": "open", "closing": "open", "unpaid": "open", "pending": "open", "authorized": "open", "partially_paid": "open",
    "processing": "open", "on-hold": "open", "未完成": "open", "待付款": "open", "等待买家付款": "open", "待发货": "open",
    "等待卖家发货": "open", "买家已付款": "open", "卖家已发货": "open", "待收货": "open", "进行中": "open", "正在关闭": "open", "being closed": "open",
}  # fmt: skip


@dataclass(frozen=True)
class _Parsed:
    """A row that can be understood."""

    row: ImportRow
    number: str
    sku: str
    quantity: int
    price: Decimal
    at: datetime
    fee: bool

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


def batch(db: Session, rows: Sequence[ImportRow], run: ImportRun) -> list[Outcome]:
    """Orders of the past, whole ones; answers what each row became."""
    outcomes: dict[int, Outcome] = {}
    orders = []
    whole: dict[str, Sequence[ImportRow]] = {}
    for _number, group in groupby(rows, key=lambda row: row["number"]):
        found = _order(some := list(group), run, outcomes)
        if found is not None:
            orders.append(found)
            whole[found[0].key] = some
    known = _known(db, [order for order, _parsed in orders])
    # How an order ended is asked of those alone that the shop does not know: its own may be in the middle of it.
    orders = [(ended, lines) for order, lines in orders if (ended := order if order.key in known else _ended(order, whole[order.key], lines, run, outcomes))]
    skus = {parsed.sku for _order, lines in orders for parsed in lines if not parsed.fee}
    variants = products.variant_ids_by_sku(db, skus)
    people = _people(db, {buyer for _order, lines in orders if (buyer := _buyer(lines))}, run)
    new = []
    for order, lines in orders:
        if order.key in known:
            # Booked by an earlier run or file: it stays as it is, and is not counted as a line once more. One
            # that has other lines now is a matter for a person.
            same = known[order.key] == len(lines)
            outcomes |= {
                parsed.row.number: Outcome("known", parsed.amount) if same else Outcome.rejected("order_changed", parsed.amount)
                for parsed in lines
            }
        else:
            new.append(_complete(order, lines, variants, people, run, outcomes))
    if new:
        history.record_history(db, new, run.batch_id, actor=run.actor, now=run.now)
    return [outcomes[row.number] for row in rows]


def _order(rows: list[ImportRow], run: ImportRun, outcomes: dict[int, Outcome]) -> tuple[HistoricOrder, list[_Parsed]] | None:
    """The order that some rows make, and those of them that are part of it; the others are rejected here."""
    parsed = []
    for row in rows:
        found = _parse(row, run)
        if isinstance(found, str):
            outcomes[row.number] = Outcome.rejected(found, _amount(row))
        else:
            parsed.append(found)
    # An invoice of a customer, or with something that costs money, may hold gifts. One of zeros alone,
    # without a customer, is how tills correct the stock: it sold nothing.
    sale = any(p.price != 0 or p.row["customer"] for p in parsed)
    lines = []
    for p in parsed:
        if p.price == 0 and (p.quantity < 0 or not sale):
            outcomes[p.row.number] = Outcome.rejected("stock_write_off" if p.quantity < 0 else "stock_correction")
        else:
            lines.append(p)
    if not lines:
        return None
    first = lines[0]
    return HistoricOrder(run.key(first.number), min(p.at for p in lines), run.currency, (), number=first.number), lines


def _ended(
    order: HistoricOrder, rows: Sequence[ImportRow], lines: Sequence[_Parsed], run: ImportRun, outcomes: dict[int, Outcome]
) -> HistoricOrder | None:  # fmt: skip
    """The order as it ended; None where that cannot be told, or it did not."""
    state = _state(rows, run)
    if state not in ("completed", "canceled"):
        outcomes |= {p.row.number: Outcome.rejected(state, p.amount) for p in lines}
        return None
    return replace(order, canceled=state == "canceled")


def _parse(row: ImportRow, run: ImportRun) -> _Parsed | str:
    """The row, or the name of what is wrong with it."""
    number, sku = row["number"], row["sku"]
    if number is None:
        return "no_number"
    if not _NUMBER.match(number):
        return "bad_number"
    if sku is None:
        return "no_sku"
    if len(sku) > 64:
        return "bad_sku"
    quantity, price, at = _decimal(row["quantity"]), _decimal(row["price"]), _moment(row["placed_at"], run)
    if quantity is None or quantity != quantity.to_integral_value() or abs(quantity) > _MAX_QUANTITY:
        return "bad_quantity"
    if quantity == 0:
        return "no_quantity"
    if price is None or abs(price * quantity) > 10**12:
        return "bad_price"
    if at is None:
        return "bad_date"
    fee = _is_fee(sku, run) or price < 0
    return _Parsed(row, number, sku, int(quantity), price, at, fee)


def _state(rows: Sequence[ImportRow], run: ImportRun) -> str:
    """How an order ended, or the name of why that cannot be told. Many programs write it in its first row alone."""
    if "status" not in rows[0].values:
        return "completed"  # a file without such a column lists what was sold
    words = [row["status"] for row in rows]
    found = {run.word("states", word, _STATES) for word in words if word is not None} or {run.word("states", "", _STATES)}
    if None in found:
        return "unknown_state" if any(words) else "no_state"
    return "not_finished" if "open" in found else found.pop() or "" if len(found) == 1 else "states_differ"


def _is_fee(sku: str, run: ImportRun) -> bool:
    codes = run.memory.get("fee_codes")
    if codes is None:
        codes = run.memory["fee_codes"] = {str(code).upper() for code in run.options.get("fee_codes", FEE_CODES)}
    return sku.upper() in codes or sku.upper().startswith(FEE_PREFIXES)


def _complete(
    order: HistoricOrder, parsed: list[_Parsed], variants: dict[str, tuple[int, int]], people: dict[str, tuple[int, str]],
    run: ImportRun, outcomes: dict[int, Outcome],
) -> HistoricOrder:  # fmt: skip
    """The order with its lines and its buyer; says of each row what it became."""
    lines = []
    for p in parsed:
        kind = "fee" if p.fee else "return" if p.quantity < 0 else "goods"
        unit = Money.rounded(p.price, run.currency)
        variant, product = variants.get(p.sku, (None, None)) if kind != "fee" else (None, None)
        lines.append(HistoricLine(p.sku, p.row["name"] or p.sku, p.quantity, unit.amount, kind, variant, product))
        what = {"fee": "fee", "return": "return", "goods": "order line"}[kind]
        outcomes[p.row.number] = Outcome(what, p.amount, (unit * p.quantity).decimal)
    # Rows without a customer are sales at the till: a guest's order.
    buyer, name = people.get(_buyer(parsed) or "", (None, ""))
    return HistoricOrder(
        order.key, order.placed_at, order.currency, lines, number=order.number, customer_id=buyer, buyer_name=name,
        canceled=order.canceled, region=_place(parsed),
    )  # fmt: skip


def _buyer(lines: Sequence[_Parsed]) -> str | None:
    return next((p.row["customer"] for p in lines if p.row["customer"]), None)


def _place(lines: Sequence[_Parsed]) -> Sequence[str]:
    """Where an order went: the rows name one place, together or in its parts."""
    return next((place for p in lines if (place := [text for name in _PLACES if (text := p.row[name])])), ())


def _known(db: Session, orders: Sequence[HistoricOrder]) -> dict[str, int]:
    """How many lines each of these orders has that are there: brought by an import, or placed in this shop."""
    keys = {history.external_key(order): order.key for order in orders}
    numbers = {order.number: order.key for order in orders if order.number}
    c, lines = Order.__table__.c, func.count(OrderLine.id)
    found: dict[str, int] = {}
    for start in range(0, len(orders), 500):
        names = [history.external_key(order) for order in orders[start : start + 500]]
        own = [order.number for order in orders[start : start + 500]]
        mine = c.external_key.is_(None) & c.number.in_(own)
        counted = select(c.external_key, c.number, lines).outerjoin(OrderLine, OrderLine.order_id == c.id).group_by(c.id, c.external_key, c.number)
        for external, number, count in db.execute(counted.where(c.external_key.in_(names) | mine)):
            found[keys[external] if external is not None else numbers[number]] = count
    return found


# -- what the orders name: made beforehand --------------------------------------------------------


def make_customers(db: Session, keys: Sequence[tuple[str, Sequence[Seen]]], run: ImportRun) -> None:
    """A profile for every customer that the orders name and the shop does not know."""
    there = customers.ids_by_key(db, [run.key(key) for key, _seen in keys])
    records = []
    for key, seen in keys:
        if run.key(key) in there or len(run.key(key)) > 96:
            continue
        moments = [at for s in seen if (at := _moment(s.values.get("placed_at"), run))]
        name = _first(seen, "customer_name") or f"Customer {key}"
        records.append(CustomerRecord(run.key(key), name, region=(_first(seen, "region") or "")[:120], created_at=min(moments, default=None)))
    if records:
        customers.upsert_customers(db, records, batch_id=run.batch_id, actor=run.actor, now=run.now)


def make_products(db: Session, keys: Sequence[tuple[str, Sequence[Seen]]], run: ImportRun) -> None:
    """A draft for every SKU that was sold and that the shop does not know.

    Its name is the first one under which it was sold (what stands beside a price of zero is a remark,
    such as "damaged?"), its price the one that most rows have.
    """
    there = products.variant_ids_by_sku(db, [sku for sku, _seen in keys])
    records = []
    for sku, seen in keys:
        sold = [(s, price) for s in seen if (price := _decimal(s.values.get("price"))) is not None and price > 0]
        if sku in there or not sold or _is_fee(sku, run) or len(sku) > 60:
            continue
        counts: dict[Decimal, int] = {}
        for s, price in sold:
            counts[price] = counts.get(price, 0) + s.count
        usual = max(counts, key=lambda price: counts[price])
        name = next((s.values["name"] for s, _price in sold if s.values.get("name")), None) or sku
        variant = VariantRecord(sku, Money.rounded(usual, run.currency).amount, run.currency)
        records.append(ProductRecord(f"sku:{sku}", name, [variant], status="draft"))
    if records:
        products.upsert_products(db, records, batch_id=run.batch_id, actor=run.actor, now=run.now)


def _people(db: Session, keys: set[str], run: ImportRun) -> dict[str, tuple[int, str]]:
    """Ids and names of customers by the key of the file."""
    ids = customers.ids_by_key(db, [run.key(key) for key in keys])
    names = customers.names(db, list(ids.values()))
    return {key: (ids[run.key(key)], names[ids[run.key(key)]]) for key in keys if run.key(key) in ids}


def _first(seen: Iterable[Seen], field: str) -> str | None:
    return next((s.values[field] for s in seen if s.values.get(field)), None)


# -- the proof ------------------------------------------------------------------------------------


def compare(db: Session, rows: Iterable[ImportRow], run: ImportRun, left_out_rows: int, left_out_amount: Decimal) -> list[Figure]:
    """Rows, money, customers and orders: added up from the file here, and by the database there."""
    count, amount = 0, _ZERO
    bought: dict[str, tuple[Decimal, str]] = {}  # by order: money, customer
    words: dict[str, list[ImportRow]] = {}
    for row in rows:
        count, value = count + 1, _amount(row)
        amount += value
        parsed = _parse(row, run)
        if isinstance(parsed, _Parsed):
            if not any(other["status"] == row["status"] for other in words.setdefault(parsed.number, [])):
                words[parsed.number].append(row)
            if row["customer"] and parsed.quantity > 0:
                before, _who = bought.get(parsed.number, (_ZERO, ""))
                bought[parsed.number] = before + (Money.rounded(parsed.price, run.currency) * parsed.quantity).decimal, row["customer"]
    left_out = {number for number, seen in words.items() if _state(seen, run) not in ("completed", "canceled")}
    booked_orders = {number: found for number, found in bought.items() if number not in left_out}
    line, order = OrderLine.__table__.c, Order.__table__.c
    first = f"import:{run.key('')}"
    ours = (line.order_id == order.id) & (order.external_key >= first) & (order.external_key < first[:-1] + chr(ord(first[-1]) + 1))
    lines, booked = db.execute(select(func.count(), func.coalesce(func.sum(line.total), 0)).where(ours)).one()
    theirs = ours & order.customer_id.is_not(None) & (line.quantity > 0)
    spent, orders, buyers = db.execute(
        select(func.coalesce(func.sum(line.total), 0), func.count(distinct(order.id)), func.count(distinct(order.customer_id))).where(theirs)
    ).one()
    return [
        Figure("rows", count, lines + left_out_rows),
        Figure(f"quantity x price, {run.currency}", amount, Money(int(booked), run.currency).decimal + left_out_amount),
        Figure(f"bought by known customers, {run.currency}, as booked", sum((money for money, _who in booked_orders.values()), _ZERO), Money(int(spent), run.currency).decimal),
        Figure("orders of known customers", len(booked_orders), orders),
        Figure("customers who bought", len({who for _money, who in booked_orders.values()}), buyers),
    ]


# -- values ---------------------------------------------------------------------------------------


def _decimal(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = read_decimal(text)
    except ValueError:
        return None
    return value if abs(value) < 10**15 else None


def _amount(row: ImportRow) -> Decimal:
    """Quantity times price of any row, zero where one of them is no number."""
    quantity, price = _decimal(row["quantity"]), _decimal(row["price"])
    return quantity * price if quantity is not None and price is not None else _ZERO


def _moment(text: str | None, run: ImportRun) -> datetime | None:
    if text is None:
        return None
    for moment in _read(text, run.options.get("date_format")):
        # Programs write the first day of the calendar where they know none.
        return (moment if moment.tzinfo else moment.replace(tzinfo=run.zone)) if 1900 <= moment.year <= 9000 else None
    return None


def _read(text: str, wanted: Any) -> Iterator[datetime]:
    """The moment that a text names; none when it names none."""
    if not wanted:
        try:
            yield datetime.fromisoformat(text)
            return
        except ValueError:
            pass
    for form in [str(wanted)] if wanted else _FORMATS:
        try:
            yield datetime.strptime(text, form)
            return
        except ValueError:
            continue


ORDERS = Importer(
    kind="orders",
    label=_l("Orders"),
    columns={
        "number": ("InvoiceNo", "Invoice", "Order number", "Order No", "Order ID", "订单号", "订单编号", "单号", "订单号码"),
        "sku": ("StockCode", "Product code", "Item code", "商品编码", "商品编号", "规格编码", "货号"),
        "name": ("Description", "Product", "Product name", "Title", "商品", "商品名称", "品名"),
        "quantity": ("Qty", "Count", "数量", "购买数量"),
        "placed_at": ("InvoiceDate", "Date", "Order date", "Created at", "下单时间", "订单时间", "日期", "Placed"),
        "price": ("UnitPrice", "Unit price", "单价", "价格"),
        "customer": ("CustomerID", "Customer", "Buyer ID", "客户编号", "顾客编号", "会员号", "Customer number"),
        "customer_name": ("Customer name", "Buyer", "客户", "顾客", "买家", "收货人"),
        "region": ("Country", "Province", "国家", "省份", "地区"),
        "city": ("Town", "城市"),
        "status": ("Order status", "State", "状态", "订单状态"),
    },
    required=("number", "sku", "quantity", "placed_at", "price"),
    batch=batch,
    order_by="number",
    prepare=(
        Preparation("customer", ("customer_name", "region", "placed_at"), make_customers),
        Preparation("sku", ("name", "price"), make_products),
    ),
    compare=compare,
    permission=("can_import", "orders.Order"),
    labels={name: LABELS[name] for name in ("number", "sku", "name", "quantity", "placed_at", "price", "customer", "customer_name", "region", "status")}
    | {"city": _l("City")},
    reasons={
        "no_number": ("number", _l("There is no order number.")),
        "bad_number": ("number", _l("“%(value)s” is no order number: letters, digits, - and _, 32 at most.")),
        "no_sku": ("sku", _l("There is no SKU.")),
        "bad_sku": ("sku", _l("“%(value)s” is too long for a SKU: 64 characters at most.")),
        "bad_quantity": ("quantity", _l("“%(value)s” is no whole number of pieces.")),
        "no_quantity": ("quantity", _l("The quantity is 0.")),
        "bad_price": ("price", _l("“%(value)s” is no amount such as 19.90.")),
        "bad_date": ("placed_at", _l("“%(value)s” is no date and time such as 2026-11-26 14:20.")),
        "stock_write_off": ("price", _l("It costs nothing and comes back: a correction of the stock, no order.")),
        "stock_correction": ("price", _l("It costs nothing and nobody bought it: a correction of the stock, no order.")),
        "not_finished": ("status", _l("“%(value)s”: only orders that are completed or canceled are imported.")),
        "unknown_state": ("status", _l("“%(value)s” does not say whether the order was completed or canceled.")),
        "no_state": ("status", _l("It is not said whether the order was completed or canceled.")),
        "states_differ": ("status", _l("The rows of this order say different things about how it ended.")),
        "order_changed": ("number", _l("The shop has the order %(value)s with other lines; it stays as it is.")),
    },
    stays=_l("Orders that were imported stay in the books: they count in figures. A single one can be canceled or refunded on its page."),
    options=("fee_codes", "date_format"),
    words={"states": MEANINGS},
)  # fmt: skip
