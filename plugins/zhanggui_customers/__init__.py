"""Customers: who buys, and where it goes."""
