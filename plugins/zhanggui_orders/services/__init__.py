"""Use cases of orders, one verb each, in the caller's transaction."""
