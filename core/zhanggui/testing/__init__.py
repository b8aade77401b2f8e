"""For tests of the core and of plugins: ``pytest_plugins = ["zhanggui.testing.fixtures"]``."""
