"""Runs, and names what nobody has: only for tests."""
