"""Notifications that no provider sent: what a shop must refuse, and a few odd ones that it must take.

Each is a change of a genuine one. Whoever changes what is told signs and encrypts it rightly all the same: only the shop's own
comparison of merchant, order and amount can find it.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode

from . import crypto
from .keys import new_key
from .store import Row
from .world import World

Made = tuple[bytes, dict[str, str]]
_BOMB = 10 * 1024 * 1024


def forge(world: World, notice: Row, variant: str, body: bytes, headers: dict[str, str]) -> Made:
    """The body and headers of this variant.

    :raises KeyError: when this provider has no such one.
    """
    return table(notice["provider"])[variant](world, notice, body, headers)


Variant = Callable[[World, Row, bytes, dict[str, str]], Made]


def table(provider: str) -> Mapping[str, Variant]:
    """The variants of a provider by their names."""
    return _WECHATPAY if provider == "wechatpay" else _ALIPAY


# --- WeChat Pay


def _head(change: Mapping[str, str | None]) -> Variant:
    def made(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
        return body, {name: value for name, value in {**headers, **change}.items() if value is not None}

    return made


def _raw(change: Callable[[bytes], bytes], **more: str) -> Variant:
    """Another body under the old signature."""
    return lambda world, notice, body, headers: (change(body), {**headers, **more})


def _signed(change: Callable[[bytes], bytes], shift: float = 0, stamp: str = "", key: str = "") -> Variant:
    """Another body, time or key, signed as it is."""

    def made(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
        body = change(body)
        at, nonce = stamp or str(int(world.clock.wire() + shift)), headers["Wechatpay-Nonce"]
        pair = world.keys.platform[-1].private if world.settings.notify_with == "certificate" else world.keys.platform_key
        by = new_key() if key == "other" else world.keys.merchant.private if key == "merchant" else pair
        return body, {**headers, "Wechatpay-Timestamp": at, "Wechatpay-Signature": crypto.sign(by, f"{at}\n{nonce}\n".encode() + body + b"\n")}

    return made


def _old_nonce(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
    """Rightly signed, with the same nonce each time: the second copy is a replay."""
    return _signed(_same)(world, notice, body, {**headers, "Wechatpay-Nonce": "0" * 32})


def _same(body: bytes) -> bytes:
    return body


def _told(edit: Mapping[str, Any], event: str = "") -> Variant:
    """Other things are told, encrypted and signed as they should be."""

    def made(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
        from .wechatpay.notices import Notices, change

        content = json.loads(notice["content"])
        change(content, {name: value(content) if callable(value) else value for name, value in edit.items()})
        wrapped = Notices().wrap(world, event or notice["event"], json.loads(notice["body"])["id"], crypto.compact(content))
        return wrapped, Notices().headers(world, wrapped)

    return made


def _times(factor: int, plus: int = 0, field: str = "total") -> Callable[[dict[str, Any]], int]:
    return lambda content: int(content["amount"][field]) * factor + plus


def _envelope(edit: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def changed(body: bytes) -> bytes:
        found = json.loads(body)
        edit(found["resource"])
        return crypto.compact(found).encode()

    return changed


def _flip(resource: dict[str, Any]) -> None:
    raw = bytearray(base64.b64decode(resource["ciphertext"]))
    raw[-1] ^= 1
    resource["ciphertext"] = base64.b64encode(raw).decode()


def _xml(entity: str = "") -> Callable[[bytes], bytes]:
    doctype = f'<!DOCTYPE xml [<!ENTITY x SYSTEM "{entity}">]>' if entity else ""
    inner = "&x;" if entity else "SUCCESS"
    return lambda body: f"{doctype}<xml><return_code>{inner}</return_code><result_code>SUCCESS</result_code></xml>".encode()


_WECHATPAY: dict[str, Variant] = {
    "no_signature": _head({"Wechatpay-Signature": None}), "empty_signature": _head({"Wechatpay-Signature": ""}),
    "other_key": _signed(_same, key="other"), "merchant_key": _signed(_same, key="merchant"),
    "reserialised": _raw(lambda body: json.dumps(json.loads(body)).encode()), "tampered_body": _raw(lambda body: body.replace(b'"id":"', b'"id":"0', 1)),
    "stale": _signed(_same, shift=-360), "future": _signed(_same, shift=360), "timestamp_text": _signed(_same, stamp="yesterday"),
    "timestamp_negative": _signed(_same, stamp="-1"), "no_timestamp": _head({"Wechatpay-Timestamp": None}), "no_nonce": _head({"Wechatpay-Nonce": None}),
    "nonce_reused": _old_nonce, "unknown_serial": _head({"Wechatpay-Serial": "5F" * 20}), "unknown_public_key_id": _head({"Wechatpay-Serial": "PUB_KEY_ID_0000"}),
    "empty_serial": _head({"Wechatpay-Serial": ""}), "no_serial": _head({"Wechatpay-Serial": None}),
    "other_signature_type": _head({"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"}),
    "no_signature_type": _head({"Wechatpay-Signature-Type": None}),  # genuine: not every page of theirs lists this head
    "probe": lambda world, notice, body, headers: (body, {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"][19:]}),
    "tag_flipped": _signed(_envelope(_flip)), "associated_data_changed": _signed(_envelope(lambda r: r.update(associated_data="other"))),
    "empty_nonce": _signed(_envelope(lambda r: r.update(nonce=""))), "other_algorithm": _signed(_envelope(lambda r: r.update(algorithm="AEAD_SM4_GCM"))),
    "no_resource": _signed(lambda body: crypto.compact({k: v for k, v in json.loads(body).items() if k != "resource"}).encode()),
    "amount_plus_1": _told({"amount.total": _times(1, 1)}), "amount_minus_1": _told({"amount.total": _times(1, -1)}),
    "amount_zero": _told({"amount.total": 0}), "amount_10x": _told({"amount.total": _times(10)}), "currency_usd": _told({"amount.currency": "USD"}),
    "payer_total_differs": _told({"amount.payer_total": _times(1, -1)}),  # genuine: a coupon of WeChat paid the rest
    "other_mchid": _told({"mchid": "1900009999"}), "other_appid": _told({"appid": "wxffffffffffffffff"}),
    "unknown_order": _told({"out_trade_no": "nobodyknows000001"}), "event_unknown": _told({}, "TRANSACTION.DREAMED"),
    "state_notpay": _told({"trade_state": "NOTPAY"}), "state_closed": _told({"trade_state": "CLOSED"}),
    "refund_larger": _told({"amount.refund": lambda content: int(content["amount"]["total"]) + 1, "refund_status": "SUCCESS"}),
    "refund_of_other_order": _told({"out_trade_no": "nobodyknows000001", "transaction_id": "4" * 28}),
    "v2_xml": _raw(_xml(), **{"Content-Type": "text/xml"}), "v2_xml_entity": _raw(_xml("file:///etc/passwd"), **{"Content-Type": "text/xml"}),
    "v2_without_sign": _raw(lambda body: b"<xml><out_trade_no>1</out_trade_no></xml>"),
    "duplicate_keys": _raw(lambda body: b'{"id":"x",' + body[1:]), "oversize": _raw(lambda body: body[:-1] + b" " * _BOMB + b"}"),
    "gzip_bomb": _raw(lambda body: gzip.compress(b" " * _BOMB), **{"Content-Encoding": "gzip"}), "not_utf8": _raw(lambda body: b"\xff\xfe" + body),
    "not_json": _raw(lambda body: b"paid=1"), "empty_body": _raw(lambda body: b""),
}  # fmt: skip


# --- Alipay


def _form(edit: Mapping[str, str | None], *, signed: bool, key: str = "") -> Variant:
    """Other fields; ``signed``: with a signature of Alipay over them, or of somebody else."""

    def made(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
        from .alipay.notices import sealed

        fields: dict[str, str | None] = {**dict(parse_qsl(body.decode(), keep_blank_values=True)), **edit}
        kept = {name: value for name, value in fields.items() if value is not None}
        if not signed:
            return urlencode(kept).encode(), headers
        kept.pop("sign", None)
        by = new_key() if key == "other" else world.keys.alipay_app.private if key == "app" else None
        return sealed(world, kept, by), headers

    return made


def _weak(world: World, notice: Row, body: bytes, headers: dict[str, str]) -> Made:
    """Signed by Alipay, but over SHA-1, as the old sign_type has it."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA1

    from .alipay.notices import signed_text

    fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) | {"sign_type": "RSA"}
    fields["sign"] = base64.b64encode(world.keys.alipay.private.sign(signed_text(fields).encode(), PKCS1v15(), SHA1())).decode()  # noqa: S303
    return urlencode(fields).encode(), headers


