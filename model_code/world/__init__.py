"""A seeded, synthetic world of customers, transactions and late outcomes, and the truth about it."""
