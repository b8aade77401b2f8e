"""Which messages there are and on which channels; what one said; and what each of the staff wants to hear."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, request

from zhanggui.api import (
    Choice,
    Field,
    Form,
    NotFound,
    Reader,
    View,
    _,
    _l,
    clock,
    current_actor,
    expose,
    has_access,
    reader_at_work,
    reading,
    show_form,
    take_form,
    unit_of_work,
)

from . import matrix
from .audit_words import NIGHT
from .services import choosing, kinds, replay
from .ways import ways


class KindsView(View):
    """Kinds down, channels across; a kind opens its order and its night."""

    route_base = "/message-kinds"
    class_permission_name = "notifications.Kind"

    @expose("/")
    @has_access
    def list(self) -> Any:
        """Those for customers, or for staff."""
        staff = request.args.get("for") == "staff"
        with reading() as db:
            page = matrix.kinds_page(db, _reader(), staff)
        return self.render("notifications/kinds.html", title=_("Messages"), **page)

    @expose("/switch", methods=["POST"])
    @has_access
    def edit(self) -> Any:
        """A channel of a kind, on or off; without a channel the kind itself."""
        kind_id, channel, on = (request.form.get(name, "") for name in ("kind", "channel", "on"))
        actor, now = current_actor(), clock.now()
        with unit_of_work() as db:
            if channel:
                kinds.switch_channel(db, kind_id=kind_id, channel=channel, on=on == "1", actor=actor, now=now)
            else:
                kinds.change_kind(db, kind_id=kind_id, enabled=on == "1", actor=actor, now=now)
            staff = kinds.for_staff(kinds.kind_of(kind_id))
        return redirect(f"/message-kinds/{'?for=staff' if staff else ''}#{kind_id}", 303)

    @expose("/<kind_id>")
    @has_access
    def ask(self, kind_id: str) -> Any:
        """The form of one kind."""
        with reading() as db:
            chosen = _chosen(db, kind_id)
            values = {
                "enabled": chosen.enabled, "channels": list(chosen.channels), "at_night": chosen.at_night,
                "ttl_minutes": round(chosen.ttl.total_seconds() / 60), "row_version": chosen.row_version,
            }  # fmt: skip
        return show_form(_form(chosen.kind), title=chosen.kind.label, action=f"/message-kinds/{kind_id}", back=_back(chosen.kind), values=values)

    @expose("/<kind_id>", methods=["POST"])
    @has_access
    def save(self, kind_id: str) -> Any:
        """What was chosen."""
        with reading() as db:
            kind = _chosen(db, kind_id).kind
        actor, now = current_actor(), clock.now()

        def keep(db: Any, *, enabled: bool, channels: Any = (), at_night: str, ttl_minutes: int) -> None:
            kinds.change_kind(db, kind_id=kind_id, enabled=enabled, channels=channels or (), at_night=at_night, ttl_minutes=ttl_minutes, actor=actor, now=now)

        return take_form(_form(kind), keep, title=kind.label, action=f"/message-kinds/{kind_id}", back=_back(kind), then=_back(kind))

    ask._permission_name = "edit"  # type: ignore[attr-defined]
    save._permission_name = "edit"  # type: ignore[attr-defined]


def _chosen(db: Any, kind_id: str) -> kinds.Chosen:
    found = kinds.chosen(db, [kind_id]).get(kind_id)
    if found is None:
        raise NotFound()
    return found


def _back(kind: Any) -> str:
    return "/message-kinds/?for=staff" if kinds.for_staff(kind) else "/message-kinds/"


def _form(kind: Any) -> Form:
    """What can be chosen of a kind: the channels that its recipients can be reached by, and how."""
    to = ("group",) if kinds.for_staff(kind) else ("customer",)
    channels = [Choice(name, way.channel.label) for name, way in ways().items() if set(to) & set(way.channel.to)]
    fields = [
        Field("enabled", _l("Send this message"), "bool", order=10),
        Field("channels", _l("Channels"), "choices", choices=channels, order=20, help=_l("Tried one after another until one takes it; the customer's list is the last.")),
        Field("at_night", _l("At night"), "choice", required=True, choices=NIGHT, order=30),
        Field("ttl_minutes", _l("Too late after (minutes)"), "int", required=True, minimum=5, maximum=43200, order=40),
    ]
    if not channels:
        fields = [one for one in fields if one.name != "channels"]
    return Form(fields)


def _reader() -> Reader:
    return reader_at_work(current_actor())


class MessageTextView(View):
    """What a message said: sealed, and whoever reads it is written down."""

    route_base = "/sent-message-texts"
    class_permission_name = "notifications.Message"

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """Under a name of its own: the log has the one of the resource."""
        return super().create_blueprint(appbuilder, endpoint or "notifications_MessageText", static_folder)

    @expose("/<int:message_id>", methods=["POST"])
    @has_access
    def reveal(self, message_id: int) -> Any:
        """This page is shown once and kept by nobody."""
        with unit_of_work() as db:
            found = replay.reveal(db, id=message_id, actor=current_actor(), now=clock.now())
            said = {"subject": found.subject or "", "body": found.body or "", "href": found.href or ""}
        page = self.render("notifications/text.html", title=_("What it said"), message_id=message_id, **said)
        response = make_response(page)
        response.headers["Cache-Control"] = "private, no-cache, no-store"
        return response


class MineView(View):
    """Each of the staff chooses for himself: kinds down, his channels across."""

    route_base = "/my-messages"
    class_permission_name = "notifications.Mine"
    default_view = "choose"

    @expose("/")
    @has_access
    def choose(self) -> Any:
        """What I am told now, and where."""
        with reading() as db:
            page = matrix.my_page(db, _reader())
        return self.render("notifications/mine.html", title=_("What I am told"), **page)

    @expose("/switch", methods=["POST"])
    @has_access
    def change(self) -> Any:
        """One kind on one channel, on or off, for whoever asks."""
        kind_id, channel, on = (request.form.get(name, "") for name in ("kind", "channel", "on"))
        actor = current_actor()
        if actor.kind != "user" or actor.id is None or not matrix.may_hear(kinds.kind_of(kind_id)) or channel not in ways():
            raise NotFound()
        with unit_of_work() as db:
            choosing.choose(db, recipient_kind="user", recipient_id=actor.id, said=[(kind_id, channel, on == "1")], source="admin", now=clock.now())
        flash(_("Saved."), "success")
        return redirect(f"/my-messages/#{kind_id}", 303)

    change._permission_name = "choose"  # type: ignore[attr-defined]


