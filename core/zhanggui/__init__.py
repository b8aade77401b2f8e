"""Zhanggui: the back office of a shop, and a plugin-based admin framework."""

__version__ = "0.1.0"
API_LEVEL = 1
