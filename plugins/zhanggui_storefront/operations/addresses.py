"""Where parcels go."""

from __future__ import annotations

from typing import Any

from zhanggui.api import Operation
from zhanggui_customers import facade as customers

from .. import examples, schemas, shapes
from ..contracts import ShopRequest
from ..paging import short_page

AddressList = schemas.list_query("AddressList", ["default"])


def list_addresses(request: ShopRequest) -> dict[str, Any]:
    """The customer's own addresses, the default first."""
    found = customers.addresses_of(request.db, request.customer.id)
    return short_page(
        "addresses", request, found, shapes.address, lambda a: " ".join([a.name, a.phone, *a.region, a.detail])
    )


def add_address(request: ShopRequest) -> tuple[dict[str, Any], int]:
    """A new address."""
    made = customers.add_address(
        request.db, customer_id=request.customer.id, **request.body, actor=request.actor, now=request.now
    )
    return shapes.address(made), 201


def change_address(request: ShopRequest) -> dict[str, Any]:
    """Change what is sent and leave the rest. Orders keep the copy they took."""
    mine: dict[str, Any] = {"customer_id": request.customer.id, "address_id": request.path["id"]}
    customers.customer_for_update(request.db, request.customer.id)  # what is left as it is must be what it is by then
    present = customers.address_of(request.db, **mine)
    kept: dict[str, Any] = {"name": present.name, "phone": present.phone, "region": present.region, "detail": present.detail}
    changed = customers.update_address(
        request.db, **mine, **(kept | dict(request.body)), actor=request.actor, now=request.now
    )
    return shapes.address(changed)


def remove_address(request: ShopRequest) -> tuple[None, int]:
    """Take an address out of the list."""
    customers.remove_address(
        request.db, customer_id=request.customer.id, address_id=request.path["id"], actor=request.actor, now=request.now
    )
    return None, 204


OPERATIONS = [
    Operation(
        "GET", "/addresses", list_addresses, "My addresses", query=AddressList, answer=schemas.ADDRESSES,
        example=examples.LIST_ADDRESSES,
    ),
    Operation(
        "POST", "/addresses", add_address, "Add an address", body=schemas.AddressBody, answer=schemas.Address,
        status=201, idempotent=True, refuses=(customers.TooManyAddresses,), example=examples.ADD_ADDRESS,
    ),
    Operation(
        "PATCH", "/addresses/{id}", change_address, "Change an address", body=schemas.AddressChanges,
        answer=schemas.Address, example=examples.CHANGE_ADDRESS,
    ),
    Operation(
        "DELETE", "/addresses/{id}", remove_address, "Remove an address", status=204, example=examples.REMOVE_ADDRESS
    ),
]  # fmt: skip
