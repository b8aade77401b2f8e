"""Kinds of fields of what clients send: each says in words what it needs, and to OpenAPI what it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validate

from zhanggui.api import _l

_CODE = re.compile(r"[A-Z]{3}\Z")
_DIGITS = re.compile(r"[0-9]{1,4}\Z")
MOST = 100
NEEDED = {"required": _l("This is needed."), "null": _l("This is needed.")}


class Length(validate.Length):
    """With a sentence that is translated when it is said, not when this module is read."""

    def _format_error(self, value: Any, message: str) -> str:
        return str(self.error or message).format(input=value, min=self.min, max=self.max, equal=self.equal)


class _OneOf(validate.OneOf):
    """The same for a choice."""

    def _format_error(self, value: Any) -> str:
        return str(self.error).format(input=value, choices=self.choices_text)


def one_of(choices: Sequence[str]) -> validate.OneOf:
    """One of a few words."""
    return _OneOf(choices, error=_l("This is none of: {choices}."))  # type: ignore[arg-type]


def _length(most: int, least: int = 0) -> validate.Length:
    return Length(least, most, error=_l("This has {min} to {max} characters."))  # type: ignore[arg-type]


class Text(fields.String):
    """Text that every database takes, without spaces around it."""

    default_error_messages = {**NEEDED, "invalid": _l("A text is needed."), "characters": _l("This holds signs that are none.")}

    def __init__(self, most: int, least: int = 0, **kwargs: Any) -> None:
        filled = {"pattern": r"\S"} if least else {}
        super().__init__(validate=_length(most, least), **{**kwargs, "metadata": {**filled, **kwargs.get("metadata", {})}})
        self.most, self.least = most, least

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.make_error("characters") from None
        if "\0" in value:
            raise self.make_error("characters")
        if len(value) > self.most:  # as it was sent: that is what OpenAPI says of it
            raise ValidationError(str(_l("This has {min} to {max} characters.")).format(min=self.least, max=self.most))
        if self.least and not value.strip():
            raise self.make_error("required")
        return value.strip()


class Quantity(fields.Integer):
    """How many. The rule is that of orders, which names the line; here it only must be there."""

    default_error_messages = NEEDED

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return value


class Amount(fields.Integer):
    """Minor units, as a whole number alone."""

    default_error_messages = {**NEEDED, "invalid": _l("A whole number of minor units is needed.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or abs(value) > 10**15:
            raise self.make_error("invalid")
        return value


class Currency(fields.String):
    """An ISO 4217 code."""

    default_error_messages = {**NEEDED, "invalid": _l("A currency is three letters, such as CNY.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _CODE.match(value):
            raise self.make_error("invalid")
        return value


class Flag(fields.Boolean):
    """True or false, and no word for it."""

    default_error_messages = {**NEEDED, "invalid": _l("Only true or false will do.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Limit(fields.Integer):
    """How many entries a page has."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not _DIGITS.match(value) or not 1 <= int(value) <= MOST:
            raise ValidationError(_l("A whole number from 1 to 100 is needed."))
        return int(value)


class Several(fields.List[Any]):
    """A list."""

    default_error_messages = {**NEEDED, "invalid": _l("A list is needed.")}


class ChoicesField(fields.Raw):
    """What was chosen, by plugin. Which choices there are depends on what is enabled: ``read_choices`` knows."""

    def __init__(self, per: str) -> None:
        super().__init__(load_default=None, allow_none=True, metadata={"choices": per})


class ExtraField(fields.Dict):
    """What other plugins add, by plugin; see ``extensions.py``."""

    def __init__(self, of: str) -> None:
        super().__init__(required=True, metadata={"extra": of, "description": "What other plugins say of it."})
