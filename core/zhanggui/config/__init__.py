"""Configuration: layered, typed, explainable."""

from __future__ import annotations

from .loader import Config, Explained

__all__ = ["Config", "Explained"]
