"""A payment provider, as somebody outside writes a plugin: public names alone."""
