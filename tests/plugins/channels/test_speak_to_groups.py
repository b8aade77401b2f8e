"""Robots of three messengers: success is a code in the body, and nothing of a customer's text calls anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from zhanggui.api import Later, ProviderError, Recipient, Refused, Sent, Unknown, clock, reading, unit_of_work
from zhanggui.outside import CalledInTransaction
from zhanggui_channels import wire
from zhanggui_channels.dingtalk import DINGTALK
from zhanggui_channels.feishu import FEISHU
from zhanggui_channels.robots import Robot
from zhanggui_channels.wecom import WECOM
from zhanggui_sandbox import Sandbox

ROBOTS = pytest.mark.parametrize("robot", [WECOM, DINGTALK, FEISHU], ids=lambda robot: robot.id)
NO = {"wecom": "93000", "dingtalk": "310000", "feishu": "19021"}
BUSY = {"wecom": ("45009", 60), "dingtalk": ("130101", 600), "feishu": ("11232", 60)}


@ROBOTS
def test_it_says_it_in_its_group(instance: Any, robot: Robot, arrived: Any, envelope: Any) -> None:
    assert robot.send(envelope(href="https://shop.example/orders/9")) == Sent()
    (found,) = arrived(robot.id)
    assert found["body"] == "订单已发货\n订单26112785921383已交给顺丰。\nhttps://shop.example/orders/9"


@ROBOTS
def test_a_refusal_inside_a_200_is_a_refusal(instance: Any, sandbox: Sandbox, robot: Robot, arrived: Any, envelope: Any) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": robot.id})
    assert robot.send(envelope()) == Refused("provider_refused", NO[robot.id])
    assert arrived(robot.id) == []


@ROBOTS
def test_too_many_a_minute_wait(instance: Any, sandbox: Sandbox, robot: Robot, arrived: Any, envelope: Any) -> None:
    sandbox.ask("POST", "/_sim/faults", {"kind": "rate_limit", "operation": robot.id})
    code, seconds = BUSY[robot.id]
    assert robot.send(envelope()) == Later(seconds, "too_many", code)
    for _ in range(robot.per_minute):
        assert robot.send(envelope()) == Sent()
    assert robot.send(envelope()) == Later(seconds, "too_many", code)  # as many a minute as we say it takes, and no more
    assert len(arrived(robot.id)) == robot.per_minute


@ROBOTS
def test_a_time_out_after_sending_is_unknown_and_asked_once(
    instance: Any, sandbox: Sandbox, robot: Robot, arrived: Any, asked: Any, envelope: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SECONDS", 1.0)
    for kind in ("timeout_after", "timeout_before", "cut"):
        sandbox.ask("POST", "/_sim/faults", {"kind": kind, "operation": robot.id, "seconds": 1.3})
        assert robot.send(envelope()) == Unknown()
    assert asked(robot.id, 3) == 3
    assert len(arrived(robot.id)) == 2  # of the three, two were heard
    assert not robot.channel.repeatable


@ROBOTS
def test_who_was_never_reached_is_tried_later(instance: Any, sandbox: Sandbox, robot: Robot, change: Any, envelope: Any) -> None:
    for status, reason in ((429, "too_many"), (503, "provider_down")):
        sandbox.ask("POST", "/_sim/faults", {"kind": "status", "status": status, "operation": robot.id})
        assert robot.send(envelope()) == Later(60, reason, str(status))
    sandbox.ask("POST", "/_sim/faults", {"kind": "status", "status": 502, "operation": robot.id})
    assert robot.send(envelope()) == Unknown()  # whoever stands between may have passed it on
    change(**{f"{robot.id}_address": "http://127.0.0.1:1/robot"})
    assert robot.send(envelope()) == Later(60, "provider_down")


@ROBOTS
def test_the_test_button_speaks_in_the_group_or_says_why_not(instance: Any, sandbox: Sandbox, robot: Robot, arrived: Any, change: Any) -> None:
    assert robot.probe({})
    assert len(arrived(robot.id)) == 1
    with pytest.raises(ProviderError, match="Enter the address"):
        robot.probe({f"plugin.channels.{robot.id}_address": ""})
    sandbox.ask("POST", "/_sim/faults", {"kind": "refuse", "operation": robot.id})
    with pytest.raises(ProviderError, match=NO[robot.id]):
        robot.probe({})
    for address in ("http://169.254.169.254/latest", "http://10.0.0.7/robot", "https://[::1]:8443/robot"):
        with pytest.raises(ProviderError, match="may not be called"):
            robot.probe({f"plugin.channels.{robot.id}_address": address})
    assert robot.missing() is None
    change(**{f"{robot.id}_address": ""})
    assert "address of the robot" in str(robot.missing())


def test_a_wrong_or_old_signature_is_refused(instance: Any, change: Any, envelope: Any, arrived: Any) -> None:
    for robot in (DINGTALK, FEISHU):
        with clock.hold(clock.now() - timedelta(hours=2)):
            assert robot.send(envelope()) == Refused("provider_refused", NO[robot.id])
        change(**{f"{robot.id}_secret": "SECanother"})
        assert robot.send(envelope()) == Refused("provider_refused", NO[robot.id])
        change(**{f"{robot.id}_secret": ""})
        assert robot.send(envelope()) == Refused("provider_refused", NO[robot.id])
        assert arrived(robot.id) == []


def test_texts_stay_within_their_limit_and_call_nobody(instance: Any, arrived: Callable[..., Any], envelope: Any) -> None:
    assert WECOM.send(envelope(body="茶" * 3000, href="https://shop.example/o")) == Sent()
    (found,) = arrived("wecom")
    assert len(found["body"].encode()) <= 2048
    assert found["body"].endswith("…\nhttps://shop.example/o")
    assert FEISHU.send(envelope(body='<at user_id="all">everybody</at>')) == Sent()
    assert "<at" not in arrived("feishu")[0]["body"]


def test_a_robot_speaks_to_staff_alone_and_never_inside_a_transaction(instance: Any, envelope: Any, arrived: Any) -> None:
    with reading() as db:
        assert WECOM.channel.address(db, Recipient("customer", 1)) is None
        assert WECOM.channel.address(db, Recipient("staff", right=("can_list", "orders.Order")))
    with unit_of_work(), pytest.raises(CalledInTransaction):
        WECOM.send(envelope())
    assert arrived("wecom") == []
