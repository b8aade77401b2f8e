"""A shop with something of everything in it, and every address that its routes answer at."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import Client

from zhanggui import list_views
from zhanggui.api import Actor, Money, save_image, save_private_file, start_task
from zhanggui.app import Site
from zhanggui.approvals.models import Approval
from zhanggui.auth import service as accounts
from zhanggui.auth import tokens
from zhanggui.auth.api_tokens import KIND
from zhanggui.auth.models import UserSession
from zhanggui.auth.names import user_named
from zhanggui.calendar.screen import create_day
from zhanggui.config import settings
from zhanggui.db.uow import reading, unit_of_work
from zhanggui.events import relay
from zhanggui.host import current_host
from zhanggui.host.models import PluginFault
from zhanggui.importing import brought, work
from zhanggui.importing.work import look_at_file
from zhanggui.jobs import runner
from zhanggui.jobs.models import Job
from zhanggui.kernel import clock
from zhanggui.kernel.actors import SYSTEM
from zhanggui.list_views.models import ListView
from zhanggui.notices import notify
from zhanggui.runtime import Runtime
from zhanggui.tasks.models import Task
from zhanggui.testing.browsing import Visitor
from zhanggui.testing.fixtures import NOON, PASSWORD
from zhanggui.web.export_tasks import write_export
from zhanggui.web.gateway import gateway

sys.path[:0] = [str(Path(__file__).parents[1] / "plugins" / name) for name in ("storefront", "orders")]

from shop import add_customer, add_product, place  # noqa: E402 - found by the line above
from shoppers import API, Shopper, allow_demo_login  # noqa: E402

from zhanggui_backup.models import Run  # noqa: E402
from zhanggui_customers import facade as customers  # noqa: E402
from zhanggui_customers.services import profile  # noqa: E402
from zhanggui_help.models import Article  # noqa: E402
from zhanggui_help.services import own  # noqa: E402
from zhanggui_notifications import leaving  # noqa: E402
from zhanggui_notifications.models import Attempt as Try  # noqa: E402
from zhanggui_notifications.models import Campaign, CampaignRecipient, Message, Template  # noqa: E402  # noqa: E402
from zhanggui_orders import facade as orders  # noqa: E402
from zhanggui_orders.services import cancellation, fulfillment, payment  # noqa: E402
from zhanggui_payments.facade import Snapshot  # noqa: E402
from zhanggui_payments.models import Attempt  # noqa: E402
from zhanggui_payments.services import settling  # noqa: E402
from zhanggui_products.models import Product  # noqa: E402
from zhanggui_products.services import editing  # noqa: E402
from zhanggui_products.services.categories import create_category  # noqa: E402
from zhanggui_webhooks.services import endpoints, fan_out, partners  # noqa: E402
from zhanggui_webhooks.states import DeliveryState  # noqa: E402

ROLES = ("owner", "clerk", "warehouse", "viewer")
WHO = Actor("user", name="owner", everything=True)


@dataclass
class Furnished:
    """The shop, who may ask there, and what stands in the blanks of its routes."""

    runtime: Runtime
    site: Site
    blanks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by the beginning of a route's rule
    view: int = 0  # one that the owner saved
    askers: dict[str, Client] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    addresses: dict[str, Rule] = field(default_factory=dict)  # as they were when the shop was filled

    @property
    def app(self) -> Flask:
        """What the site serves now."""
        return self.site.app({})

    def ask(self, who: str, path: str, method: str = "GET", **more: Any) -> Any:
        """One request of somebody, its answer read to the end."""
        headers = {"Accept-Language": "en", **self.headers.get(who, {}), **more.pop("headers", {})}
        response = self.askers[who].open(path, method=method, headers=headers, **more)
        response.get_data()
        return response


def furnish(runtime: Runtime) -> Furnished:
    """Fill a fresh shop."""
    shop = Furnished(runtime, Site(runtime))
    with unit_of_work() as db:
        for role in ROLES:
            accounts.create_user(db, username=role, password=PASSWORD, roles=[role], actor=SYSTEM, now=NOON)
        gone = accounts.create_user(db, username="gone", password=PASSWORD, roles=["viewer"], actor=SYSTEM, now=NOON)
        accounts.disable_user(db, id=gone, actor=SYSTEM, now=NOON)
        notify(db, kind="test", title="Something happened", now=NOON)
        settings.set(db, "plugin.storefront.allow_demo_login", True, actor=SYSTEM, now=NOON)
        shop.blanks |= _goods(db)
        shop.blanks |= _told_to_others(db)
        shop.blanks |= _told_to_people(db)
        shop.blanks |= _explained(db)
        shop.blanks |= {f"{API}/favourites/": [{"id": db.scalars(select(Product.public_id).order_by(Product.id)).first()}]}
        shop.blanks |= {"/notify/sms/": [{"provider": "tencent", "key": "0" * 40}, {"provider": "nobody", "key": "k"}]}
        shop.blanks |= {"/analytics/board/": [{"name": "sales"}], "/analytics/parts/": [{"metric_id": "sales.net"}]}
        owner = Actor("user", id=user_named(db, "owner").id, name="owner", everything=True)
        shop.blanks |= _brought(db, owner)
        list_views.save(db, "orders.Order", name="Mine", arguments={"stage": "to_ship"}, columns=(), shared=False, actor=owner, now=NOON)
        shop.view = db.scalars(select(ListView.id)).one()
        list_views.save(db, "analytics.Report", name="Mine", arguments={"metrics": "sales.net"}, columns=(), shared=False, actor=owner, now=NOON)
        shop.blanks["/analytics/saved/"] = [{"question_id": db.scalars(select(ListView.id).where(ListView.screen == "analytics.Report")).one()}]
    for _round in range(3):
        relay.dispatch()
    with reading() as db:
        looks = list(db.scalars(select(Job.id).where(Job.name == look_at_file.name)))
    assert [runner.run(job_id) for job_id in looks] == ["done"]
    with unit_of_work() as db:
        db.execute(update(Job.__table__).where(Job.id == select(Job.id).order_by(Job.id).limit(1).scalar_subquery()).values(state="dead"))
    _let_in(shop)
    shop.addresses = _addresses(shop)
    return shop


def _explained(db: Session) -> dict[str, list[dict[str, Any]]]:
    """An article of the shop's own that is published, and one that is not; the index of all."""
    tea = {"zh_CN": "茶", "en": "Longjing tea"}
    read, _draft = (own.create(db, title=tea, body=tea, actor=WHO, now=NOON) for _n in range(2))
    own.publish(db, id=read, actor=WHO, now=NOON)
    written = f"shop.{db.get_one(Article, read).public_id}"
    return {
        "/help/a/": [{"ref": "core.rights"}, {"ref": written}], "/help/tours/": [{"tour_id": "products.first-product"}],
        f"{API}/articles/": [{"id": "storefront-how-to-order"}, {"id": written.replace(".", "-")}],
    }  # fmt: skip


