"""What a model runs in a cluster: which pods, and on which pool of nodes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.pools import Mismatch, Pool, match, workload
from components.endpoint_rules import VERSION_VARIABLE, image_repository
from components.labels import POOL
from components.pod_size import GPU, PodSize
from model_code.contract import VersionRecord


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A model's image by digest, the version whose artifact its pods find, their size and the pool they run on.

    `pools` are all pools of the stack: before anything is sent it is proven that the pods land on `pool` and on no
    other. Raises ValueError where they would not, with the rule that fails, for an image without a digest or outside
    ECR, and for an environment that names the version.
    """

    model: str
    image: str
    version: VersionRecord
    size: PodSize
    pool: str
    pools: Sequence[Pool]
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not re.search(r"@sha256:[0-9a-f]{64}$", self.image):
            self.refuse("image", self.image, "an image URI that names its digest")
        image_repository(self.image)
        if VERSION_VARIABLE in self.environment:
            self.refuse("environment", VERSION_VARIABLE, "any other name, since this one tells the version")
        prove(self.model, self.pool, self.size, self.pools)

    def refuse(self, name: str, got: object, allowed: str) -> None:
        """Raise ValueError for one of the model's settings."""
        raise ValueError(f"{self.model}: {name}: got {got!r}; allowed: {allowed}")

    def placed(self) -> dict[str, Any]:
        """What of the pods' spec decides where they land."""
        return placed(self.pool, self.size, self.pools)


def prove(model: str, pool: str, size: PodSize, pools: Sequence[Pool]) -> None:
    """Raise ValueError where pods of this size would not land on `pool` and on no other, with the rule that fails."""
    asked = {**placed(pool, size, pools), "containers": [{"resources": size.resources()}]}
    found = match(workload(model, asked), pools)
    if isinstance(found, Mismatch):
        allowed = "a pool of nodePools whose labels, taints and largest type suit the pods, and only one"
        raise ValueError(f"{model}: pool: got {pool!r}: {found.reason}: {found.text}; allowed: {allowed}")


def placed(pool: str, size: PodSize, pools: Sequence[Pool]) -> dict[str, Any]:
    """Selector and tolerations of pods that are meant for a pool.

    They tolerate the taints of their pool, but that of GPUs only with a GPU: anything else would fill nodes that are
    dear, and is refused.
    """
    taints = {
        (taint["key"], taint.get("value", ""), taint["effect"])
        for each in pools
        if each.labels.get(POOL) == pool
        for taint in each.taints
        if size.gpu or taint["key"] != GPU
    }
    return {
        "nodeSelector": {POOL: pool},
        "tolerations": [
            {"key": key, "operator": "Equal", "value": value, "effect": effect} for key, value, effect in sorted(taints)
        ],
    }
