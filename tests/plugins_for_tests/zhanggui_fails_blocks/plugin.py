"""A page of every kind of block, of which some raise or answer with something else, and a section without its chart."""

from zhanggui.api import Block, Chart, Field, Form, Page, Section, Series, Slot, hookimpl, record_audit


def boom(db, *more):
    raise RuntimeError("no figures today")


def wish(db, *, actor, now, words):
    record_audit(db, "fails_blocks.wish.made", target=("fails_blocks.Page", 1), actor=actor, now=now, after={"words": words})


LINE = Chart("line", ["Mon", "Tue"], [Series("Cups", [3, -4])])
BLOCKS = [
    Block("raises", "chart", "Raises", boom),
    Block("lies", "chart", "Lies", lambda db, reader: "no chart"),
    Block("cups", "chart", "Cups", lambda db, reader: LINE, order=10),
    Block("count", "number", "Count", lambda db, reader: {"value": 1234, "href": "/orders/"}),
    Block("words", "text", "Words", lambda db, reader: f"**{reader.locale}** <b>loud</b>"),
    Block("past", "timeline", "Past", lambda db, reader: [("Opened", "Ann", reader.now)]),
    Block("orders", "list", "Orders", screen="orders.Order", filters={"payment_status": "unpaid"}, limit=1),
    Block("staff", "list", "Staff", screen="core.User"),
    Block("wish", "form", "Make a wish", form=Form([Field("words", "Words", required=True)]), save=wish, done="Heard."),
]


@hookimpl
def register_pages():
    return [Page("fails_blocks.Page", "/blocks", "Blocks", BLOCKS)]


@hookimpl
def register_slots():
    return [
        Slot("orders.Order", Section("chart", "Cups of it", chart=lambda db, reader, row: LINE)),
        Slot("orders.Order", Section("broken", "Broken cups", chart=boom)),
    ]
