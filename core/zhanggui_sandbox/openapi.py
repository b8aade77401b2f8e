"""The control API as a table, and the OpenAPI document made from it."""

from __future__ import annotations

from typing import Any

from . import control as c
from . import receivers, reports
from .control import Entry
from .faults import KINDS, OPERATIONS, PROVIDERS

_ORDER = {"out_trade_no": "the shop's number of the order or attempt", "provider": "wechatpay or alipay, where both know the number"}
_LIMIT = {"limit": "how many at most (100)"}
ENTRIES = (
    Entry("GET", "/_sim/credentials", c.credentials, "Keys and numbers of the demo merchant at both providers and of the mini-program"),
    Entry("POST", "/_sim/pay", c.pay, "The customer pays, fails or cancels", {
        **_ORDER, "result": "success, fail or cancel", "force": "true: pay what is closed or expired too, as when both cross",
        "amount": "fen, another amount than was asked", "currency": "another currency",
        "final": "true with fail: the order ends as PAYERROR; else it stays unpaid and can be tried again, as with the real ones",
    }, {"out_trade_no": "T20261126001", "result": "success"}),
    Entry("POST", "/_sim/refund", c.refund, "A refund that is processed or abnormal ends", {
        "out_refund_no": "the shop's number", "provider": "wechatpay or alipay", "result": "success, abnormal or closed",
    }, {"out_refund_no": "R20261126001", "result": "success"}),
    Entry("POST", "/_sim/console_refund", c.console_refund, "Somebody refunds in the provider's console", {
        **_ORDER, "amount": "fen; without: all that is left", "notify_url": "as set in the console; without: the address of the order",
    },
          {"out_trade_no": "T20261126001", "amount": 100}),
    Entry("GET", "/_sim/faults", c.list_faults, "Faults that are set, and all kinds of them"),
    Entry("POST", "/_sim/faults", c.set_fault, "Let something go wrong", {
        "kind": "one of: " + "; ".join(f"{name}: {text}" for name, text in KINDS.items()), "operation": "only at one of " + ", ".join(OPERATIONS),
        "provider": "only at one of " + ", ".join(PROVIDERS), "out_trade_no": "only for this order", "out_refund_no": "only for this refund",
        "count": "how often (1); 0: for ever", "probability": "how likely each time (1)", "seconds": "a parameter of some kinds", "status": "likewise",
        "code": "likewise", "errcode": "likewise", "sub_code": "likewise", "state": "likewise", "by": "likewise", "currency": "likewise", "edit": "likewise",
        "rows": "likewise", "copies": "likewise", "new_ids": "likewise", "variant": "likewise", "retry_after": "likewise", "megabytes": "likewise", "receiver": "only at /hooks/<this>",
    }, {"kind": "timeout_after", "operation": "refund", "seconds": 0.1}),
    Entry("DELETE", "/_sim/faults", c.clear_faults, "Take a fault away, or all", query={"id": "this one alone"}),
    Entry("POST", "/_sim/deliver", c.deliver, "Deliver the newest notification of an order now", {
        **_ORDER, "kind": "payment or refund", "out_refund_no": "of this refund", "copies": "how many (1)", "parallel": "how many at a time (1); true: all",
        "new_ids": "true: each under an id of its own", "forge": "as one of /_sim/forgeries", "edit": "fields told differently, such as {\"amount.total\": 5}", "event": "another event_type of WeChat Pay",
    }, {"out_trade_no": "T20261126001", "copies": 20, "parallel": 8}),
    Entry("GET", "/_sim/deliveries", c.deliveries, "Notifications, and what each delivery was answered", query={"out_trade_no": "of this order", **_LIMIT}),
    Entry("GET", "/_sim/forgeries", c.list_forgeries, "Variants of forged notifications; what is under genuine must be taken"),
    Entry("GET", "/_sim/ledger", c.ledger, "Every fen that moved", query={"provider": "of one", "out_trade_no": "of one", "kind": "payment or refund"}),
    Entry("GET", "/_sim/orders", c.orders, "Orders with their refunds", query={"out_trade_no": "this one", **_LIMIT}),
    Entry("GET", "/_sim/requests", c.requests, "What was asked and answered, with the text that a refused signature should have covered",
          query={"trouble": "1: only what was refused", **_LIMIT}),
    Entry("GET", "/_sim/clock", c.show_clock, "The simulated time"),
    Entry("POST", "/_sim/clock", c.advance_clock, "Let time pass", {
        "advance_seconds": "how much", "signatures": "true: also in signatures, for a shop whose clock moves with ours",
    }, {"advance_seconds": 3600}),
    Entry("GET", "/_sim/keys", c.show_keys, "Which keys WeChat Pay uses"),
    Entry("POST", "/_sim/keys", c.change_keys, "Change them", {
        "mode": "both, public_key or certificate", "notify_with": "public_key or certificate, while mode is both", "rotate": "true: a new platform certificate",
    }, {"mode": "both", "notify_with": "public_key"}),
    Entry("POST", "/_sim/login", c.login, "A code as wx.login or the phone button gives it", {"user": "any name; always the same openid", "kind": "login or phone"},
          {"user": "alice"}),
    Entry("POST", "/_sim/subscribe", c.allow_messages, "The customer answers the prompt for WeChat messages", {
        "user": "any name", "template_id": "one of /_sim/templates", "answer": "accept, reject, ban or filter", "count": "how often (1)",
    }, {"user": "alice", "template_id": "SBXshippedTemplate0000000000000000000000001"}),
    Entry("GET", "/_sim/templates", c.list_templates, "The mini-program's templates of WeChat messages, with their fields"),
    Entry("GET", "/_sim/messages", c.list_messages, "Messages, mails and texts that arrived; /_sim/phone shows them as a page", query={
        "channel": "wechat_subscribe, sms_tencent, sms_aliyun, email, wecom, dingtalk or feishu", "who": "of this person, phone, address or group", **_LIMIT,
    }),
    Entry("POST", "/_sim/report_address", reports.set_address, "Where the shop is told whether short messages arrived, as entered in the provider's console", {
        "provider": "sms_tencent or sms_aliyun", "url": "the address that the shop's settings name",
    }, {"provider": "sms_tencent", "url": "http://127.0.0.1:8000/notify/sms/tencent/key"}),
    Entry("POST", "/_sim/report", reports.report_again, "Tell of the newest short messages once more, in one report", {
        "provider": "sms_tencent or sms_aliyun", "count": "of how many (1)", "copies": "how often (1)", "code": "why it did not arrive; without: it did",
    }, {"provider": "sms_tencent"}),
    Entry("POST", "/_sim/receivers", receivers.know_secret, "A receiver of webhooks at /hooks/<name> checks with this secret from now on; GET shows all as a page", {
        "name": "a-z, 0-9 and -", "secret": "whsec_...", "secrets": "several, each of which is good",
    }, {"name": "books", "secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}),
    Entry("GET", "/_sim/received", receivers.list_received, "Webhooks that arrived, with what checking them said; /_sim/receivers shows them as a page", query={
        "name": "of this receiver", **_LIMIT,
    }),
    Entry("POST", "/_sim/request_payment", c.request_payment, "wx.requestPayment: checks paySign and says where the cashier is", {
        "appId": "of the mini-program", "timeStamp": "as given to the client", "nonceStr": "likewise", "package": "prepay_id=...", "signType": "RSA",
        "paySign": "likewise",
    }, {"timeStamp": "1764158400", "nonceStr": "n", "package": "prepay_id=wx1", "signType": "RSA", "paySign": "c2lnbg=="}),
    Entry("POST", "/_sim/revoke_tokens", c.revoke_tokens, "Every access token is worth nothing from now on", {}, {}),
    Entry("POST", "/_sim/reset", c.reset, "An empty shop on today's clock, with the same keys", {}, {}),
)  # fmt: skip


def document(base: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for entry in ENTRIES:
        operation: dict[str, Any] = {
            "summary": entry.summary, "operationId": entry.run.__name__,
            "responses": {"200": {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}},
                          "400": {"description": "One sentence in error says what is wrong"}},
        }  # fmt: skip
        if entry.query:
            operation["parameters"] = [{"name": name, "in": "query", "description": text, "schema": {"type": "string"}} for name, text in entry.query.items()]
        if entry.example is not None:
            shape = {"type": "object", "properties": {name: {"description": text} for name, text in entry.fields.items()}}
            operation["requestBody"] = {"content": {"application/json": {"schema": shape, "example": entry.example}}}
        paths.setdefault(entry.path, {})[entry.method.lower()] = operation
    return {
        "openapi": "3.1.0", "servers": [{"url": base}], "paths": paths,
        "info": {"title": "Control of the payment sandbox", "version": "1", "description": "Simulated money. Amounts are whole fen."},
    }  # fmt: skip
