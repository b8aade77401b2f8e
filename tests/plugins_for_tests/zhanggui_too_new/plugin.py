"""Written for a core of the future."""
