"""The door for migrations of plugins: texts that stood in clear, sealed where they stand; words by which rows are found."""

from __future__ import annotations

from ..migrations.sealing import batches, index_column, index_sealed, leave_nothing_behind, seal_column, seal_trail
from ..migrations.words import store_words

__all__ = ["batches", "index_column", "index_sealed", "leave_nothing_behind", "seal_column", "seal_trail", "store_words"]
