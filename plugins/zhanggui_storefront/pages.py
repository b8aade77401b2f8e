"""The web shop: one page for a phone, which talks to the same API as the mini-program."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app

from zhanggui.api import View, expose, get_setting, public

from .identity import demo_login_allowed
from .texts import texts

_FILES = Path(__file__).parent / "static" / "storefront"


@cache
def _address(name: str) -> str:
    """With a digest of the content, because browsers keep what lies under /static/ for good."""
    return f"/static/storefront/{name}?v={hashlib.sha256((_FILES / name).read_bytes()).hexdigest()[:10]}"


class WebShopView(View):
    """The page. Everything on it comes through the API."""

    route_base = "/shop"
    class_permission_name = "storefront.WebShop"
    default_view = "show"

    @expose("/")
    @public("customers are no users of the admin")
    def show(self) -> Any:
        """The page, in the language of the browser."""
        return self.render("storefront/shop.html", page=_page(), script=_address("shop.js"), style=_address("shop.css"))

    @expose("/page.json")
    @public("customers are no users of the admin")
    def words(self) -> Any:
        """What the page knows, for a reader who wants another language than his browser's."""
        return _page()


def _page() -> dict[str, Any]:
    locale = current_app.extensions["babel"].locale_selector()
    return {
        "shop": get_setting("instance.name"), "demo": demo_login_allowed(), "lang": locale.replace("_", "-"),
        "languages": [code.replace("_", "-") for code in get_setting("i18n.locales")], "texts": texts(),
    }  # fmt: skip
