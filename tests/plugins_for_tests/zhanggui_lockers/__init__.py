"""Lockers with a code, each for its owner alone. For tests."""
