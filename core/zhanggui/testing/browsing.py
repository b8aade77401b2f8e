"""A visitor without a browser: reads English, keeps cookies, sends the CSRF token as a page would."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.test import Client, TestResponse

_TOKEN = re.compile(r'name="csrf-?token"[^>]*?(?:content|value)="([^"]+)"')


class Visitor:
    """Asks and posts as a page of the admin does."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Open a page; its token is remembered."""
        kwargs.setdefault("headers", {"Accept": "text/html", "Accept-Language": "en"})
        response = self.client.get(path, **kwargs)
        if response.mimetype == "text/html":
            found = _TOKEN.search(response.get_data(as_text=True).replace("csrf_token", "csrf-token"))
            if found:
                self.token = found.group(1)
        return response

    def post(self, path: str, data: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Send a form with the token of the last page."""
        if not self.token:
            self.get("/me/")
        kwargs.setdefault("headers", {"Accept": "text/html", "Accept-Language": "en"})
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **kwargs)

    def log_in(self, username: str, password: str) -> TestResponse:
        """Sign in through the form."""
        self.get("/login/")
        response = self.post("/login/", {"username": username, "password": password})
        self.token = ""
        return response
