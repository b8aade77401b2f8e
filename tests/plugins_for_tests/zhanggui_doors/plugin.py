"""Tries settings before they are saved."""

from __future__ import annotations

from typing import Any

from flask import Response

from zhanggui.api import ProviderError, SettingTest, View, expose, has_access, hookimpl, lazy_gettext

TRIED: list[dict[str, Any]] = []
OUTSIDE = [lambda: "The far end answered."]  # what the far end does when it is called


def knock(values):
    TRIED.append(dict(values))
    return OUTSIDE[0]()


def away():
    raise ProviderError(lazy_gettext("Please sign in."), retry=True)


@hookimpl
def register_setting_tests():
    return {"plugin.doors.times": SettingTest("Knock", knock)}


class MapView(View):
    """A page with pictures of others."""

    route_base = "/doors"
    class_permission_name = "doors.Map"

    @expose("/map")
    @has_access
    def index(self):
        return Response("<p>A map", mimetype="text/html")

    @expose("/wide")
    @has_access
    def wide(self):
        return Response("<p>Open", mimetype="text/html", headers={"Content-Security-Policy": "script-src *"})


@hookimpl
def register_views():
    return [MapView]
