"""Short messages: an approved template for each kind, a price, and a body that says whether it went. One channel, whichever of the two providers the shop has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zhanggui.api import Envelope, ProviderError, Refused, SettingTest, WebhookReply, _, _l

from . import rules, wire
from .account import Values, number, setting

NOBODY = "+8610000000000"  # a number that nobody has: what is sent there costs nothing, and shows that the keys are right


@dataclass(frozen=True)
class Report:
    """What became of a message that was taken as ``ref``: ``delivered`` or ``bounced``, with the provider's own code."""

    ref: str
    state: str
    code: str


@dataclass(frozen=True)
class Provider:
    """``call(phone, template, values, settings) -> Result``; ``reported(row) -> Report | None`` reads one line of what it tells later."""

    name: str  # of its settings
    needs: tuple[str, ...]
    call: Callable[[str, rules.Template, Mapping[str, str], Values], wire.Result]
    reported: Callable[[Mapping[str, Any]], Report | None]
    taken: WebhookReply  # what it wants to hear then

    def send(self, envelope: Envelope) -> wire.Result:
        """One short message, once: what nobody answered may have been sent and charged."""
        template = rules.read_templates(setting(f"{self.name}_templates")).get(envelope.kind)
        if template is None:
            return Refused("template_missing")
        values, missing = rules.filled(template, envelope.values)
        return Refused("bad_value", missing) if missing else self.call(envelope.address, template, values, None)

    def missing(self) -> Any:
        """Why it cannot be used yet."""
        if not all(setting(f"{self.name}_{part}") for part in self.needs):
            return _l("Enter the keys, the signature and the templates under Settings.")
        try:
            return None if rules.read_templates(setting(f"{self.name}_templates")) else _l("Enter the keys, the signature and the templates under Settings.")
        except rules.BadLine as wrong:
            return _l("Line %(number)s of the templates cannot be read.", number=wrong.number)

    def probe(self, values: Mapping[str, Any]) -> Any:
        """Ask whether they know this account, by a number that nobody has: nothing is sent, nothing costs.

        :raises ProviderError: in a sentence.
        """
        if not all(setting(f"{self.name}_{part}", values) for part in self.needs):
            raise ProviderError(_("Enter the keys, the signature and the templates under Settings."), retry=False)
        try:
            templates = rules.read_templates(setting(f"{self.name}_templates", values))
        except rules.BadLine as wrong:
            raise ProviderError(_("Line %(number)s of the templates cannot be read.", number=wrong.number), retry=False) from None
        template = next(iter(templates.values()), rules.Template("0", ()))
        found = self.call(NOBODY, template, {theirs: "0" for theirs, _ours in template.variables}, values)
        if found != Refused("no_address", getattr(found, "code", ""), gone=True):
            wire.told(found)
        return _l("They know the account, and the signature of the request is right. Nothing was sent.")

    @property
    def test(self) -> dict[str, SettingTest]:
        """Its button on the settings screen."""
        return {f"plugin.channels.{self.name}_key": SettingTest(_l("Try the keys (nothing is sent)"), self.probe)}


def report(ref: Any, arrived: bool, code: Any) -> Report | None:
    """One that can be told: short plain texts; None for what names no message."""
    if not isinstance(ref, str) or not 0 < len(ref) <= 120:
        return None
    return Report(ref, "delivered" if arrived else "bounced", "" if arrived or not isinstance(code, str) else code[:80])


def cost(parts: int = 1) -> int:
    """Of so many, in minor units."""
    return number("sms_cost") * max(parts, 1)
