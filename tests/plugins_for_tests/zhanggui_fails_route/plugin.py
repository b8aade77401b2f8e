"""Has its page where that of another plugin is."""

from zhanggui.api import View, expose, has_access, hookimpl


class MineView(View):
    """Not yours."""

    route_base = "/orders"
    class_permission_name = "fails_route.Mine"

    @expose("/")
    @has_access
    def index(self):
        return "mine"


@hookimpl
def register_views():
    return [MineView]
