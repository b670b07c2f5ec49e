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
    evidence,
    hosting,
    images,
    models,
    monitoring,
    pipelines,
    platform,
    retraining,
    rollout,
    stack_file,
    training,
    trial,
    turns,
)
from tests.local.edges.edge import Sabotage

_PARTS = (
    *(access, accounts, admission, analysis, batch, cost, data, endpoint, evidence, hosting, images, models),
    *(monitoring, pipelines, platform, retraining, rollout, stack_file, training, trial, turns),
)
SABOTAGES: tuple[Sabotage, ...] = tuple(edge for part in _PARTS for edge in part.EDGES)
