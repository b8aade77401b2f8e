"""A text that a tap copies: a number to look for elsewhere, a phone, an address."""

from __future__ import annotations

from flask import current_app
from markupsafe import Markup

from ..i18n.texts import gettext as _

_BUTTON = Markup('<button class="btn btn-quiet btn-icon needs-js copy" type="button" data-copy="%s" aria-label="%s">%s</button>')


def copy_button(text: str) -> Markup:
    """The button beside such a text; it needs a script, so without one it is not there."""
    return _BUTTON % (text, _("Copy %(what)s", what=text), current_app.jinja_env.globals["icon"]("copy"))  # type: ignore[operator] # a global of the frame: jinja knows no types
