"""Use cases: making and sending, rehearsing, telling of what is late."""
