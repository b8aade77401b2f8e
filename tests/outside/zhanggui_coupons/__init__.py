"""Coupons, as somebody outside writes a plugin: public names alone."""
