"""One verb on many rows: on a selection at once, on all that a list finds as a task. Each row by itself, each refusal by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from .. import audit
from ..config.days import shop_zone
from ..db.uow import reading
from ..i18n.texts import LazyText
from ..i18n.texts import lazy_gettext as _l
from ..i18n.wording import spoken, stored
from ..jobs.phases import OutsideTrouble
from ..kernel import clock
from ..kernel.actors import Actor
from ..kernel.errors import DomainError, IllegalMove, Invalid, NotFound
from ..kernel.phases import ThreePhases
from ..runtime import current_runtime
from ..tasks.running import TaskRun
from ..tasks.service import start_task, task
from . import writing
from .describe import Action, Screen
from .gateway import gateway
from .labels import labels, veiled
from .query import ListQuery, parse

KEPT = 300  # refusals that are named; beyond they are counted
GONE = _l("It is not there any more.")


@dataclass
class Summary:
    """What came of it: how many were done, how many wait for somebody, and why the others were not."""

    done: int = 0
    waiting: int = 0
    refused: list[tuple[Any, Any]] = field(default_factory=list)  # (key of the row, the sentence as it is stored)
    more: int = 0  # refused beyond those that are named
    said: str = ""  # to what waits

    def refuse(self, key: Any, sentence: Any) -> None:
        """One more that was not done."""
        if len(self.refused) < KEPT:
            self.refused.append((key, stored(sentence)))
        else:
            self.more += 1

    @property
    def left(self) -> int:
        """How many were not done."""
        return len(self.refused) + self.more

    def as_json(self) -> dict[str, Any]:
        """For the row of a task."""
        return {"done": self.done, "waiting": self.waiting, "refused": [list(pair) for pair in self.refused], "more": self.more}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any] | None) -> Summary:
        """From the row of a task."""
        kept = kept or {}
        return cls(kept.get("done", 0), kept.get("waiting", 0), [(key, said) for key, said in kept.get("refused", ())], kept.get("more", 0))


def state_refusal(screen: Screen, verb: Action, row: Any) -> DomainError | None:
    """Why a verb is not for a row as it stands; None when it is."""
    if verb.when is None or verb.when(row):
        return None
    badge = next((c for c in screen.columns if c.name == screen.card.badge and c.choices), None)
    state = next((c.label for c in badge.choices if c.value == getattr(row, badge.name, None)), None) if badge is not None else None
    if state is None:
        return IllegalMove(_l("“%(verb)s” is not possible here now.", verb=verb.label))
    return IllegalMove(_l("It is “%(state)s”: “%(verb)s” is not possible.", state=state, verb=verb.label))


def sentence_of(error: DomainError) -> Any:
    """Why, as a text that can be kept: what is wrong with a field comes before that something is wrong."""
    errors = getattr(error, "errors", None)
    if errors:
        return next(iter(errors.values()))
    message = error.message
    return LazyText(message.msgid, {**message.params, **error.params}, message.domain) if isinstance(message, LazyText) else error.text()


def act_on_rows(screen: Screen, verb: Action, values: Mapping[Any, Mapping[str, Any]], *, actor: Actor) -> Summary:
    """Do a verb on rows, each in transactions of its own. ``values``: the answers to its questions, by the key of the row."""
    summary = Summary()
    with reading() as db:
        rows = {getattr(row, screen.key): row for row in gateway.some(db, screen, actor, list(values), permission=f"can_{verb.name}")}
        refusals = {key: state_refusal(screen, verb, veiled(screen, actor, row)) for key, row in rows.items()}
    for key, given in values.items():
        if key not in rows:
            summary.refuse(key, GONE)
        elif (refusal := refusals[key]) is not None:
            summary.refuse(key, sentence_of(refusal))
        else:
            _tally(summary, key, lambda key=key, given=given: writing.act_on_row(
                resource=screen.resource, action=verb.name, id=key, values=given, actor=actor, now=clock.now(),
            ))  # type: ignore[misc] # fmt: skip
    return summary


def _tally(summary: Summary, key: Any, act: Callable[[], str]) -> None:
    try:
        said = act()
    except OutsideTrouble as trouble:
        summary.refuse(key, trouble.text())
    except NotFound:
        summary.refuse(key, GONE)
    except DomainError as error:
        summary.refuse(key, sentence_of(error))
    else:
        summary.said = said or summary.said
        summary.done, summary.waiting = summary.done + (not said), summary.waiting + bool(said)


# -- all that a list finds --------------------------------------------------------------------------


def start_on_all(
    db: Session, screen: Screen, verb: Action, query: ListQuery, arguments: Mapping[str, str], values: Mapping[str, Any], *, actor: Actor, now: datetime,
) -> int:  # fmt: skip
    """Begin a verb on every row that a list finds now; answers the task. Rows that come later are not among them.

    :raises Forbidden: without the right to the verb, or to the list.
    :raises Invalid: where the list finds nothing, or the verb asks something for each row.
    """
    gateway.check(screen, actor, f"can_{verb.name}")
    gateway.check(screen, actor, "can_list")
    if any(f.each for f in verb.fields):
        raise Invalid(_l("This is asked for each row: select them."))
    until = gateway.last_key(db, screen, actor, query)
    if until is None:
        raise Invalid(_l("Nothing was selected."))
    audit.record(
        db, f"{screen.resource.lower()}.{verb.name}_started", target=(screen.resource, "*"), actor=actor, now=now,
        after={"filters": dict(query.raw), "searched": bool(query.q)},
    )  # fmt: skip
    return start_task(
        db, act_on_all, actor=actor, now=now, title=_l("%(verb)s: %(things)s", verb=verb.label, things=screen.title), resource=screen.resource,
        action=verb.name, arguments=dict(arguments), values=dict(values), until=until, zone=shop_zone().key, asked_at=now.isoformat(),
    )  # fmt: skip


@task(_l("Many rows at once"))
def act_on_all(
    run: TaskRun, *, resource: str, action: str, arguments: Mapping[str, str], values: Mapping[str, Any], until: Any, zone: str, asked_at: str,
    **_from_newer_releases: object,
) -> None:  # fmt: skip
    """Do a verb on the rows of a list, one a step: a process that is killed goes on behind the last row that was done, and does none twice.

    A verb that calls somebody far away claims its row in a transaction of its own; done once more, it is refused and says so.
    """
    screen = writing.screen_of(resource)
    verb = next((a for a in screen.actions if a.name == action), None)
    if verb is None:
        raise NotFound(_l("This is not there any more: its plugin is off."))
    actor = run.actor
    query = parse(screen, arguments, actor, zone=ZoneInfo(zone), currency=current_runtime().config["instance.currency"], now=datetime.fromisoformat(asked_at))
    place = run.place or {}
    summary, after, total = Summary.of_json(place.get("summary")), place.get("after"), run.total
    if total is None:
        with reading() as db:
            total = gateway.count_all(db, screen, actor, query)
    while True:
        with reading() as db:
            keys = gateway.keys(db, screen, actor, query, after=after, until=until)
        if not keys:
            break
        for key in keys:
            far = isinstance(verb.run, ThreePhases)
            if far:
                _tally(summary, key, lambda key=key: _one_of_all(None, screen, verb, key, values, actor))  # type: ignore[misc] # bound now
            with run.step() as db:
                if not far:
                    _tally(summary, key, lambda key=key, db=db: _one_of_all(db, screen, verb, key, values, actor))  # type: ignore[misc] # bound now
                after = key
                run.report(done=_count(summary), total=total, sentence=_l("The rows are being done."), place={"after": after, "summary": summary.as_json()})
    run.report(total=_count(summary), sentence=told(summary))


def _count(summary: Summary) -> int:
    return summary.done + summary.waiting + summary.left


def _one_of_all(db: Session | None, screen: Screen, verb: Action, key: Any, values: Mapping[str, Any], actor: Actor) -> str:
    """One row of all: inside the transaction of the step, or in its own where somebody far away is called."""
    about = {"resource": screen.resource, "action": verb.name, "id": key, "values": values, "actor": actor, "now": clock.now()}
    if db is None:
        with reading() as now_open:
            _possible(now_open, screen, verb, key, actor)
        return writing.act_on_row(**about)
    _possible(db, screen, verb, key, actor)
    return writing.act_within(db, **about)


def _possible(db: Session, screen: Screen, verb: Action, key: Any, actor: Actor) -> None:
    row = gateway.one(db, screen, actor, key, permission=f"can_{verb.name}")
    if (refusal := state_refusal(screen, verb, veiled(screen, actor, row))) is not None:
        raise refusal


# -- in words ---------------------------------------------------------------------------------------


def told(summary: Summary) -> Any:
    """What came of it, in a sentence that can be kept."""
    if summary.waiting:
        return _l("%(done)s done, %(waiting)s wait for a second person, %(left)s not done.", done=summary.done, waiting=summary.waiting, left=summary.left)
    if summary.left:
        return _l("%(done)s done, %(left)s not done.", done=summary.done, left=summary.left)
    return _l("%(done)s done.", done=summary.done)


def refusals(db: Session, screen: Screen, actor: Actor, summary: Summary) -> list[dict[str, str]]:
    """The rows that were not done, with why, as this reader may see them: one query for their names."""
    keys = [key for key, _said in summary.refused]
    names = labels(db, screen, actor, keys)
    return [
        {"name": names.get(key, ""), "href": f"{screen.route}/{key}" if key in names else "", "why": spoken(said)} for key, said in summary.refused
    ]  # fmt: skip


def of_task(db: Session, reader: Any, row: Any) -> dict[str, Any]:
    """The rows that a task did not do, for its page."""
    from ..host import current_host

    kept, about = row.place if isinstance(row.place, dict) else {}, row.arguments or {}
    screen = current_host().screens.get(about.get("resource", ""))
    if row.name != act_on_all.name or screen is None:
        return {"refused": [], "more": 0}
    summary = Summary.of_json(kept.get("summary"))
    return {"refused": refusals(db, screen, reader.actor, summary), "more": summary.more}
