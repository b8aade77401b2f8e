"""Every screen of the back office: where it is, who looks at it, and what is tapped before it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Sight:
    """A screen as a test opens it. ``path`` may name a row of the demo: ``{order}``, ``{product}``, ``{customer}``, ``{role}``, ``{task}``,
    ``{payment}``, ``{act}``; what is folded is opened before it is judged."""

    name: str
    path: str
    who: str | None = "owner"
    status: int = 200
    then: Callable[[Page], object] = lambda page: None

    def __str__(self) -> str:
        return self.name


def _open_filters(page: Page) -> None:
    page.locator("[data-open=filters]").click()
    page.wait_for_selector("#filters[open]")


def _send_empty(page: Page) -> None:
    page.locator("[data-save]").click()
    page.wait_for_selector(".error-summary")


def _row_menu(page: Page) -> None:
    page.locator(".dots").first.click()
    page.wait_for_selector("dialog[open]")


def _open_cell(page: Page) -> None:
    link = page.locator("a.cell-edit").first
    if link.is_visible():  # a phone has none
        link.click()
        page.wait_for_selector(".cell-form")


def _open_help(page: Page) -> None:
    page.locator(".help-mark").first.click()
    page.wait_for_selector("dialog[open]")


SIGHTS = (
    Sight("login", "/login/", who=None),
    Sight("home", "/"),
    Sight("orders", "/orders/"),
    Sight("orders: filters", "/orders/", then=_open_filters),
    Sight("orders: menu of a row", "/orders/?stage=to_ship", then=_row_menu),
    Sight("orders: nothing found", "/orders/?q=nothing-has-this-number"),
    Sight("order", "/orders/{order}"),
    Sight("order: ship", "/orders/{order}/ship"),
    Sight("products", "/products/"),
    Sight("products: add", "/products/add"),
    Sight("products: add with errors", "/products/add", status=422, then=_send_empty),
    Sight("product", "/products/{product}"),
    Sight("product: change price", "/products/{product}/change_price"),
    Sight("categories", "/categories/"),
    Sight("customers", "/customers/"),
    Sight("customer", "/customers/{customer}"),
    Sight("stock", "/stock/"),
    Sight("stock: a cell", "/stock/", then=_open_cell),
    Sight("stock movements", "/stock-movements/"),
    Sight("staff", "/people/users/"),
    Sight("staff: add", "/people/users/add"),
    Sight("roles", "/people/roles/"),
    Sight("role: edit", "/people/roles/{role}/edit"),
    Sight("plugins", "/system/plugins/"),
    Sight("settings", "/system/settings/"),
    Sight("approvals", "/approvals/"),
    Sight("tokens", "/me/tokens/"),
    Sight("token: add", "/me/tokens/add"),
    Sight("finance", "/finance/"),
    Sight("payments", "/payments/"),
    Sight("payment", "/payments/{payment}"),
    Sight("cases of payment", "/payment-cases/"),
    Sight("case of a payment", "/payment-cases/1"),
    Sight("refund", "/orders/{order}/payments__refund"),
    Sight("kinds of messages", "/message-kinds/"),
    Sight("kind of message", "/message-kinds/orders.shipped"),
    Sight("words of a message", "/message-words/orders.shipped"),
    Sight("what I am told", "/my-messages/"),
    Sight("campaigns", "/campaigns/"),
    Sight("campaign", "/campaigns/1"),
    Sight("second factor", "/me/factor"),
    Sight("confirm that it is you", "/me/confirm"),
    Sight("backups", "/backups/"),
    Sight("history of backups", "/backup-runs/"),
    Sight("webhook", "/webhooks/1"),
    Sight("webhook: edit", "/webhooks/1/edit"),
    Sight("deliveries", "/webhook-deliveries/"),
    Sight("delivery", "/webhook-deliveries/1"),
    Sight("events of webhooks", "/webhook-events/"),
    Sight("partners", "/webhook-partners/"),
    Sight("partner", "/webhook-partners/1"),
    Sight("act of the trail", "/system/audit/{act}"),
    Sight("columns of an export", "/exports/orders/"),
    Sight("repairs", "/system/repairs/"),
    Sight("jobs", "/system/jobs/"),
    Sight("events", "/system/events/"),
    Sight("tasks", "/tasks/"),
    Sight("task", "/tasks/{task}"),
    Sight("task that waits", "/tasks/{waiting_task}"),
    Sight("figures of today", "/analytics/"),
    Sight("figures of customers", "/analytics/board/customers?period=last_90_days&compare=previous"),
    Sight("what a figure is made of", "/analytics/parts/sales.net?period=last_30_days"),
    Sight("a question of figures", "/analytics/ask?metrics=sales.net,orders.paid&by=source&period=last_30_days&compare=previous"),
    Sight("saved questions", "/analytics/saved"),
    Sight("segments of customers", "/analytics/segments"),
    Sight("figures of visits", "/analytics/board/behaviour?period=last_30_days&compare=previous"),
    Sight("funnel", "/funnel/"),
    Sight("visits", "/visits/"),
    Sight("what visitors did", "/visitor-acts/"),
    Sight("calendar", "/calendar/"),
    Sight("help", "/help/"),
    Sight("help: an article", "/help/a/orders.ship"),
    Sight("help: of this page", "/orders/", then=_open_help),
    Sight("help: found", "/help/search?q=refund"),
    Sight("help: found nothing", "/help/search?q=unicorns"),
    Sight("help: a tour", "/help/tours/products.first-product"),
    Sight("help: questions in vain", "/help-asked/"),
    Sight("articles of the shop", "/help-articles/"),
    Sight("article of the shop: add", "/help-articles/add"),
    Sight("audit trail", "/system/audit/"),
    Sight("messages", "/messages/"),
    Sight("me", "/me/"),
    Sight("devices", "/me/devices"),
    Sight("password", "/me/password"),
    Sight("time zone", "/me/time-zone"),
    Sight("search", "/search?q=tea"),
    Sight("web shop", "/shop/", who=None),
    Sight("not allowed", "/system/plugins/", who="viewer", status=403),
    Sight("not found", "/there-is-no-such-page", status=404),
    Sight("offline", "/offline"),
)
