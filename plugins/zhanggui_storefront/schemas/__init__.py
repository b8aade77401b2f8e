"""What clients send and are answered, by subject: kinds of fields, questions and bodies, answers."""

from __future__ import annotations

from .answered import ADDRESSES, CATEGORIES, ORDERS, PRODUCTS, Address, Me, Order, Problem, Product, Quote, Session, Taken
from .asked import AddressBody, AddressChanges, CancelBody, CartBody, EventsBody, OrderBody, SessionBody, list_query
from .fields import ChoicesField, ExtraField, Text, one_of

__all__ = [
    "ADDRESSES",
    "Address",
    "AddressBody",
    "AddressChanges",
    "CATEGORIES",
    "CancelBody",
    "CartBody",
    "ChoicesField",
    "EventsBody",
    "ExtraField",
    "Me",
    "ORDERS",
    "Order",
    "OrderBody",
    "PRODUCTS",
    "Problem",
    "Product",
    "Quote",
    "Session",
    "SessionBody",
    "Taken",
    "Text",
    "list_query",
    "one_of",
]
