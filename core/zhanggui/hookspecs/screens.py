"""Hooks for what people see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import hookspec

if TYPE_CHECKING:
    from ..host.declare import FirstStep, Permission, RolePreset, SettingTest
    from ..web.blocks import Page
    from ..web.describe import HelpTarget, MenuItem, Screen, SearchProvider, Slot, Widget
    from ..web.kinds import Kind


@hookspec
def register_screens() -> Sequence[Screen]:
    """Lists, forms and details, with their REST resource.

    Example: ``return [screens.ORDERS]``
    """
    return ()


@hookspec
def register_pages() -> Sequence[Page]:
    """Pages out of blocks: numbers, charts, lists, texts, forms, timelines.

    Example: ``return [Page("pandapay.Report", "/pandapay", _l("Panda Pay"), [Block("by_day", "chart", _l("By day"), queries.by_day)])]``
    """
    return ()


@hookspec
def register_kinds() -> Sequence[Kind]:
    """Kinds of values of your own, for columns, fields and filters, here and in plugins that require this one.

    Example: ``return [Stars()]``, with ``class Stars(Kind): name = "stars"``
    """
    return ()


@hookspec
def register_views() -> Sequence[type[Any]]:
    """Pages of your own: subclasses of ``zhanggui.api.View`` with ``@expose`` and ``@has_access``.

    A form and what it posts are two methods, one for GET and one for POST: a method that takes both is refused.

    Example: ``return [views.PackingView]``
    """
    return ()


@hookspec
def register_apis() -> Sequence[type[Any]]:
    """REST endpoints of your own: subclasses of ``zhanggui.api.Api``.

    Example: ``return [rest.CatalogueApi]``
    """
    return ()


@hookspec
def register_slots() -> Sequence[Slot]:
    """Columns, filters, actions, sections and fields on the screens of other plugins.

    Example: ``return [Slot("orders.Order", Column("points", _l("Points"), "int", load=queries.points_of))]``
    """
    return ()


@hookspec
def register_menu() -> Sequence[MenuItem]:
    """Entries of the menu and proposals for the bottom bar.

    Example: ``return [MenuItem("orders", _l("Orders"), "receipt", screen="orders.Order", tab=20)]``
    """
    return ()


@hookspec
def register_widgets() -> Sequence[Widget]:
    """Parts of the home page.

    Example: ``return [Widget("to_ship", _l("Orders to ship"), "todo", queries.to_ship, ("can_list", "orders.Order"))]``
    """
    return ()


@hookspec
def register_first_steps() -> Sequence[FirstStep]:
    """Lines of the list that a new shop finds on its home page, each ticked by a fact.

    Example: ``return [FirstStep("first_product", _l("Add the first product"), _l("Without one there is nothing to sell."), queries.has_products, ("can_add", "products.Product"), href="/products/add")]``
    """
    return ()


@hookspec
def register_help_targets() -> Sequence[HelpTarget]:
    """Where screens and their parts are explained: each gets a question mark in its head.

    Example: ``return [HelpTarget("screen:orders.Order.list", "/help/orders", _l("How orders are shipped"))]``
    """
    return ()


@hookspec
def register_search() -> Sequence[SearchProvider]:
    """What the search over everything finds.

    Example: ``return [SearchProvider("orders", _l("Orders"), ("can_list", "orders.Order"), queries.search)]``
    """
    return ()


@hookspec
def register_permissions() -> Sequence[Permission]:
    """Rights beyond those that screens and views declare.

    Example: ``return [Permission("can_discount", "orders.Order", _l("Change the price of an order"))]``
    """
    return ()


@hookspec
def register_role_presets() -> Sequence[RolePreset]:
    """What the roles of a fresh instance may do here.

    Example: ``return [RolePreset("clerk", _l("Clerk"), {"orders.Order": ("list", "show", "ship")})]``
    """
    return ()


@hookspec
def register_setting_tests() -> Mapping[str, SettingTest]:
    """A button beside a setting of your own that tries what is typed there, by the setting's key.

    Example: ``return {"plugin.notify.webhook": SettingTest(_l("Send a test"), services.try_webhook)}``
    """
    return {}
