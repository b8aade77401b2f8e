"""Webhooks on the command line: who is told, what waits, and sending again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import select

from zhanggui.api import Command, DomainError, NotFound, _l, clock, current_actor, fmt, programs, reading, unit_of_work

from . import queries, rules
from .models import Delivery, Endpoint, Partner
from .services import delivering, endpoints, partners, replay
from .states import AGAIN, DELIVERY_CHOICES

Say = Callable[..., None]
_ID = click.Argument(["endpoint"], type=int)


class TestFailed(DomainError):
    """The other program did not take the test."""

    code = "test_failed"
    message = _l("The endpoint did not take the test: %(answer)s.")


def list_endpoints(say: Say) -> None:
    """Each with its state and how much waits."""
    with reading() as db:
        found = db.scalars(select(Endpoint).order_by(Endpoint.id)).all()
        ids = [endpoint.id for endpoint in found]
        waits, lost = (queries.in_states(db, ids, states) for states in (queries.WAITING, queries.LOST))
        rows = [{"id": e.id, "label": e.label, "host": e.host, "state": e.state, "waiting": waits[e.id], "missed": lost[e.id]} for e in found]
    lines = [f"{r['id']:<4} {r['state']:<9} {r['waiting']:>6} wait {r['missed']:>6} missed  {r['label']} ({r['host']})" for r in rows]
    say("\n".join(lines) or "None.", rows)


def list_deliveries(say: Say, endpoint: int | None, state: str | None, limit: int) -> None:
    """The newest first."""
    wanted = select(Delivery).order_by(Delivery.id.desc()).limit(limit)
    if endpoint is not None:
        wanted = wanted.where(Delivery.endpoint_id == endpoint)
    if state is not None:
        wanted = wanted.where(Delivery.state == state)
    with reading() as db:
        rows = [
            {"id": d.id, "endpoint": d.endpoint_id, "event": d.type, "message": d.public_id, "state": d.state, "tries": d.tries, "status": d.last_status, "at": d.created_at}
            for d in db.scalars(wanted)
        ]  # fmt: skip
    lines = [f"{r['id']:<8} {r['state']:<8} {r['tries']:>2} tries  {fmt.datetime(r['at'])}  {r['event']} to {r['endpoint']}" for r in rows]
    say("\n".join(lines) or "None.", rows)


def again(say: Say, ids: tuple[int, ...]) -> None:
    """All of them or none."""
    with unit_of_work() as db:
        for id in ids:
            replay.send_again(db, id=id, arrived=True, actor=current_actor(), now=clock.now())
    say(f"{len(ids)} on their way again.", {"sent_again": list(ids)})


def missed(say: Say, endpoint: int) -> None:
    """The oldest first."""
    with unit_of_work() as db:
        count = replay.send_missed(db, id=endpoint, actor=current_actor(), now=clock.now())
    say(f"{count} on their way.", {"endpoint": endpoint, "count": count})


def try_out(say: Say, endpoint: int) -> None:
    """In three phases, as the button does it."""
    with unit_of_work() as db:
        claimed = replay.claim_test(db, id=endpoint, actor=current_actor(), now=clock.now())
    result = replay.do_test(**claimed)
    with unit_of_work() as db:
        replay.end_test(db, result, actor=current_actor(), now=clock.now(), **claimed)
    outcome: delivering.Outcome = result[1]
    if not rules.succeeded(outcome.status):
        raise TestFailed(answer=outcome.status or outcome.trouble)
    say(f"It answered {outcome.status}.", {"endpoint": endpoint, "status": outcome.status})


def pause(say: Say, endpoint: int) -> None:
    """What happens waits."""
    with unit_of_work() as db:
        endpoints.pause(db, id=endpoint, actor=current_actor(), now=clock.now())
    say("Paused. What happens waits.", {"endpoint": endpoint, "state": "paused"})


def resume(say: Say, endpoint: int) -> None:
    """What waits goes."""
    with unit_of_work() as db:
        endpoints.resume(db, id=endpoint, actor=current_actor(), now=clock.now())
    say("It is told again.", {"endpoint": endpoint, "state": "active"})


def list_partners(say: Say) -> None:
    """Each with its tokens: what they may do, until when, and where from they were used last."""
    with reading() as db:
        found = db.scalars(select(Partner).order_by(Partner.id)).all()
        good = programs.good_ones(db, [partners.owner_of(one.id) for one in found], clock.now())
        rows = [{"id": one.id, "label": one.label, "state": one.state, "tokens": [_token(token) for token in good.get(f"{partners.OWNER}:{one.id}", [])]} for one in found]
    lines = []
    for row in rows:
        lines.append(f"{row['id']:<4} {row['state']:<8} {row['label']}")
        for t in row["tokens"]:
            used = f"used {fmt.datetime(t['last_used_at'])} from {t['last_ip']}" if t["last_used_at"] else "not used yet"
            lines.append(f"     {t['token']} until {fmt.datetime(t['expires_at'])}, {used}: {' '.join(t['scopes'])}")
    say("\n".join(lines) or "None.", rows)


def _token(token: Any) -> dict[str, Any]:
    return {
        "token": programs.PREFIX + token.prefix, "scopes": programs.names((verb, resource) for verb, resource in token.scopes or ()), "expires_at": token.expires_at,
        "last_used_at": token.last_used_at, "last_ip": token.last_ip, "networks": list(token.ip_allow or ()), "rate_per_minute": token.rate_per_minute,
    }  # fmt: skip


def revoke(say: Say, token: str) -> None:
    """By the beginning that everybody may know."""
    name = token.removeprefix(programs.PREFIX).partition("_")[0]
    with unit_of_work() as db:
        for owner, held in programs.good_ones(db, None, clock.now()).items():
            for one in held:
                if one.prefix == name and owner.startswith(f"{partners.OWNER}:"):
                    partners.revoke_token(db, id=int(owner.partition(":")[2]), token_id=one.id, actor=current_actor(), now=clock.now())
                    say("Revoked.", {"token": programs.PREFIX + name})
                    return
    raise NotFound()


def _options() -> list[Any]:
    states = click.Choice(sorted({*(str(choice.value) for choice in DELIVERY_CHOICES), *AGAIN}))
    return [
        click.Option(["--endpoint"], type=int, help="Of this endpoint alone."),
        click.Option(["--state"], type=states, help="In this state alone."),
        click.Option(["--limit"], type=click.IntRange(1, 1000), default=50, help="So many at most."),
    ]


COMMANDS = [
    Command("endpoints", list_endpoints, "Who is told, and what waits for each."),
    Command("deliveries", list_deliveries, "What was sent, the newest first.", _options()),
    Command("again", again, "Send deliveries once more, under the same id.", [click.Argument(["ids"], nargs=-1, type=int, required=True)]),
    Command("missed", missed, "Send all that an endpoint did not get.", [_ID]),
    Command("test", try_out, "Send a test event, and say what was answered.", [_ID]),
    Command("pause", pause, "Tell an endpoint nothing for now; what happens waits.", [_ID]),
    Command("partners", list_partners, "Partners and their tokens, never a secret."),
    Command("revoke", revoke, "End a token of a partner: its next request is refused.", [click.Argument(["token"])]),
    Command("resume", resume, "Tell it again.", [_ID]),
]
