"""Schema changes: one history per plugin, run only by ``zhanggui upgrade``."""
