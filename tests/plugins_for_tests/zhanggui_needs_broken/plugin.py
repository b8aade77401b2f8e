"""Needs one that is not running."""
