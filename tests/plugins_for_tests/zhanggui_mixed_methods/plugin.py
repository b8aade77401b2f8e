"""Adds a page whose one handler shows a form and takes what it posts: it would have to ask which, and HEAD is neither."""

from zhanggui.api import View, expose, has_access, hookimpl


class MixedView(View):
    """GET and POST in one."""

    route_base = "/mixed"
    class_permission_name = "mixed_methods.Thing"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def edit(self):
        return "form or deed"


@hookimpl
def register_views():
    return [MixedView]
