"""Commands for whoever works on the blueprint: nothing of it is installed."""
