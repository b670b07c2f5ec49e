"""The mutation proof: every weakening of a declared stack that we can think of, and whether a rule sees it."""
