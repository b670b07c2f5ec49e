"""What is ours in the emulated account, by listing it: for taking it down whole, and for cleaning up after a kill."""

from local.leftovers.account import ENDPOINT, Account
from local.leftovers.leftover import Leftover

__all__ = ["ENDPOINT", "Account", "Leftover"]
