"""Reading the JSON that a client of the admin API sent: an object that a database can take, or a clear no."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import BadRequest


def json_object() -> dict[str, Any]:
    """The body of this request.

    :raises BadRequest: when it is no JSON object, or holds text that cannot be stored.
    :raises UnsupportedMediaType: when it does not say that it is JSON.
    """
    raw = request.get_data()
    if raw and request.mimetype != "application/json":
        raise UnsupportedMediaType()
    try:
        found = json.loads(raw, parse_constant=_refuse, parse_int=_whole)
        if not isinstance(found, dict):
            raise BadRequest(_l("A JSON object is needed."))
        _storable(found)
    except (ValueError, RecursionError):
        raise BadRequest(_l("A JSON object is needed.")) from None
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _whole(text: str) -> int:
    if len(text) > 20:  # reading one with a million digits would take long
        raise ValueError("no number here has more than 20 digits")
    return int(text)


def _storable(value: Any) -> None:
    """:raises ValueError: for text with a NUL or half a character."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a NUL inside text")
        value.encode()
    elif isinstance(value, dict):
        for name, part in value.items():
            _storable(name)
            _storable(part)
    elif isinstance(value, list):
        for part in value:
            _storable(part)
