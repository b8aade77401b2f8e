"""Text with headings, lists, links and stress: typed as Markdown, shown as the little HTML that it means."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import nh3
from markupsafe import Markup, escape

from .kind import Kind, Posted, Show

_RULES = ("emphasis", "list", "link", "heading", "blockquote", "newline", "escape")
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_SHOWN = 80  # characters in a list


class RichText(Kind):
    """Stored as it was typed, so that it can be changed, exported and translated as text."""

    name = "rich_text"
    sent_as = (str,)
    control = "textarea"
    wide = True
    longest = 20_000
    types = (str,)

    def cell(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """The beginning of it, as plain text: a list has one line for it."""
        return lambda value, _row: escape(_beginning(value))

    def present(self, column: Any, currency: str, extra: Mapping[Any, Any] | None) -> Show:
        """With everything that it means."""
        return lambda value, _row: Markup('<div class="prose">%s</div>') % rich_text(value)

    def schema(self, thing: Any) -> dict[str, Any]:
        """As it was typed."""
        return {"type": "string", "format": "markdown", **self.room(thing)}

    def draw(self, f: Any, shown: Any, value: Any, posted: Posted, typed: bool) -> None:
        """With what one may type, in one line."""
        shown.rich = True


@lru_cache(maxsize=256)
def rich_text(text: str) -> Markup:
    """What was typed as HTML: paragraphs, headings, lists, quotes, stress and links, and nothing else.

    HTML that was typed is shown as text. A heading never stands above those of the page around it.
    """
    return cleaned(_parser().render(text))


def cleaned(html: str) -> Markup:
    """What of it may stand in a page: the tags that a text can mean, links to other places, and no other attribute."""
    kept = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes=_SCHEMES, link_rel="noopener noreferrer nofollow")
    return Markup(kept)  # noqa: S704 - cleaned in the line above


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt  # a tenth of a second that only those pay who read such a text

    parser = MarkdownIt("zero", {"breaks": True}).enable(list(_RULES))
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 4)}"


def _beginning(text: str) -> str:
    words = " ".join(nh3.clean(rich_text(text), tags=set()).split())
    plain = Markup(words).unescape()  # noqa: S704 - goes back to text
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN].rstrip() + "…"


KINDS = (RichText(),)
