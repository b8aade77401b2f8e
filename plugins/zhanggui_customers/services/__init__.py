"""Use cases of customers, one verb each, in the caller's transaction."""
