"""What can be done with webhooks, one subject a module."""
