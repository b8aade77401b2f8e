"""Use cases of the stock, one verb each, in the caller's transaction."""
