"""The default theme. ``theme.toml`` describes it; ``static`` is built from ``frontend``."""
