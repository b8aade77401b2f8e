"""Notes: what the core does around services that forget everything, and around none."""
