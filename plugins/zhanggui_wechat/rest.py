"""Paths of the storefront: which messages the mini-program should ask a customer to allow, and what he answered."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from zhanggui.api import Invalid, Operation, _

from . import grants, messages, templates

AT_ONCE = 3  # templates of one prompt
_PROMPT = "p4Tn1cQz8LkV"


class GrantQuery(Schema):
    scene = fields.String(load_default=templates.SCENE, validate=validate.Regexp(r"[a-z_]{1,40}\Z"), metadata={"description": "Where the mini-program asks: `order_placed` after paying."})


class GrantBody(Schema):
    prompt_id = fields.String(
        required=True, validate=validate.Regexp(r"[0-9A-Za-z_-]{8,64}\Z"), metadata={"description": "Made by the client, new for each prompt: told twice it counts once."},
    )  # fmt: skip
    results = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 64)), values=fields.String(validate=validate.OneOf(grants.STATES)), required=True,
        validate=validate.Length(1, AT_ONCE), metadata={"description": "What `wx.requestSubscribeMessage` answered, by template."},
    )  # fmt: skip


class MyGrant(Schema):
    template_id = fields.String(required=True)
    kind = fields.String(required=True)
    balance = fields.Integer(required=True, metadata={"description": "Messages that may still be sent."})
    state = fields.String(required=True, metadata={"description": "What was answered last; empty: never asked."})


class MyGrants(Schema):
    items = fields.List(fields.Nested(MyGrant), required=True)
    next = fields.String(required=True, allow_none=True)


def list_grants(request: Any) -> dict[str, Any]:
    """The templates to ask for, of which the customer has allowed fewest first; what he always refuses comes last."""
    wanted = [template for template in messages.known().values() if template.scene == request.query["scene"]]
    have = grants.balances(request.db, request.customer.id, [template.id for template in wanted])
    wanted.sort(key=lambda template: (have.get(template.id, (0, ""))[1] in ("ban", "filter"), have.get(template.id, (0, ""))[0]))
    return _answer(wanted[:AT_ONCE], have)


def tell_grants(request: Any) -> dict[str, Any]:
    """What the customer answered."""
    by_id = {template.id: template for template in messages.known().values()}
    results = request.body["results"]
    if strange := next((template_id for template_id in results if template_id not in by_id), None):
        raise Invalid(errors={"results": _("There is no template %(id)s.", id=strange)})
    customer = request.customer.id
    for template_id, state in sorted(results.items()):
        source = f"prompt:{customer}:{request.body['prompt_id']}:{template_id}"
        grants.add(request.db, customer_id=customer, template_id=template_id, state=state, source_key=source, now=request.now)
    return _answer([by_id[template_id] for template_id in sorted(results)], grants.balances(request.db, customer, list(results)))


def _answer(wanted: list[templates.Template], have: Any) -> dict[str, Any]:
    rows = [(template, *have.get(template.id, (0, ""))) for template in wanted]
    return {"items": [{"template_id": t.id, "kind": t.kind, "balance": balance, "state": state} for t, balance, state in rows], "next": None}


EXAMPLE_TEMPLATE = "SBXshippedTemplate0000000000000000000000001"


def _mine(balance: int, state: str) -> dict[str, Any]:
    return {"items": [{"template_id": EXAMPLE_TEMPLATE, "kind": "orders.shipped", "balance": balance, "state": state}], "next": None}


OPERATIONS = [
    Operation(
        "GET", "/grants", list_grants, "Which WeChat messages to ask for", query=GrantQuery, answer=MyGrants,
        example={"request": {"query": {"scene": "order_placed"}}, "status": 200, "response": _mine(0, "")},
    ),
    Operation(
        "POST", "/grants", tell_grants, "What the customer allowed", body=GrantBody, answer=MyGrants, idempotent=True,
        example={"request": {"body": {"prompt_id": _PROMPT, "results": {EXAMPLE_TEMPLATE: "accept"}}}, "status": 200, "response": _mine(1, "accept")},
    ),
]  # fmt: skip
