"""People who buy over HTTP."""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client, TestResponse

from zhanggui.api import SYSTEM, clock, unit_of_work
from zhanggui.app import Site
from zhanggui.config import settings

API = "/shop/api/v1"


class Shopper:
    """A customer with a token, or a visitor without one."""

    def __init__(self, site: Site, token: str | None = None) -> None:
        self.client, self.token = Client(site), token

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any) -> TestResponse:
        """One request; nothing is checked."""
        sent = {"Accept-Language": "en", **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        return self.client.open(API + path, method=method, headers=sent, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        """The JSON of an answer that must be good."""
        response = self.send("GET", path, **kwargs)
        assert response.status_code == 200, response.text
        return response.get_json()

    def post(self, path: str, body: Any = None, **kwargs: Any) -> TestResponse:
        """Send a body."""
        return self.send("POST", path, **({} if body is None else {"json": body}), **kwargs)

    def order(self, variant: Any, quantity: int = 1, **more: Any) -> TestResponse:
        """Order so many of a variant."""
        headers = more.pop("headers", None)
        return self.post("/orders", {"lines": [{"variant_id": variant.public_id, "quantity": quantity}], **more}, headers=headers)


def signed_in(site: Site, name: str) -> Shopper:
    """A customer with a token, known to the demo's provider by this name."""
    response = Shopper(site).post("/session", {"code": f"demo:{name}"})
    assert response.status_code == 200, response.text
    return Shopper(site, response.get_json()["token"])


def allow_demo_login() -> None:
    """As the merchant would, on the settings screen."""
    with unit_of_work() as db:
        settings.set(db, "plugin.storefront.allow_demo_login", True, actor=SYSTEM, now=clock.now())
