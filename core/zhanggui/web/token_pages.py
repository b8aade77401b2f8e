"""Tokens for programs: one's own, each made for chosen rights and seen once."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request

from ..auth import api_tokens, tokens
from ..auth.fresh import require_recent
from ..auth.permissions import expose, has_access
from ..auth.rights import resource_names, rights
from ..db.uow import reading, unit_of_work
from ..host import current_host
from ..i18n.texts import gettext as _
from ..i18n.texts import ngettext
from ..kernel import clock
from ..kernel.errors import DomainError, Invalid
from . import context
from .asking import Answer, draw_form
from .describe import Choice, Field, Form
from .forms import Bound, bind
from .views import View


class TokensView(View):
    """What one's programs may do in one's name."""

    route_base = "/me/tokens"
    class_permission_name = "core.Token"

    @expose("/")
    @has_access
    def use(self) -> str:
        """Those that are good."""
        who, now = context.actor(), clock.now()
        with reading() as db:
            rows = [_line(token) for token in tokens.tokens_of(db, api_tokens.KIND, (api_tokens.OWNER, who.id), now)]
        return render_template("auth/tokens.html", title=_("Tokens for programs"), tokens=rows)

    @expose("/add")
    @has_access
    def ask(self) -> Answer:
        """The form: a name, a life, and what of one's own rights it gets."""
        require_recent()
        return _form(None, None)

    @expose("/add", methods=["POST"])
    @has_access
    def add(self) -> Answer:
        """Make one. This page is the only one that ever shows it, so it is no redirect."""
        require_recent()
        bound = Bound()
        try:
            with unit_of_work() as db:
                bound = bind(Form(_fields()), request.form, request.files, context.form_context(), db)
                values = bound.check()
                chosen = [(verb, _resource(field)) for field, verbs in values.items() if field.startswith(_RIGHTS) for verb in verbs or ()]
                secret = api_tokens.create(
                    db, name=values["name"], scopes=chosen, days=int(values["days"]), actor=context.actor(), now=clock.now()
                )  # fmt: skip
        except Invalid as error:
            return _form(bound, error)
        response = make_response(render_template("auth/token.html", title=_("Your new token"), secret=secret))
        response.headers["Cache-Control"] = "private, no-cache, no-store"
        return response

    @expose("/<key(18):token_id>/revoke", methods=["POST"])
    @has_access
    def revoke(self, token_id: int) -> Answer:
        """End one: the next request that shows it is refused."""
        with unit_of_work() as db:
            api_tokens.revoke(db, token_id=token_id, actor=context.actor(), now=clock.now())
        flash(_("The token was revoked."), "success")
        return redirect("/me/tokens/", 303)

    ask._permission_name = add._permission_name = revoke._permission_name = "use"  # type: ignore[attr-defined]


_RIGHTS = "rights__"


def _resource(field: str) -> str:
    return field.removeprefix(_RIGHTS).replace("__", ".")


def _line(token: Any) -> dict[str, Any]:
    count = len(token.scopes or ())
    return {
        "id": token.id, "name": token.name, "expires": token.expires_at, "used": token.last_used_at,
        "rights": ngettext("%(num)s right", "%(num)s rights", count),
    }  # fmt: skip


def _fields() -> list[Field]:
    """Rights are asked for what the API reaches, and of what the asker holds himself."""
    host, who = current_host(), context.actor()
    reached = {resource for resource, screen in host.screens.items() if screen.api}
    reached |= {api.class_permission_name for part in host.parts.values() for api in part.apis}
    days = [Choice(str(n), ngettext("%(num)s day", "%(num)s days", n)) for n in api_tokens.DAYS]
    fields = [
        Field("name", _("Name"), required=True, max_length=60, help=_("What will use it, such as the label printer.")),
        Field("days", _("Ends after"), "choice", required=True, choices=days, default="90"),
    ]  # fmt: skip
    named = resource_names()
    for resource, verbs in rights().items():
        own = [Choice(verb, word) for verb, word in verbs if who.may(verb, resource)]
        if own and resource in reached:
            title = named.get(resource) or _("Other rights")
            fields.append(Field(_RIGHTS + resource.replace(".", "__"), title, "choices", choices=own))
    return fields


def _form(bound: Bound | None, error: DomainError | None) -> Answer:
    intro = _("A program that shows this token acts in your name, with the rights that you choose and never with more than your own.")
    return draw_form(
        Form(_fields(), key="core.Token.add"), lambda f, _db: f.default, bound, error, title=_("New token"), action="/me/tokens/add",
        back="/me/tokens/", submit=_("Create"), intro=intro,
    )  # fmt: skip
