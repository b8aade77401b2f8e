"""Signing in and looking after users and roles: the verbs, in one place for whoever calls them."""

from __future__ import annotations

from .devices import WrongCredentials, is_alive, log_out, revoke_session, revoke_sessions, sessions_of, start_session
from .passwords import MIN_PASSWORD, WrongPassword, check_password
from .permissions import OWNER
from .roles import create_role, delete_role, grants_of, set_grants
from .signing_in import authenticate
from .users import (
    LastOwner,
    change_own_password,
    create_user,
    disable_user,
    enable_user,
    is_oneself,
    set_password,
    set_preferences,
    set_roles,
)

__all__ = [
    "LastOwner", "MIN_PASSWORD", "OWNER", "WrongCredentials", "WrongPassword", "authenticate", "change_own_password", "check_password",
    "create_role", "create_user", "delete_role", "disable_user", "enable_user", "grants_of", "is_alive", "is_oneself", "log_out", "revoke_session",
    "revoke_sessions", "sessions_of", "set_grants", "set_password", "set_preferences", "set_roles", "start_session",
]  # fmt: skip
