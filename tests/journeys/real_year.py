"""What is known of a real shop's year (UCI Online Retail, 1 December 2010 to 9 December 2011), worked out by two other programs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from zhanggui.api import SYSTEM, Reader, reading
from zhanggui_analytics import asks
from zhanggui_analytics.services import scoring
from zhanggui_analytics.services.asking import Answer, answer

YEAR = "2010-12-01..2011-12-31"
NOW = datetime(2012, 1, 15, 12, tzinfo=UTC)
# month: gross, returns, net, fees, orders, guests, average order, buyers, new, returning, gross of new, of returning, of guests
MONTHS = {
    "2010-12-01": "777931.77 -17607.86 760323.91 -11366.89 1552 158 501.24 884 884 0 567490.72 0.00 210441.05",
    "2011-01-01": "671933.19 -91526.30 580406.89 -20406.63 1081 98 621.58 739 416 323 289873.80 274152.84 107906.55",
    "2011-02-01": "508886.20 -8375.87 500510.33 -2447.68 1096 103 464.31 757 380 377 157691.53 285654.49 65540.18",
    "2011-03-01": "691257.61 -10675.30 680582.31 2684.77 1441 129 479.71 973 452 521 197217.12 387345.73 106694.76",
    "2011-04-01": "516218.12 -33316.91 482901.21 10305.91 1235 96 417.99 853 300 553 120158.59 335108.32 60951.21",
    "2011-05-01": "741192.41 -8948.23 732244.18 -8910.67 1670 126 443.83 1054 284 770 118942.38 541539.52 80710.51",
    "2011-06-01": "738751.87 -13760.84 724991.03 -33867.91 1526 136 484.11 990 242 748 133916.18 520516.38 84319.31",
    "2011-07-01": "689364.41 -11409.21 677955.20 3344.91 1452 131 474.77 946 187 759 72548.13 520183.77 96632.51",
    "2011-08-01": "725513.50 -22929.52 702583.98 -19903.47 1341 73 541.02 933 169 764 78621.98 558185.26 88706.26",
    "2011-09-01": "1030475.36 -17044.68 1013430.68 6256.94 1818 79 566.82 1259 299 960 152079.58 788821.23 89574.55",
    "2011-10-01": "1106669.82 -43992.16 1062677.66 8027.01 2005 102 551.96 1361 357 1004 163352.95 842289.95 101026.92",
    "2011-11-01": "1457745.53 -25010.54 1432734.99 29021.26 2752 109 529.70 1661 324 1337 135056.33 1007089.44 315599.76",
    "2011-12-01": "615493.27 -174126.76 441366.51 -7698.50 816 40 754.28 614 41 573 26712.46 486517.97 102262.84",
}
# by hour from 6 on, Monday to Saturday and Sunday; there was no Saturday
HOURS = {
    "1": "0 4 89 274 350 348 494 447 387 360 231 92 2 0 0", "2": "0 5 117 309 411 426 552 499 415 448 207 115 9 0 0", "3": "0 5 116 301 443 426 626 508 450 424 262 104 0 2 1",
    "4": "1 9 122 303 458 387 591 491 464 448 348 260 179 134 16", "5": "0 6 121 282 452 398 480 426 399 292 153 91 2 9 1", "7": "0 0 0 2 225 390 461 361 310 340 114 0 0 0 0",
}  # fmt: skip
WEEKDAYS = {"1": "3078 1686293.49", "2": "3513 2087947.42", "3": "3668 1786421.77", "4": "4211 2135465.05", "5": "3112 1769957.00", "7": "2203 805348.33"}
BEST = {
    "22423": "164762.19 174484.74 13890", "47566": "98302.98", "85123A": "97894.50", "85099B": "92356.03", "23084": "66756.59", "22086": "63791.94", "84879": "58959.73",
    "79321": "53768.06", "22502": "51041.37", "22197": "50987.47",
}  # fmt: skip


def ask(metrics: str, **given: str) -> Answer:
    """A question of somebody who may see everything, asked when the year was over."""
    reader = Reader(SYSTEM, ZoneInfo("Europe/London"), "en", NOW)
    with reading() as db:
        return answer(db, reader, asks.read({"metrics": metrics, "currency": "GBP", "period": YEAR, **given}))


# different customers with an order by month of their first one, in that month and the six after it
COHORTS = {
    "2010-12": "884 323 286 339 320 352 320", "2011-01": "416 91 111 95 132 120 103", "2011-02": "380 71 71 109 103 93 97", "2011-03": "452 67 114 90 101 76 121",
    "2011-04": "300 63 61 63 59 68 65", "2011-05": "284 54 49 49 59 66 75",
}  # fmt: skip
FIRST_COHORT = "567490.72 274152.84 232369.78 297153.57 202361.01 326317.15 311434.78"


def pence(text: str) -> int:
    """``777931.77`` as whole pence."""
    return int(Decimal(text) * 100)


def check() -> None:
    """:raises AssertionError: naming the first figure that is another one."""
    _months()
    whole = dict(ask("sales.gross,sales.returns,sales.net,sales.fees,sales.total,orders.paid,sales.aov,customers.buyers,orders.pieces,orders.lines").totals)
    whole |= ask("sales.return_share,orders.pieces_per_order,orders.lines_per_order").totals
    assert whole == {
        "sales.gross": pence("10271433.06"), "sales.returns": pence("-478724.18"), "sales.net": pence("9792708.88"), "sales.fees": pence("-44960.95"),
        "sales.total": pence("9747747.93"), "orders.paid": 19_785, "sales.aov": pence("519.15"), "customers.buyers": 4335, "orders.pieces": 5_592_248, "orders.lines": 528_157,
        "sales.return_share": Decimal("4.66"), "orders.pieces_per_order": Decimal("282.65"), "orders.lines_per_order": Decimal("26.69"),
    }, whole  # fmt: skip
    _people_and_days()
    found = ask("sales.net,sales.gross,orders.pieces", by="sku", limit="10")
    for (sku,), told in zip(found.rows, BEST, strict=True):
        numbers: list[Any] = BEST[told].split()
        got = [found.values[(sku,)][name] for name in found.ask.metrics]
        assert (sku, got[: len(numbers)]) == (told, [pence(n) if "." in n else int(n) for n in numbers])
    _clock()
    _scores()
    cohorts, months = ask("customers.buyers,sales.gross", by="first_month,month"), list(MONTHS)
    for number, (month, line) in enumerate(COHORTS.items()):
        cells = [cohorts.values[(f"{month}-01", months[number + after])] for after in range(7)]
        assert [int(cell["customers.buyers"] or 0) for cell in cells] == [int(n) for n in line.split()], month
        assert number or [cell["sales.gross"] for cell in cells] == [pence(n) for n in FIRST_COHORT.split()]


def _months() -> None:
    sums = ask("sales.gross,sales.returns,sales.net,sales.fees,orders.paid,sales.aov,customers.buyers,customers.new,customers.returning", by="month")
    kinds = ask("sales.gross,orders.paid", by="month,buyer_kind")
    for month, line in MONTHS.items():
        gross, returns, net, fees, orders, guests, average, buyers, new, returning, of_new, of_returning, of_guests = line.split()
        got = sums.values[(month,)]
        expected = [pence(gross), pence(returns), pence(net), pence(fees), int(orders), pence(average), int(buyers), int(new), int(returning)]
        assert [got[name] for name in sums.ask.metrics] == expected, (month, got)
        parts = {kind: kinds.values.get((month, kind), {"sales.gross": 0, "orders.paid": 0}) for kind in ("new", "returning", "guest")}
        assert [parts[kind]["sales.gross"] for kind in parts] == [pence(of_new), pence(of_returning), pence(of_guests)], month
        assert parts["guest"]["orders.paid"] == int(guests), month


def _people_and_days() -> None:
    # Who bought in two months is one buyer.
    assert ask("customers.buyers", period="2011-10-01..2011-11-30").totals["customers.buyers"] == 2406
    assert ask("customers.buyers", period="2011-09-01..2011-11-30").totals["customers.buyers"] == 2846
    week = ask("sales.gross,orders.paid,customers.buyers", period="2011-11-21..2011-11-27", compare="previous")
    assert list(week.totals.values()) == [pence("303690.32"), 617, 493]
    assert [week.totals_were[name] for name in ("sales.gross", "orders.paid")] == [pence("374736.15"), 687]
    for period, gross, orders in (("2011-12-01..2011-12-08", "417379.01", 772), ("2011-11-01..2011-11-08", "380523.45", 657), ("2010-12-01..2010-12-08", "359196.05", 725)):
        assert list(ask("sales.gross,orders.paid", period=period).totals.values()) == [pence(gross), orders], period
    assert ask("sales.total", period="2011-01-05..2011-01-05").totals["sales.total"] == pence("-1566.23")
    days = ask("sales.net,orders.paid", by="day", period="2010-12-01..2011-12-09").values.values()
    assert (sum((day["orders.paid"] or 0) > 0 for day in days), min(day["sales.net"] or 0 for day in days) >= 0) == (305, True)


# how many customers have each pair of scores on 10 December 2011: down how recently from 1 to 5, across how often
SCORES = ("629 158 48 24 12", "350 217 139 125 53", "294 181 116 153 123", "166 155 122 165 240", "67 120 77 164 437")
LEAST = ("-141.48", "242.35", "468.95", "908.46", "2002.40")  # spent, of each score


def _scores() -> None:
    with reading() as db:
        statement = scoring.scored(db, date(2011, 12, 9), "GBP")
        assert statement is not None
        found = db.execute(statement).all()
    pairs, codes = Counter((row.recent, row.often) for row in found), Counter((row.recent, row.often, row.much) for row in found)
    assert [" ".join(str(pairs[recent, often]) for often in range(1, 6)) for recent in range(1, 6)] == list(SCORES)
    assert (len(found), codes[5, 5, 5], codes[1, 1, 1], len(codes), Counter(row.much for row in found)) == (4335, 347, 334, 119, dict.fromkeys(range(1, 6), 867))
    assert [min(row.net for row in found if row.much == score) for score in range(1, 6)] == [pence(amount) for amount in LEAST]
    assert max(row.net for row in found) == pence("278778.02")
    assert (Counter(row.orders > 1 for row in found), sum(row.orders > 2 for row in found), max(row.orders for row in found)) == ({False: 1506, True: 2829}, 1998, 206)
    after = sorted((row.second_day - row.first_day).days for row in found if row.second_day is not None)
    assert (after[len(after) // 2], [sum(days <= most for days in after) for most in scoring.WITHIN]) == (51, [213, 949, 1560, 1912])


def _clock() -> None:
    hours = ask("orders.paid", by="weekday,hour", limit="1000")
    for weekday, line in HOURS.items():
        assert [int(hours.values.get((weekday, str(hour)), {}).get("orders.paid") or 0) for hour in range(6, 21)] == [int(n) for n in line.split()], weekday
    assert {key[0] for key in hours.rows} == set(HOURS)
    weekdays = ask("orders.paid,sales.gross", by="weekday")
    assert {key[0]: f"{v['orders.paid']} {Decimal(v['sales.gross'] or 0).scaleb(-2)}" for key, v in weekdays.values.items() if v["orders.paid"]} == WEEKDAYS
