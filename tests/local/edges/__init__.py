"""What `make sabotage` takes away, one at a time, and the tests that must miss it."""

from tests.local.edges import access, data, hosting, rollout
from tests.local.edges.edge import Sabotage

SABOTAGES: tuple[Sabotage, ...] = (*access.EDGES, *data.EDGES, *hosting.EDGES, *rollout.EDGES)
