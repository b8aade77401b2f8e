"""Its tables change in every way that a release may bring."""
