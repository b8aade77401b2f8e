"""The door for migrations of plugins: texts that stood in clear, sealed where they stand."""

from __future__ import annotations

from ..migrations.sealing import batches, index_column, leave_nothing_behind, seal_column, seal_trail

__all__ = ["batches", "index_column", "leave_nothing_behind", "seal_column", "seal_trail"]
