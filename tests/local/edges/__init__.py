"""What `make sabotage` takes away, one at a time, and the tests that must miss it."""

from tests.local.edges import (
    access,
    accounts,
    batch,
    cost,
    data,
    endpoint,
    hosting,
    images,
    models,
    platform,
    rollout,
    stack_file,
)
from tests.local.edges.edge import Sabotage

_PARTS = (access, accounts, batch, cost, data, endpoint, hosting, images, models, platform, rollout, stack_file)
SABOTAGES: tuple[Sabotage, ...] = tuple(edge for part in _PARTS for edge in part.EDGES)
