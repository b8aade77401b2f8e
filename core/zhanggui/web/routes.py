"""What every route owes, looked at when it is loaded: who may use it, and one kind of method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map
from werkzeug.routing import Rule as WerkzeugRule

from ..auth.permissions import undeclared_routes
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..kernel.methods import CHANGING


class Key(IntegerConverter):
    """The key of a row, of at most so many digits.

    Its pattern says so, and no check after it: there a number that is too long would leave only the
    routes of other methods, and be 405 where it is 404.
    """

    def __init__(self, map: Map, digits: int) -> None:
        super().__init__(map)
        self.regex = rf"\d{{1,{digits}}}"


class Rule(WerkzeugRule):
    """A route whose address builders are compiled when its first address is asked for: most never are, and each takes a third of a millisecond."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder
        compiled: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not compiled:
                compiled.append(compile_now(append_unknown))
            return compiled[0](rule, **values)

        return build


_READS = frozenset({"GET"})
_GIVEN = frozenset({"HEAD", "OPTIONS"})  # HEAD is answered as its GET, OPTIONS by the app: nobody handles them


def faulty_routes(app: Flask) -> list[WiringError]:
    """Routes that cannot be served, each as an error that was not raised."""
    undeclared = [_wrong(app, rule, _l("declares no permission")) for rule in undeclared_routes(app)]
    return [*undeclared, *_unclear_methods(app)]


def _wrong(app: Flask, rule: WerkzeugRule, what: Any) -> WiringError:
    return WiringError(_l("the route %(route)s %(what)s", route=called(rule), what=what), at=inspect.unwrap(app.view_functions[rule.endpoint]))


def called(rule: WerkzeugRule) -> str:
    """A route as ``METHOD /path (endpoint)``."""
    return f"{','.join(sorted((rule.methods or set()) - _GIVEN)) or 'ANY'} {rule.rule} ({rule.endpoint})"


def _unclear_methods(app: Flask) -> Iterator[WiringError]:
    """A handler that reads and changes would have to ask which method called it, and HEAD would slip through.

    Looked at by function, so that it does not matter how many routes lead to it.
    """
    seen: dict[Any, frozenset[str]] = {}
    for rule in app.url_map.iter_rules():
        methods = frozenset(rule.methods or ()) - _GIVEN
        if not methods:
            yield _wrong(app, rule, _l("has to name its methods: GET, or some of %(methods)s", methods=", ".join(sorted(CHANGING))))
        elif not getattr(rule, "provide_automatic_options", False):
            yield _wrong(app, rule, _l("answers OPTIONS itself, which the core does"))
        elif methods - _READS - CHANGING:
            yield _wrong(app, rule, _l("names a method that nothing here guards"))
        else:
            function = _function(app.view_functions[rule.endpoint])
            seen[function] = seen.get(function, frozenset()) | methods
            if seen[function] & _READS and seen[function] & CHANGING:
                own = ", ".join(sorted(CHANGING & seen[function]))
                yield _wrong(app, rule, _l("reads and changes in one handler: give %(methods)s one of its own", methods=own))


def _function(view: Callable[..., Any]) -> Any:
    """What a route really runs, below its guards; of a method its object too, because several views may share one."""
    plain = inspect.unwrap(view)
    return (id(getattr(view, "__self__", None)), getattr(plain, "__func__", plain))
