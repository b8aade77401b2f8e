"""What people see of partners and their tokens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from zhanggui.api import Action, Card, Column, Field, Filter, MenuItem, Reader, Screen, Search, Section, _, _l, fmt, programs

from .models import Endpoint, Partner
from .services import partners
from .states import PARTNER_CHOICES


def _tokens(db: Any, reader: Reader, ids: list[Any]) -> dict[Any, int]:
    found = programs.good_ones(db, [partners.owner_of(id) for id in ids], reader.now)
    return {id: len(found.get(f"{partners.OWNER}:{id}", ())) for id in ids}


def _last_used(db: Any, reader: Reader, ids: list[Any]) -> dict[Any, Any]:
    found = programs.good_ones(db, [partners.owner_of(id) for id in ids], reader.now)
    return {id: max((token.last_used_at for token in found.get(f"{partners.OWNER}:{id}", ()) if token.last_used_at), default=None) for id in ids}


def holds(db: Any, reader: Reader, row: Any) -> dict[str, Any]:
    """The good tokens of a partner, and the endpoints that are its own."""
    good = programs.good_ones(db, [partners.owner_of(row.id)], reader.now).get(f"{partners.OWNER}:{row.id}", [])
    told = db.execute(select(Endpoint.id, Endpoint.label).where(Endpoint.partner_id == row.id).order_by(Endpoint.id)).all()
    return {
        "id": row.id, "active": row.state == "active", "room": len(good) < programs.AT_ONCE, "endpoints": [{"id": one.id, "label": one.label} for one in told],
        "may": reader.may("can_add", "webhooks.PartnerToken"), "may_revoke": reader.may("can_revoke", "webhooks.PartnerToken"),
        "tokens": [_token(token) for token in good],
    }  # fmt: skip


def _token(token: Any) -> dict[str, Any]:
    used = _("last used %(when)s from %(address)s", when=fmt.datetime(token.last_used_at), address=token.last_ip or "?") if token.last_used_at else _("not used yet")
    return {
        "id": token.id, "prefix": programs.PREFIX + token.prefix, "scopes": programs.names((verb, resource) for verb, resource in token.scopes or ()),
        "until": _("until %(when)s", when=fmt.datetime(token.expires_at)), "used": str(used), "networks": list(token.ip_allow or ()),
        "rate": _("%(count)s requests a minute", count=token.rate_per_minute or programs.RATE),
    }  # fmt: skip


def not_of_programs(actor: Any, columns: Any) -> Any:
    """Programs of partners manage no partners."""
    return columns.id.is_(None) if actor.program else None


PARTNERS = Screen(
    resource=partners.OWNER,
    source=Partner,
    route="/webhook-partners",
    title=_l("Partners"),
    singular=_l("Partner"),
    icon="users",
    label="label",
    row_rule=not_of_programs,
    columns=(
        Column("label", _l("Name"), order=10),
        Column("state", _l("State"), "status", choices=PARTNER_CHOICES, order=20),
        Column("tokens", _l("Tokens"), "int", load=_tokens, order=30),
        Column("last_used_at", _l("Last request"), "datetime", load=_last_used, order=40),
        Column("contact", _l("Whom to ask"), wide=False, order=50),
        Column("created_at", _l("Added"), "datetime", wide=False, order=60),
    ),
    card=Card(title="label", badge="state", sub=("contact",)),
    filters=(Filter("state", _l("State"), choices=PARTNER_CHOICES, tabs=True, order=10),),
    search=Search(contains=("label",), hint=_l("Name")),
    default_sort=("id",),
    sections=(
        Section("tokens", _l("Tokens"), template="webhooks/tokens.html", load=holds, order=10),
        Section("about", _l("About"), columns=("state", "contact", "created_at"), aside=True, order=20),
    ),
    fields=(
        Field("label", _l("Name"), required=True, max_length=80, help=_l("The company whose programs ask, such as the bookkeeper."), order=10),
        Field("contact", _l("Whom to ask"), max_length=200, help=_l("A person, with a phone or an e-mail address."), order=20),
    ),
    create=partners.create_partner,
    update=partners.change_partner,
    delete=partners.remove_partner,
    actions=(
        Action(
            "stop", _l("Stop"), partners.stop, icon="ban", tone="danger", needs=("state",), when=lambda row: row.state == "active",
            confirm=lambda row: _l("Stop %(label)s?", label=row.label), follows=_l("Its tokens are refused from the next request on, and its webhooks pause."),
            stays=_l("Do not stop"), done=_l("Its programs are refused."), order=10,
        ),
        Action(
            "allow", _l("Let in again"), partners.allow, icon="check", needs=("state",), when=lambda row: row.state == "stopped",
            done=_l("It can be given tokens again. Its webhooks stay paused."), order=20,
        ),
    ),
    empty=_l("No program of others asks this shop for anything."),
)  # fmt: skip

MENU = [MenuItem("webhook_partners", _l("Partners"), "users", screen=partners.OWNER, group="system", order=61)]
