"""Products: what is described, and the variants that are sold."""
