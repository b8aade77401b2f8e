"""Subscribe messages: the channel ``wechat_subscribe``, for whichever plugin carries messages. One grant of the customer's pays for one message."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from zhanggui.api import Channel, Envelope, Later, ProviderError, Recipient, Refused, Sent, Unknown, _l, clock, get_setting
from zhanggui_customers import facade as customers

from . import grants, identity, services, templates, wire
from .contracts import BUSY, QUOTA, TOKEN, WechatRefused

log = logging.getLogger(__name__)
PATH = "/cgi-bin/message/subscribe/send"
SOON, A_DAY = 60, 3600
_WHICH = re.compile(r"data\.([a-z_]+[0-9]*)")
_LANGUAGES = {"zh_CN": "zh_CN", "zh_TW": "zh_TW", "zh_HK": "zh_HK"}
Result = Sent | Refused | Later | Unknown


def known() -> Mapping[str, templates.Template]:
    """The templates of this mini-program, by the kind of message; none where they cannot be read."""
    try:
        return templates.read(str(get_setting("plugin.wechat.templates") or ""))
    except templates.BadLine:
        return {}


def missing() -> Any:
    """Why nothing can be sent here yet."""
    if wire.app() is None:
        return _l("The mini-program is not set up yet: enter its AppID and AppSecret under Settings.")
    try:
        found = templates.read(str(get_setting("plugin.wechat.templates") or ""))
    except templates.BadLine as wrong:
        return _l("Line %(number)s of the templates cannot be read.", number=wrong.number)
    return None if found else _l("Enter the templates of the mini-program's subscribe messages under Settings.")


def address(db: Session, recipient: Recipient) -> str | None:
    """The openid of a customer who came in by the mini-program."""
    return customers.subject_of(db, recipient.id, identity.PROVIDER) if recipient.kind == "customer" and recipient.id is not None else None


def reach(db: Session, kind_id: str, recipients: Sequence[Recipient]) -> set[int]:
    """Of these customers, who came in by the mini-program and has a grant left for this kind: two queries."""
    template, ids = known().get(kind_id), [one.id for one in recipients if one.id is not None]
    if template is None:
        return set()
    return customers.with_identity(db, ids, identity.PROVIDER) & grants.holders(db, ids, template.id)


def reserve(db: Session, envelope: Envelope) -> Mapping[str, Any] | None:
    """Keep one grant for this message; None when the customer has none left. A kind without a template takes none and is refused."""
    template = known().get(envelope.kind)
    if template is None or envelope.recipient.id is None:
        return {}
    taken = grants.reserve(db, customer_id=envelope.recipient.id, template_id=template.id, message_id=envelope.message_id, now=clock.now())
    return {"template_id": template.id} if taken else None


def settle(db: Session, envelope: Envelope, outcome: Result) -> None:
    """Book what became of it."""
    grants.settle(db, message_id=envelope.message_id, outcome=outcome, now=clock.now())


def send(envelope: Envelope) -> Result:
    """Send it, once. What nobody answered may have arrived."""
    template = known().get(envelope.kind)
    if template is None or template.id != envelope.reserved.get("template_id"):
        return Refused("template_missing")
    app = wire.app()
    if app is None:
        return Refused("provider_refused")
    try:
        data = templates.fill(template, envelope.values, cut=bool(get_setting("plugin.wechat.cut_texts")))
    except templates.BadValue as bad:
        return Refused("bad_value", bad.field)
    body = {
        "touser": envelope.address, "template_id": template.id, "page": templates.page_of(template, envelope.values), "data": data,
        "miniprogram_state": "formal", "lang": _LANGUAGES.get(envelope.locale, "zh_CN" if envelope.locale.startswith("zh") else "en_US"),
    }  # fmt: skip
    try:
        said = services.call_with_token(app, "POST", PATH, body)
    except WechatRefused as refused:
        return _refusal(refused)
    except ProviderError as trouble:
        return Unknown() if trouble.sent else Later(SOON, "provider_down") if trouble.retry else Refused("provider_refused")
    return Sent(str(said.get("msgid", "")))


def _refusal(refused: WechatRefused) -> Result:
    """What an errcode means for the message. 43101 is everyday bookkeeping: the customer allowed none, or took it back."""
    code = str(refused.code)
    if code == grants.NO_GRANT_LEFT:
        return Refused("no_grant", code)
    if refused.code == 47003:
        field = _WHICH.search(refused.said)
        return Refused("bad_value", f"{code} {field[1]}" if field else code)
    if refused.code == 40003:
        return Refused("no_address", code, gone=True)
    if refused.code == 40037:
        return Refused("template_missing", code)
    if refused.code in QUOTA:
        return Later(A_DAY, "too_many", code)
    if refused.code in BUSY or refused.code in TOKEN:
        return Later(SOON, "provider_down", code)
    log.warning("WeChat refuses subscribe messages: errcode %s", code)
    return Refused("provider_refused", code)


CHANNEL = Channel(
    "wechat_subscribe", _l("WeChat message"), "device-mobile", ("customer",), send, missing, address, reserve, settle, billable=False, repeatable=False, longest=200,
    reach=reach,
)  # fmt: skip
