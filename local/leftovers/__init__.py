"""What is ours in the emulated account and in the local cluster: to take it down whole, to clean up after a kill."""

from local.leftovers.account import ENDPOINT, Account
from local.leftovers.leftover import Leftover
from local.leftovers.objects import objects

__all__ = ["ENDPOINT", "Account", "Leftover", "objects"]
