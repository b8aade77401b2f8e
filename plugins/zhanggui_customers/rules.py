"""Normal forms of names and phones, and what may be shown of them."""

from __future__ import annotations

import re
import unicodedata

from zhanggui.api import Choice, _l, blind_index, words

_DIGITS = re.compile(r"\d{5,15}\Z")
SOURCES = (Choice("storefront", _l("Storefront")), Choice("admin", _l("By staff")), Choice("import", _l("Import")))
GENDERS = (Choice("female", _l("Female")), Choice("male", _l("Male")), Choice("other", _l("Other")))
_EMAIL = re.compile(r"[^\s@<>,;:\"]{1,64}@[^\s@<>,;:\"]+\.[^\s@<>,;:\".]{2,}\Z")
TAIL = 4
PERSON = "customers.Customer"  # how the trail and others name one
ERASED = "***"  # stands where the name of an erased person stood


def normal_phone(text: str) -> str:
    """Digits alone, with ``+`` and the country for numbers abroad: ``"138 0013-8000"`` is ``"13800138000"``.

    :raises ValueError: when it cannot be a phone number.
    """
    plain = re.sub(r"[\s\-().]", "", unicodedata.normalize("NFKC", text))
    plain = plain.removeprefix("+86").removeprefix("0086") if plain.startswith(("+86", "0086")) else plain
    abroad = plain.startswith("+")
    digits = plain.removeprefix("+")
    if not (digits.isascii() and _DIGITS.match(digits)):
        raise ValueError("not a phone number")
    return f"+{digits}" if abroad else digits


def name_index(name: str) -> str:
    """To find a customer by his whole name, however it is typed: folded as everything that is found by words."""
    return blind_index(f"customers.name:{words.fold(name)}")


def phone_index(phone: str) -> str:
    """To find a customer by his whole phone number."""
    return blind_index(f"customers.phone:{normal_phone(phone)}")


def tail_index(phone: str) -> str:
    """To find a customer by the last four digits, which is what people say at a counter."""
    return blind_index(f"customers.phone-tail:{normal_phone(phone)[-TAIL:]}")


def searched_phone(text: str) -> str | None:
    """The index of what may be a whole phone number, else None."""
    try:
        return phone_index(text)
    except ValueError:
        return None


def searched_tail(text: str) -> str | None:
    """The index of what may be the last four digits of a phone, else None."""
    plain = text.strip()
    if len(plain) != TAIL or not (plain.isascii() and plain.isdigit()):
        return None
    return blind_index(f"customers.phone-tail:{plain}")


def subject_index(provider: str, subject: str) -> str:
    """How an identity of the outside (an openid) is known again."""
    return blind_index(f"customers.identity:{provider}:{subject}")


def normal_email(text: str) -> str:
    """An address of e-mail, its host in small letters.

    :raises ValueError: when it cannot be one.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > 254 or not _EMAIL.match(plain):
        raise ValueError("not an e-mail address")
    name, _at, host = plain.rpartition("@")
    return f"{name}@{host.lower()}"


def masked_phone(phone: str | None) -> str:
    """``138****8000``: enough to recognize, not enough to call."""
    if not phone:
        return ""
    head = 3 if len(phone) >= 10 else 1
    return f"{phone[:head]}****{phone[-TAIL:]}" if len(phone) > head + TAIL else f"****{phone[-2:]}"


def key_index(key: str) -> str:
    """How the key of an import is known again: it can be a phone or a name, so that it is kept as a digest."""
    return blind_index(f"customers.key:{key}")


def file_key(source_key: str | None, public_id: str) -> str:
    """How a customer is known in files: by the key that a file brought, else by the public id.

    A key of another source keeps its source, or two tills' customers number 12 would become one.
    """
    return source_key.removeprefix("file/") if source_key else public_id
