"""The web shop: one page for a phone, which talks to the same API as the mini-program."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, current_app

from zhanggui.api import View, brand_address, expose, get_setting, public, regions, url_for_file

from .identity import demo_login_allowed
from .texts import texts

_TAKES_MONEY, _CARRIES_MESSAGES, _EXPLAINS = "/shop/api/v1/payment-methods", "/shop/api/v1/messages", "/shop/api/v1/articles"
_A_DAY = 24 * 60 * 60
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
        return self.render("storefront/shop.html", page=_page(), script=_address("shop.js"), style=_address("shop.css"),
                           color=get_setting("instance.color"), brand=brand_address())  # fmt: skip

    @expose("/page.json")
    @public("customers are no users of the admin")
    def words(self) -> Any:
        """What the page knows, for a reader who wants another language than his browser's."""
        return _page()

    @expose("/regions.json")
    @public("customers are no users of the admin")
    def regions(self) -> Response:
        """Where one may live: China in up to three steps, and ``[code, name]`` of the countries abroad."""
        response = current_app.json.response({"china": regions.tree(), "abroad": regions.countries()})
        response.cache_control.public, response.cache_control.max_age = True, _A_DAY
        response.vary.add("Accept-Language")
        return response


def _about_shop() -> dict[str, str]:
    """What the shop says of itself: the address of its logo, how to reach it, where it is; each may be empty."""
    logo = get_setting("instance.logo")
    return {"logo": url_for_file(logo) if logo else "", "contact": get_setting("instance.contact"), "address": get_setting("instance.address")}


def _page() -> dict[str, Any]:
    locale = current_app.extensions["babel"].locale_selector()
    offered = {rule.rule for rule in current_app.url_map.iter_rules()}
    return {
        "shop": get_setting("instance.name"), **_about_shop(), "demo": demo_login_allowed(), "lang": locale.replace("_", "-"),
        # Without a plugin that takes money the shop says how it gets its money.
        "pay": _address("pay.js") if _TAKES_MONEY in offered else "", "messages": _CARRIES_MESSAGES in offered,
        "help": _address("help.js") if _EXPLAINS in offered else "", "place": _address("place.js"), "told": _address("told.js"),
        "languages": [code.replace("_", "-") for code in get_setting("i18n.locales")], "texts": texts(),
    }  # fmt: skip
