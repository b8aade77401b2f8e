"""The address under which somebody says that he wants no more such messages: it needs no login, because it is sealed."""

from __future__ import annotations

from zhanggui.api import BadRequest, NotFound, current_runtime, decode_cursor, encode_cursor

from .services import choosing

PATH = "/messages-off"
_PURPOSE = b"notifications: messages off"


def address(recipient_id: int, category: str, channel: str) -> str:
    """For one customer, category and channel; "" for what cannot be left, such as what keeps him safe."""
    if category not in choosing.CUSTOMER_CATEGORIES:
        return ""
    token = encode_cursor([recipient_id, category, channel], sealed_for=_PURPOSE)
    return f"{str(current_runtime().config['web.public_url']).rstrip('/')}{PATH}/{token}"


def read(token: str) -> tuple[int, str, str]:
    """Customer, category, and the channel or ``*``: a category that can be left as a whole is left as a whole.

    :raises NotFound: for what was not made here.
    """
    try:
        customer_id, category, channel = decode_cursor(token, sealed_for=_PURPOSE)
    except (BadRequest, ValueError):
        raise NotFound() from None
    return int(customer_id), str(category), choosing.ALL if choosing.CUSTOMER_CATEGORIES.get(str(category)) else str(channel)
