"""A list is asked for days by a word, and the word means what the shop's clock says when it is asked."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from zhanggui.host import current_host
from zhanggui.kernel import clock
from zhanggui.kernel.errors import BadRequest
from zhanggui.web.kinds.periods import PERIODS
from zhanggui.web.query import parse

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
# 00:30 on 1 March in Shanghai, which is still February in London.
LATE = datetime(2026, 2, 28, 16, 30, tzinfo=UTC)


def asked(actor, **args):
    screen = current_host().screens["orders.Order"]
    return parse(screen, args, actor, zone=ZoneInfo("Europe/London"), currency="CNY").filters["placed_at"]


@pytest.mark.parametrize(
    ("word", "first", "last"),
    [
        ("today", "2026-03-01", "2026-03-01"), ("yesterday", "2026-02-28", "2026-02-28"), ("7d", "2026-02-23", "2026-03-01"),
        ("30d", "2026-01-31", "2026-03-01"), ("month", "2026-03-01", "2026-03-31"), ("last_month", "2026-02-01", "2026-02-28"),
    ],
)  # fmt: skip
def test_a_word_is_the_days_of_the_shop(instance, owner, word, first, last):
    shop = ZoneInfo("Asia/Shanghai")
    with clock.hold(LATE):
        low, high = asked(owner, placed_at=word)
    assert low.astimezone(shop).isoformat()[:16] == f"{first}T00:00"
    assert (high.astimezone(shop).date().toordinal() - 1, high.astimezone(shop).hour) == (datetime.fromisoformat(last).toordinal(), 0)
    with clock.hold(LATE.replace(year=2027)):
        assert asked(owner, placed_at=word) != (low, high)


def test_another_word_is_refused_by_name(instance, owner):
    with pytest.raises(BadRequest) as refused:
        asked(owner, placed_at="soon")
    assert refused.value.field == "placed_at"


def test_an_export_that_is_made_later_keeps_the_day_it_was_asked(instance, owner):
    screen = current_host().screens["orders.Order"]
    with clock.hold(LATE.replace(year=2027)):
        query = parse(screen, {"placed_at": "today"}, owner, zone=ZoneInfo("UTC"), currency="CNY", now=LATE)
    assert query.filters["placed_at"][0] == datetime(2026, 2, 28, 16, tzinfo=UTC)


def test_the_page_offers_them_and_says_which_is_chosen(visit):
    clerk = visit("clerk")
    page = clerk.get("/orders/?placed_at=7d").text
    assert all(f'<option value="{word}"' in page for word in PERIODS)
    assert '<option value="7d" selected>' in page
    assert "Placed: Last 7 days" in page
    # Own dates and a word at once, as a browser without script may send them: the word counts.
    both = clerk.get("/orders/?placed_at=7d&placed_at_from=2020-01-01").text
    assert "Placed: Last 7 days" in both
    assert clerk.client.get("/api/v1/orders/orders/?placed_at=today").status_code == 200
    assert clerk.get("/order-lines/?placed_at=30d").status_code == 200
