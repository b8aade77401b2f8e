"""Use cases of payments: attempts, refunds, what providers say, the ledger, cases."""
