"""Inventory: levels by variant and location, movements as the truth."""
