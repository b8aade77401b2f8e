"""One setting: its key, its kind, its limits, and how a text becomes its value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from ..i18n.texts import lazy_gettext as _l

KINDS = ("str", "int", "bool", "list", "secret", "zone", "url", "picture", "color")
_LARGEST, _LONGEST = 10**9, 2000  # of a setting that names no limits itself
_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


@dataclass(frozen=True)
class Setting:
    """A setting by its dotted key (``database.url``, ``plugin.orders.close_after_minutes``).

    ``runtime`` ones may be changed on the settings screen while no file layer locks them. ``label``
    and ``help`` map a locale to a text; English is always there for runtime ones. Of a text ``maximum`` is its length.
    """

    key: str
    kind: str = "str"
    default: Any = ""
    help: Mapping[str, str] = field(default_factory=dict)
    label: Mapping[str, str] = field(default_factory=dict)
    choices: Sequence[str] = ()
    minimum: int | None = None
    maximum: int | None = None
    runtime: bool = False

    @property
    def secret(self) -> bool:
        """Whether its value is never shown again."""
        return self.kind == "secret"

    def text(self, which: str, locale: str) -> str:
        """``label`` or ``help`` in a language, else in English, else the key."""
        texts: Mapping[str, str] = getattr(self, which)
        return texts.get(locale) or texts.get(locale.split("_")[0]) or texts.get("en", "" if which == "help" else self.key)

    def parse(self, text: str) -> Any:
        """The value that a text (from the environment or a form) means.

        :raises ValueError: with what would be right.
        """
        text = text.strip().replace("\r\n", "\n")  # as a form sends several lines
        if self.kind == "int":
            if not text.removeprefix("-").isdigit() or not text.isascii():
                raise ValueError(_l("must be a whole number"))
            return self.check(int(text))
        if self.kind == "bool":
            if text.lower() not in _YES | _NO:
                raise ValueError(_l("must be true or false"))
            return text.lower() in _YES
        if self.kind == "list":
            return self.check(json.loads(text) if text.startswith("[") else [part.strip() for part in text.split(",") if part.strip()])
        return self.check(text)

    def check(self, value: Any) -> Any:
        """The value itself, when it is of the right kind and within its limits.

        :raises ValueError: with what would be right.
        """
        expected: type[Any] = {"int": int, "bool": bool, "list": list}.get(self.kind, str)  # type: ignore[assignment]
        if type(value) is not expected:
            raise ValueError(_l("must be %(wanted)s, not %(found)s", wanted="text" if expected is str else expected.__name__, found=type(value).__name__))
        checked: Any = value
        if self.kind == "list" and not all(isinstance(part, str) for part in checked):
            raise ValueError(_l("must be a list of texts"))
        if self.kind == "int":
            least, most = self.minimum if self.minimum is not None else -_LARGEST, self.maximum if self.maximum is not None else _LARGEST
            if checked < least:
                raise ValueError(_l("must be at least %(least)s", least=least))
            if checked > most:
                raise ValueError(_l("must be at most %(most)s", most=most))
        longest = _LONGEST if self.maximum is None else self.maximum
        if expected is str and (len(checked) > longest or "\0" in checked):
            raise ValueError(_l("must be text of at most %(most)s characters", most=longest))
        if self.choices and checked not in self.choices:
            raise ValueError(_l("must be one of %(choices)s", choices=", ".join(self.choices)))
        if self.kind == "zone":
            try:
                ZoneInfo(checked)
            except (KeyError, ValueError, OSError):
                raise ValueError(_l("must be a time zone such as Asia/Shanghai")) from None
        if self.kind == "color" and checked:
            _check_color(checked)
        if self.kind == "url" and checked and "://" not in checked:
            raise ValueError(_l("must be an address with a scheme"))
        return checked


def _check_color(text: str) -> None:
    """:raises ValueError: for what is no color, and for one in which or on which words could not be read."""
    from ..kernel.colors import is_readable, read_color

    try:
        color = read_color(text)
    except ValueError:
        raise ValueError(_l("must be a color such as #0b6b4a")) from None
    if not is_readable(color):
        raise ValueError(_l("This color is too light: words in it, and white words on it, could not be read. Choose a darker one."))


def plugin_settings(plugin_id: str, table: Mapping[str, Mapping[str, Any]]) -> list[Setting]:
    """The settings of a plugin's manifest (``[settings.<name>]``).

    :raises ValueError: naming the setting that is described wrongly.
    """
    settings = []
    for name, described in table.items():
        if not isinstance(described, Mapping):
            raise ValueError(f"settings.{name} must be a table")
        unknown = set(described) - {"kind", "default", "label", "help", "choices", "minimum", "maximum", "runtime"}
        if unknown or described.get("kind", "str") not in KINDS:
            raise ValueError(f"settings.{name}: {sorted(unknown)[0] if unknown else described.get('kind')!r} is not known")
        texts = {k: {"en": v} if isinstance(v, str) else dict(v) for k, v in described.items() if k in ("label", "help")}
        kind = described.get("kind", "str")
        blank: Any = {"int": 0, "bool": False, "list": []}.get(kind, "")
        setting = Setting(
            f"plugin.{plugin_id}.{name}", kind, described.get("default", blank), texts.get("help", {}), texts.get("label", {}),
            tuple(described.get("choices", ())), described.get("minimum"), described.get("maximum"), described.get("runtime", True),
        )  # fmt: skip
        try:
            setting.check(setting.default)
        except ValueError as error:
            raise ValueError(f"settings.{name}: its default {error}") from None
        settings.append(setting)
    return settings
