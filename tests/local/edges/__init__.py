"""What `make sabotage` takes away, one at a time, and the tests that must miss it."""

from tests.local.edges import (
    access,
    accounts,
    admission,
    analysis,
    batch,
    cost,
    data,
    endpoint,
    hosting,
    images,
    models,
    monitoring,
    pipelines,
    platform,
    rollout,
    stack_file,
    training,
    trial,
)
from tests.local.edges.edge import Sabotage

_PARTS = (
    *(access, accounts, admission, analysis, batch, cost, data, endpoint, hosting, images, models, monitoring),
    *(pipelines, platform, rollout, stack_file, training, trial),
)
SABOTAGES: tuple[Sabotage, ...] = tuple(edge for part in _PARTS for edge in part.EDGES)
