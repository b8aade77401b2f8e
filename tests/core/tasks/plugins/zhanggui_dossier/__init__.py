"""Papers that only their owner sees, and work that takes long. For tests."""
