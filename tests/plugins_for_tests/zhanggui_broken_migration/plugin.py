"""Its tables cannot be made."""
