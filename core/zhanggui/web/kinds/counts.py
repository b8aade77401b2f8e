"""How many of each of some things: a number with a minus and a plus beside it for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...i18n.texts import gettext as _
from ...i18n.texts import lazy_gettext as _l
from ...kernel.errors import Invalid
from ..page import StepRow
from .kind import FormContext, Kind, Posted, wrong_kind
from .numbers import whole

_MOST = 200  # things in one field
_LARGEST = 10**9


class Quantities(Kind):
    """How many of each: ``{key: number}`` of those above zero, keys are texts of digits.

    ``get`` answers with the things to choose from, as mappings: ``key``, ``label``, ``sub``, ``picture`` (an address or None), ``most``, and ``number``, at
    which it begins.
    """

    name = "quantities"
    in_row = False
    column = False
    control = "steps"
    wide = True
    several = True
    framed = True

    def read(self, f: Any, name: str, posted: Posted) -> Any:
        """Those above zero; None when there is none."""
        asked = {key.removeprefix(f"{name}-"): posted.form[key].strip() for key in posted.form if key.startswith(f"{name}-")}
        posted.typed[name] = asked
        if len(asked) > _MOST:
            raise ValueError(_("At most %(number)s lines.", number=_MOST))
        found = {}
        for key, text in asked.items():
            if not (key.isascii() and key.isdigit() and len(key) < 19):
                raise ValueError(_("Choose from the list."))
            number = whole(text) if text else 0
            if not 0 <= number <= _LARGEST:
                raise ValueError(_("A whole number is needed."))
            if number:
                found[int(key)] = number
        return found or None

    def typed(self, f: Any, value: Any, context: FormContext) -> Any:
        """What there is to choose from stands in the frame; numbers are typed."""
        return value

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """A row for each thing, with what was typed."""
        things, numbers = value if typed else (value or (), {})
        shown.value = ""
        shown.steps = [
            StepRow(
                str(one["key"]), str(one["label"]), str(one.get("sub") or ""), one.get("picture"), one.get("most"),
                str(numbers.get(str(one["key"]), one.get("number") or 0)),
            )
            for one in things or ()
        ]  # fmt: skip

    def put(self, form: Any, f: Any, name: str, value: Any, context: FormContext) -> None:
        """An object: how many by key."""
        if value is None:
            return
        if not isinstance(value, dict) or any(type(number) is not int for number in value.values()):
            raise wrong_kind(name)
        if len(value) > _MOST:
            raise Invalid(errors={name: _l("At most %(number)s lines.", number=_MOST)})
        for key, number in value.items():
            form[f"{name}-{key}"] = str(number)

    def schema(self, thing: Any) -> dict[str, Any]:
        """Whole numbers by key."""
        counts: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
        return {"type": "object", "maxProperties": _MOST, "propertyNames": {"pattern": "^[0-9]{1,18}$"}, "additionalProperties": counts}


KINDS = (Quantities(),)
