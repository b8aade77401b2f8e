"""It adds nothing but tables."""
