"""What a password must be."""

from __future__ import annotations

import secrets
import threading

from werkzeug.security import generate_password_hash

from ..config import settings
from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid

MIN_PASSWORD = 10
_MAX = 200
_LOOKED_AT = 72  # characters: the estimate takes ever longer, and what begins well enough is good enough
_LEAST_SCORE = 3  # of 4: "safely unguessable", at least a hundred million guesses
_estimating = threading.Lock()
# What an unknown name is checked against, so that it takes as long as a known one: as `generate_password_hash` writes it, and of no password.
NOBODY = f"scrypt:32768:8:1${secrets.token_hex(8)}${secrets.token_hex(64)}"


class WrongPassword(Invalid):
    """The present password was not the right one."""


def check_password(password: str, *personal: str) -> None:
    """Refuse what is on the lists of common passwords, and what is put together from words, names, dates and keys in a row.

    :param personal: what those who know the user would try first: his names.
    :raises Invalid: when the password would be guessed.
    """
    if len(password) < MIN_PASSWORD:
        raise Invalid(errors={"password": _l("A password needs at least %(number)s characters.") % {"number": MIN_PASSWORD}})
    if len(password) > _MAX or "\x00" in password:
        raise Invalid(errors={"password": _l("This password cannot be used.")})
    if _score(password[:_LOOKED_AT], [*personal, settings.get("instance.name"), "zhanggui"]) < _LEAST_SCORE:
        raise Invalid(errors={"password": _l("This password is too easy to guess. Several words that do not belong together make a good one.")})


def _score(password: str, personal: list[str]) -> int:
    # Here and not above: its lists take 15 MB, which a process that never sets a password need not hold.
    from zxcvbn import zxcvbn

    with _estimating:  # it keeps the personal words in a list that all threads share
        return int(zxcvbn(password, user_inputs=[word for word in personal if word], max_length=_LOOKED_AT)["score"])


def hashed_password(password: str, *personal: str) -> str:
    """A password as it is stored, once it was checked.

    :raises Invalid: when it would be guessed.
    """
    check_password(password, *personal)
    return generate_password_hash(password)
