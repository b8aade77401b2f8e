"""Figures: one definition each, and every figure opens its list."""
