"""An article as HTML: Markdown without raw HTML, cleaned, with the labels of today where it names something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import nh3
from markupsafe import Markup

from ..i18n.texts import gettext as _
from ..kernel.actors import Actor
from .names import Named, named

DIRECTIVE = re.compile(r"\{(screen|button|field|setting|permission|tour|article) ([A-Za-z0-9_./ -]{1,120})\}")
_ANCHOR = re.compile(r"\s*\{#([a-z0-9-]+)\}\s*$")
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "hr"}
_PLACE = re.compile("\ue000(\\d+)\ue001")
_HEADINGS = {"h2", "h3", "h4"}

Resolve = Callable[[str, str, Actor], Named | None]


@dataclass(frozen=True)
class Rendered:
    """An article's text, ready to print."""

    html: Markup
    missing: tuple[tuple[str, str], ...] = ()  # what it names and is not there now


def directives(text: str) -> Iterator[tuple[str, str]]:
    """What a text names: ``("screen", "orders.Order")``."""
    for found in DIRECTIVE.finditer(text):
        yield found.group(1), found.group(2)


def render(text: str, actor: Actor, more: Resolve | None = named) -> Rendered:
    """The text for this reader. What was typed as HTML, and every address that is none of the web, stays text.

    :param more: what finds the things that are named in braces; None: braces are braces, as in a text that a shop wrote.
    """
    found: list[Markup] = []
    missing: list[tuple[str, str]] = []

    def put(match: re.Match[str]) -> str:
        thing = None if more is None else more(match.group(1), match.group(2), actor)
        if thing is None:
            missing.append((match.group(1), match.group(2)))
        found.append(_printed(match.group(1), thing))
        return f"\ue000{len(found) - 1}\ue001"

    typed = text.replace("\ue000", "").replace("\ue001", "")
    clean = _cleaned(typed if more is None else DIRECTIVE.sub(put, typed))
    html = _PLACE.sub(lambda match: str(found[int(match.group(1))]), clean)
    return Rendered(Markup(html), tuple(missing))  # noqa: S704 - cleaned above, and what is put in is markup of our own


def plain(text: str, actor: Actor, more: Resolve | None = named) -> str:
    """The words of a text alone, with the labels in it: what is searched, and what a list says of it."""
    html = nh3.clean(render(text, actor, more).html, tags=set())
    return " ".join(Markup(html).unescape().split())  # noqa: S704 - goes back to text


def _printed(kind: str, thing: Named | None) -> Markup:
    if thing is None:
        return Markup('<span class="muted">%s</span>') % _("(switched off here)")
    label = Markup("<b>%s</b>") % thing.label
    if thing.href and thing.may:
        label = Markup('<a href="%s">%s</a>') % (thing.href, label)
    if kind == "setting" and thing.value:
        label = Markup("%s %s") % (label, _("(now: %(value)s)", value=thing.value))
    if not thing.may:
        label = Markup('%s <span class="muted">%s</span>') % (label, _("(ask the owner for the right to it)"))
    return label


@lru_cache(maxsize=512)
def _cleaned(text: str) -> str:
    kept: str = nh3.clean(
        _parser().render(text), tags=_TAGS, attributes={"a": {"href"}, **{tag: {"id"} for tag in _HEADINGS}},
        url_schemes={"http", "https", "mailto", "tel"}, link_rel="noopener noreferrer nofollow",
    )  # fmt: skip
    return kept


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt  # a tenth of a second that only those pay who read such a text

    rules = ["emphasis", "list", "link", "heading", "blockquote", "newline", "escape", "backticks", "fence", "table", "hr"]
    parser = MarkdownIt("zero", {"breaks": False, "html": False}).enable(rules)
    parser.core.ruler.push("anchors", _anchors)
    return parser


def _anchors(state: Any) -> None:
    """A heading has the id that stands behind it, and never stands above those of the page around it."""
    for place, token in enumerate(state.tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        token.tag = f"h{min(max(int(token.tag[1]), 2), 4)}"
        inline = state.tokens[place + 1] if token.type == "heading_open" else None
        anchor = _ANCHOR.search(inline.content) if inline is not None else None
        if inline is not None and anchor is not None and inline.children:
            token.attrSet("id", anchor.group(1))
            inline.children[-1].content = _ANCHOR.sub("", inline.children[-1].content)