def _goods(db: Session) -> dict[str, list[dict[str, Any]]]:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(drawn, "PNG")
    drawn.seek(0)
    picture = save_image(db, drawn, filename="tea.png", actor=WHO, now=NOON).id
    category = create_category(db, actor=WHO, now=NOON, name={"zh_CN": "茶", "en": "Tea"})
    tea = add_product(db, WHO, stock=100)
    editing.create_product(
        db, actor=WHO, now=NOON, name="Not yet on sale", category_id=category, pictures=[picture],
        variants=[{"sku": "NEW-1", "price": Money(500, "CNY"), "option": "50 g"}],
    )  # fmt: skip
    buyer = add_customer(db, WHO)
    profile.block_customer(db, id=add_customer(db, WHO, "Zhang San", "13900139000"), reason="never pays", actor=WHO, now=NOON)
    act = partial(_through, db, tea, buyer)
    act()
    act(payment.mark_paid_offline)
    act(payment.mark_paid_offline, fulfillment.ship_order)
    act(payment.mark_paid_offline, fulfillment.ship_order, fulfillment.receive_order)
    act(payment.mark_paid_offline, cancellation.cancel_order)
    _money(db)
    seen = [("visit", NOON, None, None, None), ("page", NOON, None, None, None), ("view", NOON, tea.product_id, None, None), ("search", NOON, None, "茶", 0)]
    customers.record_past_visits(db, [customers.PastVisit("visitor-1", seen, campaign="茶", customer_id=buyer)])
    create_day(db, actor=WHO, now=NOON, day=NOON.date(), kind="off", name="茶")
    return {
        "/footprints/": [{"customer_id": buyer}],
        **_work(db),
        "/files/": [{"file_id": picture, "size": "thumb"}, {"file_id": picture, "size": "full"}],
        "/system/plugins/": [{"plugin_id": "storefront"}, {"plugin_id": "products"}],
        "/system/settings/": [{"key": "plugin.storefront.allow_demo_login"}],
        "/system/repairs/": [{"fault_id": _fault(db)}],
        "/api/<version>": [{"version": "v1"}],
        "/tea": [{"variant": tea.public_id}],
    }


