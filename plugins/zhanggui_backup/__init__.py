"""The last good copy of the shop: made, sent away, rehearsed and brought back."""
