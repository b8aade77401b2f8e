"""Adds a page that declares no permission."""

from zhanggui.api import View, expose, hookimpl


class OpenView(View):
    """Anybody could read this."""

    route_base = "/open"
    class_permission_name = "broken_view.Open"

    @expose("/")
    def index(self):
        return "secret"


@hookimpl
def register_views():
    return [OpenView]
