"""Reading what a client sent: strict JSON, checked by a schema, every complaint with a name."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from zhanggui.api import BadRequest, Invalid, _l, complaints, read_json

LARGEST = 64 * 1024


class BadArgument(Invalid):
    """An argument of the query that means nothing."""

    code = "bad_request"
    status = 400


def unpacked(raw: bytes, encoding: str) -> bytes:
    """A body as it was before it was made small: ``gzip`` or nothing. It is never more than a body may be, however small it came.

    :raises UnsupportedMediaType: for another way.
    :raises BadRequest: when it is no gzip, or not all of it.
    """
    if encoding.strip().lower() in ("", "identity"):
        return raw
    if encoding.strip().lower() != "gzip":
        raise UnsupportedMediaType()
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(raw, LARGEST + 1)
    except zlib.error:
        raise BadRequest(_l("The body says that it is gzip, and is not.")) from None
    if len(content) > LARGEST:
        raise RequestEntityTooLarge()
    if not reader.eof:
        raise BadRequest(_l("The body says that it is gzip, and is not."))
    return content


def read_body(raw: bytes, mimetype: str, schema: type[Schema] | None) -> Mapping[str, Any]:
    """The body that an operation asks for. Fields that it does not know are left out.

    :raises BadRequest: when it is no JSON object.
    :raises Invalid: naming the field, ``lines.0.quantity``.
    """
    if schema is None:
        return {}
    given = read_json(raw, mimetype)
    try:
        return schema().load(given)
    except ValidationError as error:
        raise Invalid(errors=dict(complaints(error.messages))) from None


def read_query(args: MultiDict[str, str], schema: type[Schema] | None) -> Mapping[str, Any]:
    """The arguments of a query.

    :raises BadArgument: naming one that is unknown, given twice or out of its limits.
    """
    given: dict[str, Any] = {}
    for name, values in args.lists():
        if len(values) > 1:
            raise _bad(name, _l("This was given twice."))
        given[name] = values[0]
    if schema is None:
        if given:
            raise _bad(next(iter(given)), _l("This is not known here."))
        return {}
    try:
        return schema().load(given)
    except ValidationError as error:
        name, sentence = next(complaints(error.messages))
        raise _bad(name, sentence) from None


def _bad(name: str, sentence: Any) -> BadArgument:
    # What the client called an argument is quoted shortly: the answer is no echo.
    return BadArgument(_l("%(name)s: %(sentence)s", name=name[:40], sentence=sentence), errors={name[:40]: sentence})
