"""Hooks for events, jobs and schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import hookspec

if TYPE_CHECKING:
    from ..host.declare import Approvable, AuditWords, Command, JobDef, PublicEvent, Schedule, Webhook
    from ..host.messaging import MessageKind


@hookspec
def register_events() -> Sequence[type[Any]]:
    """Event classes that this plugin publishes.

    Example: ``return [events.OrderPlaced, events.OrderShipped]``
    """
    return ()


@hookspec
def register_public_events() -> Sequence[PublicEvent]:
    """Events of this plugin that programs outside may be told of, and what of each; see ``docs/guides/public-events.md``.

    Example: ``return [PublicEvent("orders.order.paid@1", _l("An order is paid"), {"number": {"type": "string"}}, {"number": "26112785921383"}, render)]``
    """
    return ()


@hookspec
def register_message_kinds() -> Sequence[MessageKind]:
    """What customers and staff can be told of this plugin's facts, by whichever plugin carries messages here.

    Example: ``return [MessageKind("orders.shipped", _l("Order shipped"), "orders.order.shipped@1", buyer, facts_of, key_of, VARIABLES, subject, body)]``
    """
    return ()


@hookspec
def register_handlers() -> Mapping[str | type[Any], Sequence[JobDef]]:
    """Jobs that run after an event, named by class or by ``"<name>@<version>"`` (no import needed).

    Jobs under ``"*"`` run after every event there is, and get ``event`` (its ``id``, ``name`` as ``"<name>@<version>"``,
    ``key`` and ``at``) beside the event's own fields; with ``@job(hears=...)`` only after those that they say are for them.

    Example: ``return {"orders.order.placed@1": [jobs.count_points], "*": [jobs.tell_partners]}``
    """
    return {}


@hookspec
def register_jobs() -> Sequence[JobDef]:
    """Functions that a worker may run.

    Example: ``return [jobs.release_expired_reservations]``
    """
    return ()


@hookspec
def register_commands() -> Sequence[Command]:
    """Commands of the command line, below the plugin's id: ``zhanggui webhooks missed 3``.

    Example: ``return [Command("missed", missed, "Send what an endpoint missed.", [click.Argument(["endpoint"], type=int)])]``
    """
    return ()


@hookspec
def register_schedules() -> Sequence[Schedule]:
    """Jobs that run by the clock.

    Example: ``return [Schedule("expire", jobs.release_expired_reservations, seconds=60)]``
    """
    return ()


@hookspec
def register_audit_words() -> Sequence[AuditWords]:
    """What the acts are called that this plugin records, and the values that they hold: the trail says it in the reader's words.

    Example: ``return [AuditWords("pandapay.account.linked", _l("Account linked"), [Column("scene", _l("Way to pay"))])]``
    """
    return ()


@hookspec
def register_approvals() -> Sequence[Approvable]:
    """What a second person has to agree to. Your action calls ``request_approval`` where it may not go on alone.

    Example: ``return [Approvable("refund_much", _l("Large refund"), "payments.Payment", ("can_approve", "payments.Payment"), services.refund)]``
    """
    return ()


@hookspec
def register_webhooks() -> Sequence[Webhook]:
    """Addresses below ``/notify/`` at which somebody outside tells us something: verified, stored once, handled by a job.

    Example: ``return [Webhook("acme-pay", "/<account>", callbacks.verify, jobs.take_notice)]``
    """
    return ()
