"""Campaigns as people see them: written, counted, started, watched."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Action, Card, Column, Field, Filter, Screen, Search, Section, _l

from . import audiences, campaign_queries, jobs, queries
from .campaign_rules import ALL_OF_THEM
from .campaign_states import STATE_CHOICES, CampaignState
from .models import Campaign
from .services import campaigns


def _freeze(db: Any, *, id: int, actor: Any, now: Any) -> None:
    campaigns.freeze(db, id=id, actor=actor, now=now)
    jobs.count(db, id)


def _is(*states: CampaignState) -> Any:
    return lambda row: row.state in states


def _text(locale: str, place: int) -> Any:
    return lambda db, row: (row.texts.get(locale) or ("", ""))[place]


def _texts() -> tuple[Field, ...]:
    words = {"zh_CN": (_l("Title in Chinese"), _l("Text in Chinese")), "en": (_l("Title in English"), _l("Text in English"))}
    found = []
    for n, (locale, (title, text)) in enumerate(words.items()):
        hint = _l("{name} is the customer's name, {shop} that of the shop.")
        found.append(Field(f"subject_{locale}", title, max_length=200, get=_text(locale, 0), order=50 + 10 * n))
        found.append(Field(f"body_{locale}", text, "long_text", max_length=2000, help=hint, get=_text(locale, 1), order=55 + 10 * n))
    return tuple(found)


CAMPAIGNS = Screen(
    resource="notifications.Campaign",
    source=Campaign,
    route="/campaigns",
    title=_l("Campaigns"),
    singular=_l("Campaign"),
    icon="send",
    label="name",
    always=("audience_id", "channels", "freezing", "frozen_at", "holdout_bp", "reason"),
    columns=(
        Column("name", _l("Name"), order=10),
        Column("audience", _l("To whom"), value=campaign_queries.audience_words, order=20),
        Column("state", _l("State"), "status", choices=STATE_CHOICES, order=30),
        Column("people", _l("People"), "int", load=campaign_queries.people, order=40),
        Column("by", _l("Channels"), value=lambda row: " → ".join(queries.channel_words(one) for one in row.channels), order=50),
        Column("started_at", _l("Started"), "datetime", order=60),
        Column("starts_at", _l("Not before"), "datetime", wide=False, order=65),
        Column("ended_at", _l("Ended"), "datetime", wide=False, order=70),
        Column("rate_per_minute", _l("Messages a minute"), "int", wide=False, order=80),
        Column("hour_from", _l("From (hour)"), "int", wide=False, order=90),
        Column("hour_until", _l("Until (hour)"), "int", wide=False, order=100),
        Column("created_at", _l("Written"), "datetime", wide=False, order=110),
    ),
    card=Card(title="name", badge="state", sub=("audience", "people")),
    filters=(Filter("state", _l("State"), choices=STATE_CHOICES, tabs=True, counted=("paused",), order=10),),
    search=Search(contains=("name",), hint=_l("Name")),
    default_sort=("-created_at", "-id"),
    sections=(
        Section("progress", _l("How far it is"), template="notifications/campaign_progress.html", load=campaign_queries.progress, order=10),
        Section("forecast", _l("What would become of it"), template="notifications/campaign_forecast.html", load=campaign_queries.forecast, order=20),
        Section("words", _l("What it says"), template="notifications/campaign_words.html", load=campaign_queries.words, order=30),
        Section(
            "about", _l("About"), columns=("audience", "by", "rate_per_minute", "hour_from", "hour_until", "starts_at", "started_at", "ended_at"), aside=True,
            order=40,
        ),
    ),
    fields=(
        Field("name", _l("Name"), required=True, max_length=80, help=_l("For yourself: customers do not see it."), order=10),
        Field("audience_id", _l("To whom"), "choice", required=True, choices=audiences.choices, order=20),
        *_texts(),
        Field(
            "channels", _l("Channels"), "choices", choices=campaign_queries.channel_choices,
            help=_l("They are tried in this order; whoever is reached by none of them finds it in the shop's list, when that is chosen."), order=80,
        ),
        Field("href", _l("Leads to"), max_length=200, default="/shop/", help=_l("A page of this shop, which begins with /."), order=90),
        Field("rate_per_minute", _l("Messages a minute"), "int", default=600, minimum=6, maximum=60_000, order=100),
        Field("hour_from", _l("From (hour)"), "int", default=9, minimum=0, maximum=23, order=110),
        Field("hour_until", _l("Until (hour)"), "int", default=21, minimum=1, maximum=24, order=120),
        Field("starts_at", _l("Not before"), "datetime", order=130),
        Field("budget", _l("Budget"), "money", help=_l("For messages that cost money. Empty or 0: none of these is sent."), order=140),
        Field(
            "holdout", _l("Not written to, to compare (percent)"), "int", default=0, minimum=0, maximum=50, get=lambda db, row: row.holdout_bp * 100 // ALL_OF_THEM,
            order=150,
        ),
    ),
    create=campaigns.create_campaign,
    update=campaigns.change_campaign,
    actions=(
        Action(
            "freeze", _l("Count who is in it"), _freeze, icon="users", tone="primary", needs=("state", "freezing"),
            when=lambda row: row.state == CampaignState.DRAFT and not row.freezing, done=_l("It is being counted. In a moment this page says whom it would reach."), order=10,
        ),
        Action(
            "start", _l("Start"), campaigns.start, icon="send", tone="primary", needs=("state", "frozen_at"),
            when=lambda row: row.state == CampaignState.DRAFT and row.frozen_at is not None, confirm=lambda row: _l("Start “%(name)s”?", name=row.name),
            follows=_l("Customers get it at the rate and in the hours that you chose."), stays=_l("Not yet"), done=_l("It is on its way."), order=20,
        ),
        Action(
            "pause", _l("Pause"), campaigns.pause, icon="clock", needs=("state",), when=_is(CampaignState.RUNNING, CampaignState.SCHEDULED),
            done=_l("It pauses. Who waits, waits on."), order=30,
        ),
        Action(
            "resume", _l("Go on"), campaigns.resume, icon="refresh", tone="primary", needs=("state",), when=_is(CampaignState.PAUSED),
            done=_l("It goes on where it stopped."), order=40,
        ),
        Action(
            "cancel", _l("Call off"), campaigns.cancel, icon="ban", tone="danger", needs=("state",),
            when=_is(CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED),
            confirm=lambda row: _l("Call off “%(name)s”?", name=row.name), follows=_l("Who waits gets nothing. What left has left."), stays=_l("Let it go on"),
            done=_l("It was called off."), order=50,
        ),
    ),
    empty=_l("No campaign yet. Write one, count whom it would reach, and start it."),
)  # fmt: skip
