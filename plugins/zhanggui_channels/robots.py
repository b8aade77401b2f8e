"""What the robots of the three messengers have in common: a plain text into one group, and a code in the body of every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zhanggui.api import Channel, Envelope, Later, ProviderError, Refused, Sent, SettingTest, _, _l, outside

from . import addresses, rules, wire
from .account import Values, setting

Code = int | str | None


@dataclass(frozen=True)
class Robot:
    """One messenger. ``request(address, text, values) -> (address, body)`` makes the call, ``code(said)`` reads the answer; 0 is success."""

    id: str
    label: Any
    icon: str
    request: Callable[[str, str, Values], tuple[str, Mapping[str, Any]]]
    code: Callable[[Mapping[str, Any]], Code]
    busy: tuple[int, ...]  # codes by which it asks to wait
    wait: int  # seconds
    per_minute: int
    most: int  # bytes of a text

    @property
    def _address(self) -> str:
        return f"{self.id}_address"

    def send(self, envelope: Envelope) -> wire.Result:
        """Say it in the group."""
        return self._say(self._text(envelope.subject, envelope.body, envelope.href))

    def _text(self, subject: str, body: str, href: str) -> str:
        tail = f"\n{href}" if href else ""
        head = f"{subject}\n{body}" if subject and body else subject or body
        return rules.cut_to_bytes(head, self.most - len(tail.encode())) + tail

    def _say(self, text: str, values: Values = None) -> wire.Result:
        url, body = self.request(setting(self._address, values), text, values)
        said = wire.ask("POST", url, json=body)
        if not isinstance(said, dict):
            return said
        code = self.code(said)
        if type(code) is int and code == 0:
            return Sent()
        told = str(code) if code is not None else ""
        return Later(self.wait, "too_many", told) if code in self.busy else Refused("provider_refused", told)

    def missing(self) -> Any:
        """Why it cannot be used yet."""
        return None if setting(self._address) else _l("Enter the address of the robot under Settings.")

    def probe(self, values: Mapping[str, Any]) -> Any:
        """Say something in the group with settings that are only tried.

        :raises ProviderError: in a sentence.
        """
        address = setting(self._address, values)
        if not address:
            raise ProviderError(_("Enter the address of the robot under Settings."), retry=False)
        outside.check(address)
        wire.told(self._say(_("This is a test from your shop. Messages arrive in this group."), values))
        return _l("The test is in the group.")

    @property
    def channel(self) -> Channel:
        """As the carrier of messages knows it."""
        return Channel(
            self.id, self.label, self.icon, ("group",), self.send, self.missing, addresses.group_of, per_minute=self.per_minute, longest=self.most // 3,
        )  # fmt: skip

    @property
    def test(self) -> dict[str, SettingTest]:
        """Its button on the settings screen."""
        return {f"plugin.channels.{self._address}": SettingTest(_l("Send a test into the group"), self.probe)}
