"""Money: attempts to pay, refunds, a ledger, and what a person has to decide about. Providers plug in here."""
