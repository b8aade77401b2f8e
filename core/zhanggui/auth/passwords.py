"""What a password must be."""

from __future__ import annotations

import secrets

from werkzeug.security import generate_password_hash

from ..i18n.texts import lazy_gettext as _l
from ..kernel.errors import Invalid

MIN_PASSWORD = 10
_COMMON = {"1234567890", "0123456789", "password12", "password123", "qwertyuiop", "administrator", "zhanggui123", "1q2w3e4r5t", "woaini1314"}
# What an unknown name is checked against, so that it takes as long as a known one.
NOBODY = generate_password_hash(secrets.token_hex(16))


class WrongPassword(Invalid):
    """The present password was not the right one."""


def check_password(password: str, username: str) -> None:
    """:raises Invalid: when a password would be guessed."""
    if len(password) < MIN_PASSWORD:
        raise Invalid(errors={"password": _l("A password needs at least %(number)s characters.") % {"number": MIN_PASSWORD}})
    if len(password) > 200 or "\x00" in password:
        raise Invalid(errors={"password": _l("This password cannot be used.")})
    if password.lower() in _COMMON or password.lower() == username.lower() or len(set(password)) < 4:
        raise Invalid(errors={"password": _l("This password is too easy to guess.")})
