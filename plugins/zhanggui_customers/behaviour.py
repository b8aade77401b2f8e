"""What a visitor may be said to have done, in which words, and what of it is kept. No database here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from zhanggui.api import Choice, _l

MOST_EVENTS = 50  # a call
MOST_A_DAY = 2000  # of a visitor
BACK = timedelta(days=30)  # so far a sign-in says who it was
SILENCE = 30 * 60 * 1000  # milliseconds that end a session
_CLOCKS = timedelta(hours=24)  # a client's clock that is further off counts for nothing
MEASURE, PERSONAL = "measure", "personal"
CONSENTS = ("needed", MEASURE, PERSONAL)
NAMES = (
    Choice("visit", _l("Came")), Choice("page", _l("Page")), Choice("view", _l("Product viewed")), Choice("search", _l("Search")),
    Choice("result_click", _l("Result opened")), Choice("favourite", _l("Favourite")), Choice("share", _l("Shared")), Choice("cart_add", _l("Into the cart")),
    Choice("cart_remove", _l("Out of the cart")), Choice("checkout_start", _l("To the checkout")), Choice("address", _l("Address entered")),
    Choice("quote", _l("Price asked")), Choice("pay_start", _l("Payment begun")), Choice("coupon_take", _l("Coupon taken")),
    Choice("message_open", _l("Message opened")), Choice("scan", _l("Code scanned")),
)  # fmt: skip
SERVER_NAMES = (Choice("order_placed", _l("Order placed")), Choice("paid", _l("Paid")), Choice("refunded", _l("Refunded")))
ALL_NAMES = (*NAMES, *SERVER_NAMES)
CLIENT, SERVER = frozenset(c.value for c in NAMES), frozenset(c.value for c in SERVER_NAMES)
REASONS = (
    Choice("no_consent", _l("Without consent")), Choice("bot", _l("Crawler")), Choice("staff", _l("Device of staff")), Choice("test", _l("Test")),
    Choice("capped", _l("Too many of one visitor")),
)  # fmt: skip
COUNTED_AT_ONCE = ("no_consent", "capped")  # what is counted when it comes, because it is not kept
DEVICES = (
    Choice("phone", _l("Phone")), Choice("tablet", _l("Tablet")), Choice("computer", _l("Computer")), Choice("mini", _l("Mini-program")), Choice("other", _l("Other")),
)  # fmt: skip
_ID = re.compile(r"[0-9A-Za-z_.:-]{8,64}\Z")
_WORD = re.compile(r"[0-9A-Za-z_.:/-]{1,64}\Z")
_BOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|headless|lighthouse|curl/|wget/|python-|bingpreview|facebookexternalhit|monitor", re.I)
_PHONE = re.compile(r"(?:\+?\d[\s\-().]*){7,}")
_MAIL = re.compile(r"\S@\S")
_PLACE = re.compile(r"[\u4e00-\u9fff](省|市|区|县|镇|乡|村|路|街|巷|道)")
_DOOR = re.compile(r"\d\s*(?:栋|幢|室|单元|弄)")
_NUMBER = re.compile(r"\d\s*号")
_STREET = re.compile(r"\d.*\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd)\b|\b(?:street|road|avenue|lane|boulevard)\b.*\d", re.I)


def _word(value: Any, most: int = 64) -> str | None:
    return value if isinstance(value, str) and len(value) <= most and _WORD.match(value) else None


def _plain(value: Any, most: int = 64) -> str | None:
    if not isinstance(value, str):
        return None
    clean = " ".join("".join(c for c in unicodedata.normalize("NFKC", value) if c.isprintable() or c == " ").split())
    return clean[:most] if _encodes(clean) else None


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 1_000_000 else None


def _product(value: Any) -> str | None:
    return value if isinstance(value, str) and 1 <= len(value) <= 64 and value.isascii() and value.isalnum() else None


PROPS: Mapping[str, Mapping[str, Any]] = {
    "visit": {"scene": lambda v: _word(v, 32), "campaign": _word, "code": _word}, "page": {}, "view": {"product": _product, "source": _word},
    "search": {"q": _plain, "results": _count, "source": _word}, "result_click": {"product": _product, "q": _plain, "place": _count},
    "favourite": {"product": _product}, "share": {"product": _product, "channel": _word},
    "cart_add": {"product": _product, "sku": _word, "quantity": _count}, "cart_remove": {"product": _product, "sku": _word, "quantity": _count},
    "checkout_start": {"lines": _count}, "address": {}, "quote": {"lines": _count}, "pay_start": {"method": _word}, "coupon_take": {"coupon": _word},
    "message_open": {"message": _word, "campaign": _word}, "scan": {"code": _word},
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """An event that a client may send, with what is known of it; ``dropped`` props had no meaning."""

    key: str
    name: str
    at: datetime
    visitor: str
    session: str
    page: str
    props: Mapping[str, Any] = field(default_factory=dict)
    dropped: int = 0


def read(given: Any) -> Said | None:
    """One event of a call; None for one that is refused: an unknown name, one that only the server says, no time, no id."""
    if not isinstance(given, Mapping) or given.get("name") not in CLIENT:
        return None
    ids = [given.get(name) for name in ("id", "visitor", "session")]
    at = _moment(given.get("at"))
    if at is None or not all(isinstance(one, str) and _ID.match(one) for one in ids):
        return None
    page = given.get("page") or ""
    path = _plain(page, 200) if isinstance(page, str) else None
    said = given.get("props") or {}
    if path is None or not isinstance(said, Mapping):
        return None
    # What stands behind a question mark may say what was typed.
    known, props = PROPS[given["name"]], {}
    for name, value in said.items():
        checked = known[name](value) if name in known else None
        if checked is not None:
            props[name] = checked
    return Said(str(ids[0]), given["name"], at, str(ids[1]), str(ids[2]), path.partition("?")[0], props, len(said) - len(props))


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def ticks(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def tick_of(at: datetime, sent_at: datetime | None, received_at: datetime) -> int:
    """Where an event stands among others: by the client's clock, put right by when it sent, unless that clock is a day or more off."""
    own = at if sent_at is None else received_at - (sent_at - at)
    return ticks(own if abs(own - received_at) < _CLOCKS and abs(at - received_at) < _CLOCKS else received_at)


def kept_search(text: str | None) -> str | None:
    """What was searched, as it is kept: in small letters; nothing where it looks like a phone, an e-mail address or where somebody lives."""
    if not text:
        return None
    places = set(_PLACE.findall(text))
    lived = bool(_DOOR.search(text)) or len(places) >= 2 or (bool(places) and bool(_NUMBER.search(text)))
    if _PHONE.search(text) or _MAIL.search(text) or lived or _STREET.search(text):
        return None
    return text.casefold()[:64] or None


def is_bot(agent: str) -> bool:
    """Whether a client says that it is a program that looks around."""
    return not agent or bool(_BOT.search(agent))


def device_of(agent: str) -> str:
    """What kind of device a client says that it is."""
    low = agent.lower()
    if "miniprogram" in low:
        return "mini"
    if "ipad" in low or "tablet" in low or ("android" in low and "mobile" not in low):
        return "tablet"
    if "mobile" in low or "iphone" in low:
        return "phone"
    return "computer" if any(word in low for word in ("windows", "macintosh", "linux", "cros")) else "other"


def consents(given: Collection[str]) -> frozenset[str]:
    """What a visitor agreed to, of what is known here; who may be seen as a person is also counted."""
    return frozenset(given) & {MEASURE, PERSONAL} if MEASURE in given else frozenset()
