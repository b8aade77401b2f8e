"""States of endpoints and deliveries, and the moves between them."""

from __future__ import annotations

from enum import StrEnum

from zhanggui.api import Choice, _l


class EndpointState(StrEnum):
    ACTIVE = "active"
    RESTING = "resting"  # it failed often: one delivery tries now and then, the others wait
    PAUSED = "paused"  # by a person: everything waits
    DISABLED = "disabled"  # it failed for days, or said that it is gone: what happens is missed


class PartnerState(StrEnum):
    ACTIVE = "active"
    STOPPED = "stopped"  # by a person: its tokens are revoked, and its endpoints paused


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"  # tried as often as there are tries
    DROPPED = "dropped"  # not tried: waited too long, or the endpoint was disabled


ENDPOINT_MOVES: dict[EndpointState, set[EndpointState]] = {
    EndpointState.ACTIVE: {EndpointState.RESTING, EndpointState.PAUSED, EndpointState.DISABLED},
    EndpointState.RESTING: {EndpointState.ACTIVE, EndpointState.PAUSED, EndpointState.DISABLED},
    EndpointState.PAUSED: {EndpointState.ACTIVE},
    EndpointState.DISABLED: {EndpointState.ACTIVE},
}
DELIVERY_MOVES: dict[DeliveryState, set[DeliveryState]] = {
    DeliveryState.PENDING: {DeliveryState.SENDING, DeliveryState.DROPPED},
    DeliveryState.SENDING: {DeliveryState.DONE, DeliveryState.PENDING, DeliveryState.FAILED},
    DeliveryState.DONE: {DeliveryState.PENDING},
    DeliveryState.FAILED: {DeliveryState.PENDING},
    DeliveryState.DROPPED: {DeliveryState.PENDING},
}

PARTNER_MOVES: dict[PartnerState, set[PartnerState]] = {PartnerState.ACTIVE: {PartnerState.STOPPED}, PartnerState.STOPPED: {PartnerState.ACTIVE}}

PARTNER_CHOICES = (Choice("active", _l("Active"), "good"), Choice("stopped", _l("Stopped"), "neutral"))
ENDPOINT_CHOICES = (
    Choice("active", _l("Working"), "good"),
    Choice("resting", _l("Does not answer"), "warn"),
    Choice("paused", _l("Paused"), "neutral"),
    Choice("disabled", _l("Switched off"), "bad"),
)
DELIVERY_CHOICES = (
    Choice("pending", _l("Waiting"), "info"),
    Choice("sending", _l("Being sent"), "info"),
    Choice("done", _l("Delivered"), "good"),
    Choice("failed", _l("Not delivered"), "bad"),
    Choice("dropped", _l("Missed"), "warn"),
)
UNDELIVERED = ("failed", "dropped")
AGAIN = ("done", *UNDELIVERED)  # states of deliveries that can be sent once more
