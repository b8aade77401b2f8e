"""The plugin host: which plugins run now, and how code asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..runtime import Runtime, current_runtime
from .declare import PublicEvent
from .host import Host
from .measuring import Dashboard, Dimension, Fact, Metric
from .messaging import MessageKind

_current: ContextVar[Host | None] = ContextVar("zhanggui_host", default=None)
_KEY = "host"


def current_host() -> Host:
    """The generation that this request or job runs on; in a command, the process's.

    :raises RuntimeError: before any was built.
    """
    host = _current.get()
    if host is None:
        host = current_runtime().shared.get(_KEY)
    if host is None:
        raise RuntimeError("no plugin host is built in this process; call zhanggui.host.refresh() first")
    return host


def public_events() -> dict[str, PublicEvent]:
    """What programs outside may be told of now, by the event's name: ``{"orders.order.paid@1": PublicEvent(...)}``."""
    return {public.event: public for public in current_host().every("public_events")}


def message_kinds() -> dict[str, MessageKind]:
    """What can be told now, by the id of the kind: ``{"orders.shipped": MessageKind(...)}``."""
    return {kind.id: kind for kind in current_host().every("message_kinds")}


def facts() -> dict[str, Fact]:
    """Rows that figures are made of now, by id."""
    return {fact.id: fact for fact in current_host().every("facts")}


def metrics() -> dict[str, Metric]:
    """Figures that are offered now, by id, in their order."""
    return {metric.id: metric for metric in sorted(current_host().every("metrics"), key=lambda metric: metric.order)}


def dimensions() -> dict[str, Dimension]:
    """Ways to take figures apart, by id."""
    return {dimension.id: dimension for dimension in current_host().every("dimensions")}


def dashboards() -> list[Dashboard]:
    """Pages of figures, in their order."""
    return sorted(current_host().every("dashboards"), key=lambda board: board.order)


def use_host(host: Host) -> None:
    """Make ``host`` the generation that new requests and jobs of this instance start on."""
    current_runtime().shared[_KEY] = host


@contextmanager
def hosted(host: Host) -> Iterator[Host]:
    """Run the block on one generation, whatever is swapped meanwhile."""
    token = _current.set(host)
    try:
        yield host
    finally:
        _current.reset(token)


def refresh(runtime: Runtime | None = None) -> Host:
    """Build the host anew when the database says that plugins changed; else the present one."""
    from .service import refresh as do

    return do(runtime or current_runtime())


class _Hooks:
    """``hooks.call("orders_price_steps")``: ask the enabled plugins, one after another."""

    def call(self, hook: str, **arguments: Any) -> list[tuple[str, Any]]:
        """See :meth:`Host.call`."""
        return current_host().call(hook, **arguments)

    def contained(self, plugin: str, hook: str, function: Callable[..., Any], /, *args: Any, default: Any = None, **kwargs: Any) -> Any:
        """See :meth:`Host.contained`."""
        return current_host().contained(plugin, hook, function, *args, default=default, **kwargs)

    def tell(self, plugin: str, kind: str, name: str, sentence: str) -> None:
        """See :meth:`Host.tell`."""
        current_host().tell(plugin, kind, name, sentence)


hooks = _Hooks()
