"""Whether an account can take what a stack declares, before the first resource is made."""
