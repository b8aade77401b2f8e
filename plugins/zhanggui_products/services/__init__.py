"""Use cases of the catalogue, one verb each, in the caller's transaction."""
