"""What goes wrong on purpose: which requests and notifications it befalls, how often, and how."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .store import Store

# At a request: before it is worked on, and after.
BEFORE = {
    "timeout_before": "holds the connection for `seconds` (30) and cuts it; nothing was done",
    "cut_before": "cuts the connection; nothing was done",
    "status": "answers `status` (500; 429, 502, 503, 401 and others) with the provider's own code, or `code`; nothing was done. A receiver of webhooks answers "
    "301, 404, 410 so too, and names the seconds of `retry_after`",
    "flood": "answers with `megabytes` (1024) of nothing; nothing was done",
    "errcode": "WeChat's platform answers `errcode` (-1) with status 200; nothing was done. `token` 40001 for ever is count 0",
    "refuse": "a robot or an SMS API answers status 200 with a refusal in the body, the mail server refuses the recipient (550): its own code, or `code`; "
    "nothing was done",
    "rate_limit": "a robot or an SMS API answers that too many came, in its own words; nothing was done",
    "alipay_code": "Alipay answers `code` (20000) and `sub_code` (aop.ACQ.SYSTEM_ERROR), signed; nothing was done",
}
AFTER = {
    "timeout_after": "does the work, holds the connection for `seconds` (30) and cuts it",
    "cut": "does the work and cuts the connection in the middle of the answer",
    "status_after": "does the work and answers `status` (500)",
    "slow": "does the work and answers after `seconds` (3)",
    "sign_wrong": "signs the answer with another key",
    "sign_missing": "leaves the signature of the answer out",
    "sign_probe": "answers with a signature that begins WECHATPAY/SIGNTEST/",
    "sign_stale": "signs the answer with a time ten minutes ago",
    "sign_serial": "signs the answer rightly under a serial number that nobody knows",
    "garbage": "does the work and answers with a page of HTML and status 200",
}
# While the work is done.
DURING = {
    "paid_before_answer": "the order is paid and its notification delivered before `prepay` is answered",
    "refunded_before_answer": "the refund succeeds and its notification is delivered before `refund` is answered",
    "refund": "the refund ends in `state` (ABNORMAL, CLOSED) or stays in PROCESSING until /_sim/refund",
    "not_enough": "the refund is refused: not enough money in the merchant's account",
    "wrong_amount": "the customer pays `by` (1) fen more than was asked (negative: less)",
    "wrong_currency": "the payment is told in `currency` (USD)",
    "undelivered": "a short message is taken and reaches no phone: the report says `code`, if the shop named an address for reports",
    "bill": "`edit` of the bill: missing_row, extra_row, amount_off, over_midnight, bad_hash, expired_url, not_ready, empty_day, odd_name, many_rows "
    "(`rows`, 100000)",
}
NOTICES = {
    "no_notification": "nothing is ever delivered",
    "hold_notifications": "nothing is delivered until /_sim/deliver",
    "many_notifications": "`copies` (20) at once, with `new_ids` each under an id of its own",
    "late_notification": "delivered after `seconds` (60) of the simulated clock",
    "forge": "delivered as `variant`, see /_sim/forgeries",
}
MACHINE = {"down": "the port is closed for `seconds` (2), at once: connections are refused"}
KINDS = BEFORE | AFTER | DURING | NOTICES | MACHINE
OPERATIONS = (
    "prepay", "query", "close", "cancel", "refund", "query_refund", "abnormal_refund", "certificates", "bill", "bill_file", "login", "token", "phone",
    "payment_notification", "refund_notification", "pay", "subscribe", "wecom", "dingtalk", "feishu", "sms_tencent", "sms_aliyun", "mail", "webhook",
)  # fmt: skip
PROVIDERS = ("wechatpay", "alipay", "wechat", "robot", "sms", "mail", "webhook")
_MATCH = ("provider", "operation", "out_trade_no", "out_refund_no", "receiver")


class BadFault(ValueError):
    """A fault that cannot be set; the sentence says why."""


@dataclass
class Fault:
    """One fault. ``left`` None: for ever."""

    id: int
    spec: dict[str, Any]
    left: int | None

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return str(self.spec["kind"])

    def get(self, name: str, default: Any) -> Any:
        """A parameter."""
        return self.spec.get(name, default)

    def concerns(self, about: Mapping[str, str]) -> bool:
        """Whether it befalls this request."""
        return all(name not in self.spec or self.spec[name] == about.get(name) for name in _MATCH)


class Faults:
    """Those that are set, in the order in which they were."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, threading.Lock()
        self._set = [Fault(row["id"], json.loads(row["spec"]), row["left"]) for row in store.all("SELECT * FROM fault ORDER BY id")]

    def add(self, spec: Any) -> Fault:
        """:raises BadFault: for a kind, an operation or a count that is none."""
        if not isinstance(spec, dict) or spec.get("kind") not in KINDS:
            raise BadFault(f"kind must be one of {', '.join(KINDS)}")
        if "operation" in spec and spec["operation"] not in OPERATIONS:
            raise BadFault(f"operation must be one of {', '.join(OPERATIONS)}")
        if "provider" in spec and spec["provider"] not in PROVIDERS:
            raise BadFault(f"provider must be one of {', '.join(PROVIDERS)}")
        count, probability = spec.get("count", 1), spec.get("probability", 1)
        if type(count) is not int or count < 0:
            raise BadFault("count must be a whole number; 0 is for ever")
        if isinstance(probability, bool) or not isinstance(probability, int | float) or not 0 < probability <= 1:
            raise BadFault("probability must be above 0 and at most 1")
        for name in ("seconds", "status", "copies", "rows", "by", "errcode", "retry_after", "megabytes"):
            if name in spec and (isinstance(spec[name], bool) or not isinstance(spec[name], int | float)):
                raise BadFault(f"{name} must be a number")
        with self._lock:
            number = self._store.insert("INSERT INTO fault (spec, left) VALUES (?, ?)", json.dumps(spec), count or None)
            fault = Fault(number, spec, count or None)
            self._set.append(fault)
        return fault

    def take(self, kinds: Mapping[str, str], about: Mapping[str, str]) -> Fault | None:
        """The first fault of one of these kinds that befalls this; it is used up by one."""
        if not self._set:
            return None
        with self._lock:
            for fault in self._set:
                if fault.kind in kinds and fault.concerns(about) and random.random() < fault.get("probability", 1):
                    self._use(fault)
                    return fault
        return None

    def named(self, kind: str, about: Mapping[str, str]) -> Fault | None:
        """As :meth:`take`, of one kind."""
        return self.take({kind: ""}, about)

    def _use(self, fault: Fault) -> None:
        if fault.left is None:
            return
        fault.left -= 1
        if fault.left:
            self._store.run("UPDATE fault SET left = ? WHERE id = ?", fault.left, fault.id)
        else:
            self._set.remove(fault)
            self._store.run("DELETE FROM fault WHERE id = ?", fault.id)

    def clear(self, number: int | None = None) -> int:
        """Take this one away, or all; answers how many."""
        with self._lock:
            gone = [fault for fault in self._set if number in (None, fault.id)]
            for fault in gone:
                self._set.remove(fault)
                self._store.run("DELETE FROM fault WHERE id = ?", fault.id)
        return len(gone)

    def state(self) -> list[dict[str, Any]]:
        """For the control API."""
        with self._lock:
            return [{"id": fault.id, "left": fault.left, **fault.spec} for fault in self._set]
