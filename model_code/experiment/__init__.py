"""A/B/n experiments as pure functions: who gets which arm, what was seen, and what follows from it."""
