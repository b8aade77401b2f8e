"""What a client sent, bounded: JSON objects that a database can take, forms of so many fields, or a clear no."""

from __future__ import annotations

import io
import json
import math
from typing import IO, Any

from flask import Request as FlaskRequest
from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import BadRequest

# No limit here is a setting: what a person or a program of a shop sends stays a hundred times below.
LARGEST = 1024 * 1024  # bytes of JSON: a product with a description of half a million signs
MOST_PARTS = 10_000  # names and items in one body
MOST_NAMES = 1000  # in one object
DEEPEST = 32
MOST_ARGUMENTS = 500
LONGEST_COOKIES = 16 * 1024


def json_object() -> dict[str, Any]:
    """The body of this request.

    :raises BadRequest: when it is no JSON object, or holds text that cannot be stored.
    :raises UnsupportedMediaType: when it does not say that it is JSON.
    """
    request.max_content_length = LARGEST
    raw = request.get_data()
    if not raw:
        raise BadRequest(_l("A JSON object is needed."))
    found = read_json(raw, request.mimetype)
    try:
        _storable(found)
    except ValueError:
        raise BadRequest(_l("The body is not valid JSON.")) from None
    return found


def read_json(raw: bytes, mimetype: str) -> dict[str, Any]:
    """The one reader of JSON from outside, for the admin API and the storefront alike; an empty body is an empty object.

    Numbers beyond all measure come back as infinity, so that the field is named by whoever knows what it takes.

    :raises BadRequest: when it is no object, is too deep or has too many parts, or says a name twice.
    :raises UnsupportedMediaType: when it does not say that it is JSON.
    """
    if raw and mimetype != "application/json":
        raise UnsupportedMediaType()
    try:
        found = json.loads(raw, parse_constant=_refuse, parse_int=_whole, object_pairs_hook=_each_once) if raw else {}
        if isinstance(found, dict):
            _check(found)
    except (ValueError, RecursionError):
        raise BadRequest(_l("The body is not valid JSON.")) from None
    if not isinstance(found, dict):
        raise BadRequest(_l("A JSON object is needed."))
    return found


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _whole(text: str) -> int | float:
    # No number here has 20 digits; reading one with a million digits would take long.
    return int(text) if len(text) < 20 else math.inf


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_NAMES:
        raise BadRequest(_l("The body has too many parts."))
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest(_l("A name stands twice in one object."))
    return found


def _check(found: dict[str, Any]) -> None:
    """:raises BadRequest: for more parts, or more of them inside each other, than anybody means."""
    left, rest = MOST_PARTS, [(1, found)]
    while rest:
        depth, value = rest.pop()
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        left -= len(value)
        if left < 0 or depth > DEEPEST:
            raise BadRequest(_l("The body has too many parts."))
        rest += [(depth + 1, part) for part in parts if isinstance(part, dict | list)]


def _storable(value: Any) -> None:
    """:raises ValueError: for text with a NUL or half a character."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a NUL inside text")
        value.encode()
    elif isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _storable(part)


class _Forms(FormDataParser):
    """Werkzeug counts the parts of multipart forms alone; four megabytes of ``&a`` are two million fields."""

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Any:
        if mimetype == "application/x-www-form-urlencoded":
            most = self.max_form_memory_size or LARGEST
            data = stream.read(most + 1)
            if len(data) > most or data.count(b"&") >= (self.max_form_parts or MOST_PARTS):
                raise RequestEntityTooLarge()
            stream = io.BytesIO(data)
        return super().parse(stream, mimetype, content_length, options)


class Request(FlaskRequest):
    """Flask's request, with forms of a known size."""

    form_data_parser_class = _Forms


def flooded(environ: dict[str, Any]) -> bool:
    """Whether the address or the cookies of a request have more parts than anything of ours sends or reads."""
    return environ.get("QUERY_STRING", "").count("&") >= MOST_ARGUMENTS or len(environ.get("HTTP_COOKIE", "")) > LONGEST_COOKIES