def _work(db: Session) -> dict[str, list[dict[str, Any]]]:
    """A task that waits, one that failed, and a private file of the first."""
    about = {"resource": "products.Product", "arguments": {}, "zone": "Asia/Shanghai"}
    waits, failed = (start_task(db, write_export, actor=SYSTEM, now=NOON, **about) for _ in range(2))
    db.execute(update(Task).where(Task.id == failed).values(state="failed"))
    file = save_private_file(db, io.BytesIO(b"a,b"), filename="a.csv", kinds=("csv",), row=("core.Task", waits), actor=WHO, now=NOON)
    return {
        "/task-progress/": [{"task_id": waits}], "/private-files/": [{"file_id": file.id}], "/api/v1/core/files/": [{"file_id": file.id}],
    }  # fmt: skip


def _brought(db: Session, owner: Actor) -> dict[str, list[dict[str, Any]]]:
    """A file that was looked at, with a row that is refused."""
    body = b"sku,name,price\nFILE-1,Brought,19.90\nFILE-2,Refused,no price\n"
    seen = brought.glance(io.BytesIO(body), "goods.csv")
    file_id = brought.bring(db, io.BytesIO(body), seen, filename="goods.csv", kind="products", actor=owner, now=NOON)
    work.look(db, file_id, brought.file_row(db, file_id, owner).mapping, actor=owner, now=NOON)
    return {"/imports/": [{"file_id": file_id}], "/exports/": [{"kind": "products"}]}


def _told_to_others(db: Session) -> dict[str, list[dict[str, Any]]]:
    """An endpoint with a message that it did not get."""
    endpoint, paused = (
        endpoints.create_endpoint(db, label=label, url="https://ledger.example/take", everything=True, actor=WHO, now=NOON) for label in ("Ledger", "Paused")
    )
    endpoints.pause(db, id=paused, actor=WHO, now=NOON)
    endpoints.rotate(db, id=endpoint, actor=WHO, now=NOON)
    fan_out.add_alone(db, endpoint, "orders.order.placed@1", {"number": "1"}, now=NOON, state=DeliveryState.FAILED)
    partner, stopped = (partners.create_partner(db, label=label, actor=WHO, now=NOON) for label in ("Ledger", "Paused"))
    partners.stop(db, id=stopped, actor=WHO, now=NOON)
    maker = replace(WHO, id=user_named(db, "owner").id)
    token = partners.give_token(db, id=partner, scopes=[("can_list", "orders.Order")], days="365", actor=maker, now=clock.now())
    for number, state in enumerate(("done", "failed"), 1):
        db.add(Run(kind="drill", state=state, cause="manual", name=f"20260315T19300{number}Z-manual.age", started_at=NOON, finished_at=NOON, totals={"a": [1, 1]}))
    return {
        "/backups/": [{"name": "20260315T193000Z-manual.age"}],
        "/webhook-secrets/": [{"endpoint_id": endpoint}], "/api/v1/webhooks/secrets/": [{"endpoint_id": endpoint}],
        "/webhook-partner-tokens/": [{"partner_id": partner, "token_id": token.id}],
    }  # fmt: skip


