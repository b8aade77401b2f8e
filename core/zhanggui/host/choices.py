"""The choices of a cart: which ones there are, and whether one that was sent can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid
from . import current_host

Choices = Mapping[str, Mapping[str, Any]]  # {plugin: {id: value}}


class UnknownChoice(Invalid):
    """Nobody offers this choice: its plugin is off, or it is misspelt. A coupon that is not looked at must not cost in silence."""

    code = "unknown_choice"
    status = 400


class _Choices(Schema):
    class Meta:
        unknown = RAISE


def choice_schemas(per: str) -> dict[str, type[Schema]]:
    """What may be sent under ``choices`` of a cart (``"order"``) or of a line (``"line"``): a schema for each plugin that offers some."""
    found = {}
    for plugin, part in current_host().parts.items():
        mine = {choice.id: choice.schema for choice in part.choices if choice.per == per}
        if mine:
            found[plugin] = type(f"{plugin.title().replace('_', '')}{per.title()}Choices", (_Choices,), dict(mine))
    return found


def read_choices(per: str, given: Any, where: str = "choices") -> Choices:
    """The choices that were sent, checked: ``{plugin: {id: value}}``. Empty where nothing was.

    :param where: how the place is called in complaints, such as ``lines.2.choices``.
    :raises UnknownChoice: for one that no enabled plugin offers.
    :raises Invalid: naming one whose value it cannot be.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Invalid(errors={where: _l("A JSON object is needed.")})
    known = choice_schemas(per)
    made: dict[str, Mapping[str, Any]] = {}
    for plugin, values in given.items():
        here = f"{where}.{plugin}"
        if plugin not in known:
            raise UnknownChoice(errors={here: _l("This choice is not offered.")})
        if not isinstance(values, Mapping):
            raise Invalid(errors={here: _l("A JSON object is needed.")})
        schema = known[plugin]()
        strange = next((name for name in values if name not in schema.fields), None)
        if strange is not None:
            raise UnknownChoice(errors={f"{here}.{strange}": _l("This choice is not offered.")})
        try:
            made[plugin] = schema.load(values)
        except ValidationError as error:
            raise Invalid(errors=dict(complaints(error.messages, here))) from None
    return made


def complaints(messages: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """What a schema complains of, a place and a sentence each: ``("lines.0.quantity", ...)``."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            # marshmallow's own name for "the object as a whole"
            yield from complaints(inner, where if key == "_schema" else f"{where}.{key}" if where else str(key))
    elif isinstance(messages, list):
        yield where, messages[0]
    else:
        yield where, messages
