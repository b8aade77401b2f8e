"""A provider of payments that keeps its books in memory and does what it is told: only for tests."""
