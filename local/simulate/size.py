"""How much the scenarios ask for: as many as the issue says, or a tenth of it with the same code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Size:
    """`replicas` of a model that grows, `spot` pods that are interrupted, and `nodes` with ten pods each."""

    replicas: int
    spot: int
    nodes: int
    # Seconds that growing to all pods, and returning to no node, may take.
    grow: float = 120
    shrink: float = 180

    @property
    def pods(self) -> int:
        """The pods of the largest scenario."""
        return self.nodes * PER_NODE


PER_NODE = 10
FULL = Size(replicas=50, spot=12, nodes=500, grow=600, shrink=600)
SMALL = Size(replicas=10, spot=6, nodes=50, grow=240, shrink=240)
