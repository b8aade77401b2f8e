"""The web shop's only page; everything in it comes from the API."""

from __future__ import annotations

from zhanggui.api import View, current_runtime, expose, get_setting, public


class ShopView(View):
    """``/shop/``: the shop as a customer sees it, without WeChat."""

    route_base = "/shop"
    class_permission_name = "storefront.Shop"

    @expose("/")
    @public("customers are no users of the admin")
    def index(self) -> str:
        """The page; its script does the rest."""
        return self.render("storefront/shop.html", demo=current_runtime().config["instance.demo"], shop=get_setting("instance.name"))