_told_by_alipay = partial(_form, signed=True)
_ALIPAY: dict[str, Variant] = {
    "no_signature": _form({"sign": None}, signed=False), "empty_signature": _form({"sign": ""}, signed=False),
    "no_sign_type": _form({"sign_type": None}, signed=False), "unknown_sign_type": _form({"sign_type": "NONE"}, signed=False), "sha1": _weak,
    "other_key": _form({}, signed=True, key="other"), "app_key": _form({}, signed=True, key="app"),
    "tampered_body": _form({"subject": "another"}, signed=False), "amount_tampered": _form({"total_amount": "0.01"}, signed=False),
    "amount_001": _told_by_alipay({"total_amount": "0.01"}), "amount_zero": _told_by_alipay({"total_amount": "0.00"}),
    "amount_text": _told_by_alipay({"total_amount": "1e3"}), "amount_three_places": _told_by_alipay({"total_amount": "1.005"}),
    "currency_usd": _told_by_alipay({"trans_currency": "USD"}), "other_seller": _told_by_alipay({"seller_id": "2088000199999999"}),
    "other_app": _told_by_alipay({"app_id": "9021000199999999", "auth_app_id": "9021000199999999"}),
    "unknown_order": _told_by_alipay({"out_trade_no": "nobodyknows000001"}), "state_closed": _told_by_alipay({"trade_status": "TRADE_CLOSED"}),
    "state_unknown": _told_by_alipay({"trade_status": "TRADE_DREAMED"}), "state_waiting": _told_by_alipay({"trade_status": "WAIT_BUYER_PAY"}),
    "refund_larger": _told_by_alipay({"refund_fee": "99999999.00", "out_biz_no": "R999"}),
    "duplicate_keys": _raw(lambda body: b"out_trade_no=x&" + body), "oversize": _raw(lambda body: body + b"&pad=" + b"x" * _BOMB),
    "not_utf8": _raw(lambda body: body + b"&x=%ff%fe"), "json": _raw(lambda body: b'{"trade_status":"TRADE_SUCCESS"}', **{"Content-Type": "application/json"}),
    "gzip_bomb": _raw(lambda body: gzip.compress(b"x" * _BOMB), **{"Content-Encoding": "gzip"}), "empty_body": _raw(lambda body: b""),
}  # fmt: skip
# What a shop must take although it looks odd.
GENUINE: dict[str, tuple[str, ...]] = {"wechatpay": ("no_signature_type", "payer_total_differs", "nonce_reused"), "alipay": ()}
