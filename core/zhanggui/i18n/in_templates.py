"""Texts in templates: those of a plugin's templates are looked up in its own domain, whoever includes or extends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from .texts import texts_of

FUNCTIONS = ("_", "gettext", "ngettext", "pgettext")


def _name(function: str, domain: str) -> str:
    return f"{function}_of_{domain}"


class Domains(Extension):
    """Binds ``_("...")`` of ``templates/<plugin>/...`` to that plugin when the template is compiled.

    Not when it is drawn: what is included or extended shares the names of the page around it.
    """

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        domain = (stream.name or "").partition("/")[0]
        return self._bound(stream, domain) if _name("_", domain) in self.environment.globals else stream

    @staticmethod
    def _bound(stream: TokenStream, domain: str) -> Iterator[Token]:
        before = None
        for token in stream:
            called = token.type == "name" and token.value in FUNCTIONS and stream.current.test("lparen") and before != "dot"
            before = token.type
            yield Token(token.lineno, token.type, _name(token.value, domain)) if called else token


def install(environment: Environment, plugins: Iterable[str]) -> None:
    """Give the templates of these plugins their texts."""
    environment.add_extension(Domains)
    for plugin in plugins:
        texts = texts_of(plugin)
        environment.globals.update({_name(function, plugin): getattr(texts, function) for function in FUNCTIONS})
