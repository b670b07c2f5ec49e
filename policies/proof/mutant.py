"""A mutant: a stack with one security property weakened, as what differs from its twin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from policies.declared import Declared

# One mutant in so many stays out of the rules' own tests: rules are not written against all that judges them.
HELD_OUT_OF = 5


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """What an operator made of a stack. `urn` and `path` say where; any rule of `controls` must see it.

    `put` are resources that differ or are new, `gone` those that are no more. The id is made of names, so that it is
    the same for a stack under mocks and on an account.
    """

    id: str
    operator: str
    type: str
    urn: str
    path: str
    controls: tuple[str, ...]
    put: tuple[Declared, ...] = ()
    gone: frozenset[str] = frozenset()
    drops: bool = False

    def applied(self, twin: Sequence[Declared]) -> list[Declared]:
        """The stack with this mutant in it, in the twin's order, new resources last."""
        put = {each.urn: each for each in self.put}
        kept = [put.pop(each.urn, each) for each in twin if each.urn not in self.gone]
        return [*kept, *put.values()]

    def held_out(self, seed: int) -> bool:
        """Whether the rules' own tests leave it out."""
        return int(sha256(f"{seed}:{self.id}".encode()).hexdigest(), 16) % HELD_OUT_OF == 0