def _told_to_people(db: Session) -> dict[str, list[dict[str, Any]]]:
    """A message that reached nobody, one that was sent and one that waits, with what they said."""
    for n, state in enumerate(("failed", "sent", "queued"), 1):
        db.add(
            Message(
                public_id=f"m7k2qw9d4tbx0zr{n}", kind_id="orders.shipped", category="service", recipient_kind="customer", recipient_id=1,
                fact=f"order:1:shipment:{n}", dedupe_key=f"orders.shipped|order:1:shipment:{n}|customer:1", data={"order_id": 1}, passed=["inbox"],
                state=state, reason="no_address", subject="Sent", body="On its way", href="/shop/", locale="en", not_before=NOON, expires_at=NOON,
                created_at=NOON,
            )
        )  # fmt: skip
    db.flush()
    for n, state in enumerate(("draft", "scheduled", "running", "paused", "finished", "canceled"), 1):
        db.add(
            Campaign(
                name=f"Campaign {n}", audience_id="customers.all", texts={"en": ["News", "Come and see"], "zh_CN": ["新消息", "来看看"]}, channels=["inbox"], state=state,
                reason="by_hand" if state == "paused" else None, frozen_at=NOON, created_at=NOON, starts_at=None if state != "scheduled" else NOON,
                forecast={"people": 3, "control": 1, "by_channel": {"inbox": 1}, "left_out": {"no_consent": 1}, "cost": {}},
            )
        )  # fmt: skip
        db.flush()
        for customer, progress in ((1, "sent"), (2, "control")):
            db.add(CampaignRecipient(campaign_id=n, customer_id=customer, state=progress, channel="inbox" if progress == "sent" else None))
    db.add(Try(message_id=1, n=1, channel="inbox", state="passed", reason="no_address", at=NOON))
    db.add(Template(kind_id="orders.shipped", channel="*", locale="en", version=1, state="retired", subject="Sent", body="On its way", changed_at=NOON))
    db.flush()
    return {
        "/message-kinds/": [{"kind_id": "orders.shipped"}], "/sent-message-texts/": [{"message_id": 1}],
        "/message-words/": [{"kind_id": "orders.shipped", "version_id": 1}],
        "/messages-off/": [{"token": leaving.address(1, "care", "email").rpartition("/")[2]}],
    }  # fmt: skip


def _fault(db: Session) -> str:
    met = PluginFault(
        id="products:badge:waiting", plugin="products", kind="badge", name="waiting", label="", screen="", times=3, strikes=3, longest_ms=0,
        first_at=NOON, last_at=NOON, paused_at=NOON, sentence="ValueError: no", detail="",
    )  # fmt: skip
    db.add(met)
    db.flush()
    return met.id


def _money(db: Session) -> None:
    """A payment that is not settled, and one of an order that was paid twice."""
    order_id = db.scalars(select(Attempt.order_id).order_by(Attempt.id)).first()
    order = orders.facts(db, order_id)
    for number in (1, 2):
        db.add(
            Attempt(
                number=f"P{number}", order_id=order.id, order_number=order.number, customer_id=order.customer_id, provider="offline", method="cash",
                scene="offline", amount=order.total, currency=order.currency, state="pending", created_at=NOON,
            )
        )  # fmt: skip
    db.flush()
    said = Snapshot("P1", "captured", Money(order.total, order.currency))
    settling.apply_snapshot(db, db.scalar(select(Attempt.id).where(Attempt.number == "P1")), said, source="person", actor=WHO, now=NOON)


_WORDS: dict[str, dict[str, Any]] = {
    "mark_paid_offline": {"method": "bank"}, "ship_order": {"carrier": "sf", "tracking_number": "SF1234567890"}, "cancel_order": {"reason": "Twice"},
}  # fmt: skip


def _through(db: Session, tea: Any, buyer: int, *steps: Callable[..., Any]) -> None:
    order = place(db, WHO, (tea, 1), customer_id=buyer)
    for step in steps:
        step(db, id=order.id, actor=WHO, now=NOON, **_WORDS.get(step.__name__, {}))


