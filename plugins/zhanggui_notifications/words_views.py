"""What a kind says: written, looked at, published, taken back, tried on oneself. And the page on which customers leave."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request

from zhanggui.api import (
    DomainError,
    Invalid,
    NotFound,
    View,
    _,
    clock,
    current_actor,
    expose,
    fmt,
    has_access,
    public,
    reader_at_work,
    reading,
    record_audit,
    unit_of_work,
)

from . import leaving, queries
from .services import choosing, kinds, more_words, texts, trying
from .ways import ways

NAMES = {texts.DRAFT: "draft", texts.PUBLISHED: "published", texts.RETIRED: "retired"}
OWN_TEMPLATES = ("sms", "wechat_subscribe")  # their words stand at the provider


class WordsView(View):
    """One kind, one channel or all: the words of every language beside how they look."""

    route_base = "/message-words"
    class_permission_name = "notifications.Kind"
    default_view = "list"

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """Under a name of its own: the kinds have the one of the resource."""
        return super().create_blueprint(appbuilder, endpoint or "notifications_Words", static_folder)

    @expose("/<kind_id>")
    @has_access
    def list(self, kind_id: str) -> Any:
        """What it says now, and what is being written."""
        return self._page(kind_id)

    def _page(self, kind_id: str, said: dict[str, tuple[str, str]] | None = None, errors: dict[str, Any] | None = None, last: Any = None) -> Any:
        kind, channel, reader = kinds.kind_of(kind_id), _channel(), reader_at_work(current_actor())
        with reading() as db:
            hand = texts.in_hand(db, kind_id, channel)
            open_draft, history = texts.drafts(db, kind_id, channel), texts.history(db, kind_id, channel)
        rows = []
        for locale in texts.locales():
            words = hand.get(locale)
            subject, body = (said or {}).get(locale) or ((words.subject, words.body) if words else ("", ""))
            rows.append(
                {
                    "locale": locale, "name": queries.LANGUAGES.get(locale, locale), "subject": subject, "body": body,
                    "preview": texts.preview(kind, channel, locale, subject, body, (last or {}).get(locale)),
                    "errors": {part: str((errors or {}).get(f"{part}_{locale}", "")) for part in ("subject", "body")},
                }
            )  # fmt: skip
        page = self.render(
            "notifications/words.html", title=kind.label, kind_id=kind_id, channel=channel, rows=rows, draft=open_draft, may_edit=reader.may("can_edit", self.class_permission_name),
            may_try=reader.may("can_try_out", self.class_permission_name), may_reveal=reader.may("can_reveal", "notifications.Message"), last=bool(last),
            channels=[("*", _("All channels")), *((name, way.channel.label) for name, way in ways().items() if _speaks(kind, name))],
            words=[{"name": one.name, "label": one.label} for one in more_words.variables(kind)],
            history=[
                {"id": one.id, "version": one.version, "language": queries.LANGUAGES.get(one.locale, one.locale), "at": fmt.datetime(one.changed_at), "now": one.state == texts.PUBLISHED,
                 "subject": one.subject, "body": one.body} for one in history
            ],
        )  # fmt: skip
        return page

    @expose("/<kind_id>", methods=["POST"])
    @has_access
    def edit(self, kind_id: str) -> Any:
        """Keep a draft, or publish it."""
        channel, now, said = _channel(), clock.now(), _said()
        try:
            with unit_of_work() as db:
                for locale, (subject, body) in said.items():
                    texts.save_draft(db, kind_id=kind_id, channel=channel, locale=locale, subject=subject, body=body, now=now)
                if request.form.get("do") == "publish":
                    texts.publish(db, kind_id=kind_id, channel=channel, actor=current_actor(), now=now)
        except Invalid as wrong:
            return self._page(kind_id, said, dict(wrong.errors)), 422
        flash(_("Published: from the next message on.") if request.form.get("do") == "publish" else _("Kept as a draft."), "success")
        return redirect(_address(kind_id, channel), 303)

    @expose("/<kind_id>/preview", methods=["POST"])
    @has_access
    def preview(self, kind_id: str) -> Any:
        """How it looks as it stands in the form; nothing is kept."""
        kind, channel = kinds.kind_of(kind_id), _channel()
        rows = [
            {"name": queries.LANGUAGES.get(locale, locale), "locale": locale, "preview": texts.preview(kind, channel, locale, *both)}
            for locale, both in _said().items()
        ]  # fmt: skip
        return render_template("notifications/preview.html", rows=rows)

    @expose("/<kind_id>/last", methods=["POST"])
    @has_access
    def last(self, kind_id: str) -> Any:
        """The same with what the last real message was filled with: it may name somebody, so it is written down that it was read."""
        kind, actor = kinds.kind_of(kind_id), current_actor()
        if not reader_at_work(actor).may("can_reveal", "notifications.Message"):
            raise NotFound()
        with unit_of_work() as db:
            found = {locale: one for locale in texts.locales() if (one := texts.last_values(db, kind, locale)) is not None}
            for id in {id for id, _values in found.values()}:
                record_audit(db, "notifications.message.revealed", target=("notifications.Message", id), actor=actor, now=clock.now())
        if not found:
            flash(_("There was no such message yet: these are samples."), "info")
        return self._page(kind_id, _said(), last={locale: values for locale, (_id, values) in found.items()})

    @expose("/<kind_id>/back/<int:version_id>", methods=["POST"])
    @has_access
    def bring_back(self, kind_id: str, version_id: int) -> Any:
        """The words of an earlier version, as a new one."""
        try:
            with unit_of_work() as db:
                texts.bring_back(db, id=version_id, actor=current_actor(), now=clock.now())
        except Invalid as wrong:
            flash(str(next(iter(wrong.errors.values()))), "danger")
        else:
            flash(_("These words are used again."), "success")
        return redirect(_address(kind_id, _channel()), 303)

    @expose("/<kind_id>/try", methods=["POST"])
    @has_access
    def try_out(self, kind_id: str) -> Any:
        """Send it to whoever asks, by mail, marked as a test; nobody else gets it and no figure counts it."""
        try:
            flash(str(trying.try_out(kind_id, request.form.get("locale", ""), _channel(), actor=current_actor(), now=clock.now())), "success")
        except DomainError as refused:
            flash(refused.text(), "danger")
        return redirect(_address(kind_id, _channel()), 303)

    preview._permission_name = last._permission_name = bring_back._permission_name = "edit"  # type: ignore[attr-defined]


def _speaks(kind: Any, name: str) -> bool:
    return name not in OWN_TEMPLATES and bool(set(ways()[name].channel.to) & ({"group", "user"} if kinds.for_staff(kind) else {"customer"}))


def _channel() -> str:
    channel = request.values.get("channel") or kinds.ALL
    if channel != kinds.ALL and (channel not in ways() or channel in OWN_TEMPLATES):
        raise NotFound()
    return channel


def _said() -> dict[str, tuple[str, str]]:
    return {one: (request.form.get(f"subject_{one}", "")[:200], request.form.get(f"body_{one}", "")[:2000]) for one in texts.locales()}


def _address(kind_id: str, channel: str) -> str:
    return f"/message-words/{kind_id}" + ("" if channel == kinds.ALL else f"?channel={channel}")


class LeaveView(View):
    """A customer wants no more such messages: one tap, without signing in. Only a tap changes anything, never a program that looks at links."""

    route_base = leaving.PATH
    class_permission_name = "notifications.Leave"
    default_view = "ask"

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        """The mail program that posts has no session, so it has no token of a form either."""
        blueprint = super().create_blueprint(appbuilder, endpoint or "notifications_Leave", static_folder)
        current_app.extensions["csrf"].exempt(blueprint)
        return blueprint

    @expose("/<token>")
    @public("the address is sealed for one customer, and looking changes nothing")
    def ask(self, token: str) -> Any:
        """What it is about, and the button."""
        _customer, category, _channel = leaving.read(token)
        what = _what(category)
        return render_template("notifications/leave.html", title=_("No more %(what)s?", what=what), token=token, what=what, done=False)

    @expose("/<token>", methods=["POST"])
    @public("the address is sealed for one customer; mail programs post here for him")
    def leave(self, token: str) -> Any:
        """From now on, and for what waits too."""
        customer_id, category, channel = leaving.read(token)
        with unit_of_work() as db:
            choosing.choose(db, recipient_kind="customer", recipient_id=customer_id, said=[(category, channel, False)], source="email", now=clock.now())
        return render_template("notifications/leave.html", title=_("Done."), token=token, what=_what(category), done=True)


def _what(category: str) -> str:
    return {"service": _("mails about your orders"), "care": _("tips and reminders"), "marketing": _("offers")}.get(category, "")
