"""A page out of blocks: descriptions, like a screen, of what stands on it and who may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..kernel.reader import Reader
from .describe import Form, Text

BLOCK_KINDS = ("number", "chart", "list", "text", "form", "timeline", "links", "choose", "deeds")


@dataclass(frozen=True)
class Block:
    """A part of a page. ``data(db, reader)`` feeds it; if it fails, the block says so and the others stand.

    number: ``{"value", "kind" (money|int|decimal|percent), "currency"?, "was"?, "before"?, "fewer"?, "words"?, "href"?}``: ``was`` is what it was yesterday, or with
    ``before`` in the time before; with ``fewer`` less of it is better; ``words`` stand in its place where it is not known. chart: a ``Chart``. text: Markdown. timeline:
    ``[(what, who, when)]``, newest first, ``when`` a moment. list: rows of ``screen`` that its ``filters`` find (as they stand in an
    address), at most ``limit``, under its rules; or ``{"rows": [{"title", "sub", "end", "href"}], "href"?}`` of ``data``.
    links: ``[(words, address, chosen)]``, what the page may be narrowed to; above the numbers. choose: the same with many choices:
    ``{"action", "selects": [(name, label, [(value, words)], chosen, below)], "hidden"?, "dates"?}``, which ask for the page anew; ``below`` is said under
    it, ``hidden`` goes with it, ``dates`` (``[(name, label, value)]``) are days that people name themselves. deeds: ``[(words, address, icon, asks)]``,
    buttons that post, or with ``asks`` open a form.
    form: a button that opens ``form``; what is typed goes to ``save(db, *, actor, now, **values)``, for who holds ``can_<id>`` on the page's resource.
    """

    id: str
    kind: str  # one of BLOCK_KINDS
    title: Text = ""
    data: Callable[[Any, Reader], Any] | None = None
    permission: tuple[str, str] | None = None  # beside that of the page
    screen: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    limit: int = 5
    form: Form | None = None
    save: Callable[..., Any] | None = None
    done: Text = ""  # what is said once the form is saved
    icon: str = "pencil"  # of the button of a form
    href: str = ""  # of a chart: where all of it stands
    order: int = 100


@dataclass(frozen=True)
class Page:
    """A page of a plugin at ``route``, for who holds ``can_show`` on ``resource`` (``pandapay.Report``).

    Links stand first, then numbers, as tiles; then the other blocks in order.
    """

    resource: str
    route: str
    title: Text
    blocks: Sequence[Block]

    @property
    def plugin(self) -> str:
        """The short name of the plugin that owns it."""
        return self.resource.split(".", 1)[0]
