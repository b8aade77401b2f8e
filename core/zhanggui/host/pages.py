"""What is checked of a page of blocks."""

from __future__ import annotations

from typing import Any

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import WiringError
from ..web.blocks import BLOCK_KINDS, Block, Page
from .checks import called, is_name, step
from .kinds import check_form

_MOST_ROWS = 25


def check_page(page: Page) -> None:
    """:raises WiringError: for a route that is none, and for the first block that could not be shown."""
    if not page.route.startswith("/") or page.route.endswith("/"):
        raise _wrong(page, page, _l("the route must be like /orders, not “%(route)s”", route=page.route))
    seen = {"show"}  # the right of the page itself
    for block in page.blocks:
        if block.kind not in BLOCK_KINDS:
            raise _wrong(page, block, _l("there is no kind %(kind)s", kind=repr(block.kind)))
        if not is_name(block.id):
            raise _wrong(page, block, _l("a name is made of letters, digits and underscores"))
        if block.id in seen:
            raise _wrong(page, block, _l("is there twice"))
        seen.add(block.id)
        _check_source(page, block)


def _check_source(page: Page, block: Block) -> None:
    """Each kind lives from something: a list from a screen or from data, a form from itself, the others from data."""
    if block.kind == "form":
        if block.form is None or block.save is None or block.data is not None:
            raise _wrong(page, block, _l("a form needs form and save, and no data"))
        check_form(block.form.fields, block.form.fieldsets, page, block)
    elif block.form is not None or block.save is not None:
        raise _wrong(page, block, _l("only a form has form and save"))
    elif (block.data is None) == (block.screen is None) or (block.screen is not None and block.kind != "list"):
        raise _wrong(page, block, _l("it needs data, or as a list a screen"))
    if not 1 <= block.limit <= _MOST_ROWS:
        raise _wrong(page, block, _l("a list has 1 to %(most)s rows", most=_MOST_ROWS))


def _wrong(page: Page, part: Any, what: Any) -> WiringError:
    where = called(part) if part is page else f"{called(page)}: {called(part)}"
    around = () if part is page else (step(page),)
    return WiringError(_l("%(where)s: %(what)s", where=where, what=what), at=(*around, step(part)))
