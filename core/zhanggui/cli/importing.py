"""``zhanggui import``: the command's side of the importer."""

from __future__ import annotations

from ..importing.runner import run_import

__all__ = ["run_import"]
