"""The web shop: one page for a phone, which talks to the same API as the mini-program."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app, request
from flask_babel import force_locale

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
        """The page, in the language of ``?lang=`` or of the browser."""
        wanted = request.args.get("lang", "").replace("-", "_")
        known = get_setting("i18n.locales")
        locale = wanted if wanted in known else current_app.extensions["babel"].locale_selector()
        with force_locale(locale):
            page = {
                "shop": get_setting("instance.name"), "demo": demo_login_allowed(), "lang": locale.replace("_", "-"),
                "languages": [code.replace("_", "-") for code in known], "texts": texts(),
            }  # fmt: skip
            return self.render("storefront/shop.html", page=page, script=_address("shop.js"), style=_address("shop.css"))
