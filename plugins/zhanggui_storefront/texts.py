"""The sentences of the web shop, in the reader's language."""

from __future__ import annotations

from zhanggui.api import _


def texts() -> dict[str, str]:
    """Every sentence by the name that ``shop.js`` uses. ``{n}`` stands for a number there."""
    return {
        "abroad": _("Another country"), "add": _("Add to cart"), "added": _("It is in the cart."), "addresses": _("Where to"), "agree": _("Yes"),
        "all": _("All"), "available": _("{n} left"), "buy": _("Buy now"), "cancel": _("Cancel order"),
        "cancel_ask": _("Cancel this order? What it holds is given back to the shop."), "cart": _("Cart"),
        "cart_empty": _("The cart is empty."), "categories": _("Categories"), "checkout": _("Check out"), "checkout_title": _("Confirm order"), "close": _("Close"),
        "consent": _("May the shop count what is looked at here, and, once you sign in, see that it was you? It is not sold or passed on, and goes after some weeks. The shop works the same without."),
        "consent_again": _("What is counted here"), "consent_count": _("Count only"), "consent_no": _("Count nothing"), "consent_yes": _("Agree to both"),
        "decline": _("No"), "demo_name": _("Your name in this demo"), "detail": _("Street and house number"),
        "discount": _("Discount"), "from": _("from {n}"), "freight": _("Freight"), "help": _("Help"), "language": _("Language"), "less": _("One less"), "messages": _("Messages"), "more": _("Show more"),
        "more_of": _("One more"), "name": _("Full name"), "new_address": _("New address"),
        "no_demo": _("Please open this shop in its mini-program to order."),
        "no_messages": _("The shop has told you nothing yet."),
        "no_line": _("There is no connection. Please try again."), "no_orders": _("No orders yet."), "note": _("A note for the shop"),
        "nothing": _("Nothing was found."), "now": _("Only {n} can be ordered."), "number": _("Order number"),
        "order": _("Order"), "paid": _("Paid. Thank you!"), "pay": _("Pay {n}"), "pay_by": _("How to pay"), "pay_other": _("Pay another way"),
        "pay_waiting": _("Waiting for your payment. This page says so by itself as soon as it is there."), "payment": _("Payment"),
        "payment_overpaid": _("Overpaid"), "payment_paid": _("Paid"), "payment_partly_paid": _("Partly paid"),
        "payment_partly_refunded": _("Partly refunded"), "payment_refunded": _("Refunded"), "payment_unpaid": _("Not paid yet"),
        "refund": _("Refund"), "refund_abnormal": _("On its way back"), "refund_failed": _("Did not work; the shop looks into it"),
        "refund_processing": _("On its way back"), "refund_requested": _("On its way back"), "refund_succeeded": _("Given back"),
        "scan": _("Scan this code with {n} to pay {m}"), "orders": _("My orders"), "phone": _("Phone"), "picture": _("Picture"), "place": _("Place order"),
        "placed": _("The order was placed."), "placed_at": _("Placed"), "quantity": _("Quantity"), "receive": _("I have received it"),
        "receive_ask": _("Has everything arrived?"), "region": _("Province, city, district"),
        "region_choose": _("Choose province, city and district"), "region_search": _("Search for a place"),
        "remove": _("Remove"), "save": _("Save"), "search": _("Search"), "shipment": _("Parcel"), "shop": _("Shop"),
        "sign_in": _("Sign in"), "sign_out": _("Sign out"), "sold_out": _("Sold out"), "stage_canceled": _("Canceled"),
        "stage_done": _("Done"), "stage_shipped": _("Shipped"), "stage_to_pay": _("To pay"), "stage_to_ship": _("To ship"),
        "subtotal": _("Goods total"), "total": _("Total"), "unread": _("Unread"), "unpaid": _("The shop gets in touch about the payment."), "variant": _("Which one"),
    }  # fmt: skip
