"""Kinds of values for filters of the log: a kind of message, a channel, chosen from those that there are now."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Kind, message_kinds

from . import queries


class MessageKindKind(Kind):
    """A kind of message, by its id."""

    name = "notifications_kind"
    column = field = False
    equals = True
    control = "select"

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Those that there are now."""
        shown.choices = [(choice.value, str(choice.label)) for choice in queries.kind_choices()]
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """What it is called."""
        kind = message_kinds().get(value)
        return str(kind.label) if kind else str(value)


class ChannelKind(Kind):
    """A channel, by its id."""

    name = "notifications_channel"
    column = field = False
    equals = True
    control = "select"

    def draw_filter(self, f: Any, shown: Any, value: Any, db: Any) -> bool:
        """Those that there are now."""
        shown.choices = [(choice.value, str(choice.label)) for choice in queries.channel_choices()]
        return True

    def words(self, f: Any, value: Any, db: Any) -> str:
        """What it is called."""
        return queries.channel_words(value)


KINDS = (MessageKindKind(), ChannelKind())
