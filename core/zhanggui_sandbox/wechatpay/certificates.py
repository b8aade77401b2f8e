"""The platform's certificates, encrypted for the merchant; nothing in public-key mode."""

from __future__ import annotations

from .. import crypto
from ..clock import rfc3339
from ..web import Call, Reply
from ..world import World
from .refusals import Refused


def show(world: World, call: Call) -> Reply:
    """All that are valid, also those that sign no longer."""
    if world.settings.mode == "public_key":
        raise Refused(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196")
    found = []
    for pair in world.keys.platform:
        sealed = crypto.seal(world.keys.api_v3_key, pair.certificate.encode(), kind="", associated="certificate")
        del sealed["original_type"]
        found.append({
            "serial_no": pair.serial, "effective_time": rfc3339(pair.x509.not_valid_before_utc.timestamp()),
            "expire_time": rfc3339(pair.x509.not_valid_after_utc.timestamp()), "encrypt_certificate": sealed,
        })  # fmt: skip
    return Reply.json({"data": found})