def _let_in(shop: Furnished) -> None:
    for role in ROLES:
        visitor = Visitor(Client(shop.site))
        assert visitor.log_in(role, PASSWORD).status_code == 303
        visitor.get("/me/")
        shop.askers[role], shop.headers[role] = visitor.client, {"X-CSRFToken": visitor.token}
    shop.askers["anonymous"] = Client(shop.site)
    shop.app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=2)  # on a slow machine the large size takes longer than 15 minutes
    said = Client(shop.site).post("/api/v1/security/login", json={"username": "owner", "password": PASSWORD}).get_json()
    shop.askers["token"], shop.headers["token"] = Client(shop.site), {"Authorization": f"Bearer {said['access_token']}"}
    allow_demo_login()
    token = Shopper(shop.site).post("/session", {"code": "demo:alice"}).get_json()["token"]
    alice = Shopper(shop.site, token)
    shop.askers["customer"], shop.headers["customer"] = alice.client, {"Authorization": f"Bearer {token}"}
    written = {"name": "Alice", "phone": "13800138001", "region": ["浙江省", "杭州市", "西湖区"], "detail": "龙井路 1 号"}
    address = alice.post("/addresses", written).get_json()["id"]
    variant = shop.blanks.pop("/tea")[0]["variant"]
    lines = [{"variant_id": variant, "quantity": 1}]
    number = alice.post("/orders", {"lines": lines, "address_id": address}).get_json()["number"]
    product = alice.get("/products")["items"][0]["id"]
    with unit_of_work() as db:
        device = db.scalars(select(UserSession.id).order_by(UserSession.id)).first()
        owner = ("core.User", user_named(db, "owner").id)
        scopes = [("can_list", "orders.Order")]
        number_of_token, _secret = tokens.issue(db, kind=KIND, owner=owner, life=timedelta(days=30), now=clock.now(), scopes=scopes, name="Printer")
        asked = {"action": "orders.gone", "permission": "can_approve orders.Order", "target_type": "orders.Order", "target_id": 1, "row_version": 1}
        made = Approval(frozen={}, state="pending", requested_by=0, requester="clerk", requested_at=NOON, **asked)
        db.add(made)
        db.flush()
        request = made.id
    shop.blanks |= {
        f"{API}/addresses/": [{"id": address}], f"{API}/orders/": [{"number": number}], f"{API}/products/": [{"id": product}],
        "/me/devices/": [{"row_id": device}], "/me/tokens/": [{"token_id": number_of_token}], "/approvals/": [{"row_id": request}],
    }  # fmt: skip


# -- routes ----------------------------------------------------------------------------------------


def _addresses(shop: Furnished) -> dict[str, Rule]:
    """Every route with every blank filled by something that is there; of a verb, a row on which it is possible now.

    :raises AssertionError: naming a route whose blanks nobody can fill.
    """
    found = {}
    with reading() as db:
        for rule in shop.app.url_map.iter_rules():
            for values in _values(shop, db, rule):
                found[re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda blank: str(values[blank[1]]), rule.rule)] = rule  # noqa: B023
    return found


def _values(shop: Furnished, db: Session, rule: Rule) -> Iterator[dict[str, Any]]:
    if not rule.arguments:
        yield {}
        return
    if rule.arguments == {"view_id"}:
        yield {"view_id": shop.view}
        return
    for beginning, values in shop.blanks.items():
        if rule.rule.startswith(beginning):
            yield from values
            return
    view = getattr(shop.app.view_functions[rule.endpoint], "__self__", None)
    screen = current_host().screens.get(getattr(view, "class_permission_name", ""))
    assert screen and rule.arguments == {"row_id"}, f"say in furnish.py what stands in the blanks of {rule.rule}"
    verb = next((a for a in screen.actions if rule.rule.endswith(f"/{a.name}")), None)
    rows = db.execute(select(*gateway.table(screen).c)).all()
    fit = [row for row in rows if verb is None or verb.when is None or verb.when(row)]
    assert fit, f"furnish.py makes no row for {rule.rule}"
    yield {"row_id": getattr(fit[0], screen.key)}


# -- tables ----------------------------------------------------------------------------------------

Rows = dict[str, list[dict[str, Any]]]


def tables(runtime: Runtime) -> Rows:
    """Every row of every table, as the database holds it."""
    with runtime.read_bind.connect() as connection:
        quote = connection.dialect.identifier_preparer.quote
        found = {}
        for name in sorted(inspect(connection).get_table_names()):
            rows = connection.exec_driver_sql(f"SELECT * FROM {quote(name)}").mappings()
            found[name] = sorted((dict(row) for row in rows), key=repr)
        return found
