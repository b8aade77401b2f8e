"""Which modules of the core bring tables."""

from __future__ import annotations

import importlib

MODULES = ("approvals.models", "auth.models", "audit.models", "calendar.models", "config.models", "db.key_check", "db.people", "events.models", "files.models",
           "host.models", "i18n.content", "importing.models", "jobs.models", "list_views.models", "notices.models",
           "tasks.models", "webhooks.models")  # fmt: skip


def load() -> None:
    """Import them all, so that their tables stand in the metadata."""
    for module in MODULES:
        importlib.import_module(f"zhanggui.{module}")
