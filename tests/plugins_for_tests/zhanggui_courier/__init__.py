"""A carrier that reports what became of parcels: only for tests."""
