"""What happened to the messages that customers allow."""

from __future__ import annotations

from dataclasses import dataclass

from zhanggui.api import Code, Event, _l


@dataclass(frozen=True)
class GrantChanged(Event, name="wechat.grant.changed", version=1, key="customer_id", words=_l("Customer allowed WeChat messages, or took it back")):
    """A customer answered a prompt, or WeChat said that nothing is left. A message that was sent takes one too, which is told by the message.

    ``state`` is what he answered last (accept, reject, ban, filter), ``balance`` how many messages of the template he still gets.
    """

    customer_id: int
    template: Code
    state: Code
    balance: int
