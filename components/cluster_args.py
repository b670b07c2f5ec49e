"""What a cluster is made of, and who may do what in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from catalog import kubernetes_versions, public_ranges
from components.endpoint_rules import image_repository
from components.key import Key
from components.placement import Placement

# Who works in a cluster, and AWS's policy of what they may do there; the cluster's objects, never AWS's resources.
# https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
PERSONAS: Mapping[str, str] = {
    "admin": "AmazonEKSClusterAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
# https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
MOST_CIDRS = 40


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """A cluster of the stack's own (`version`), or one that exists (`existing`, its name).

    `placement` is where nodes run and from where the API is reached. `access` gives each persona (admin, edit, view)
    the ARNs of its IAM roles, each in one persona only. `access_cidrs` open the API to these public ranges, /16 or
    narrower; without them it is private. `deletion_protection` lets nobody delete the cluster until it is taken off.
    `images` are what nodes pull beside the stack's own repositories, by digest. `owner` answers for it.
    Raises ValueError for what EKS would refuse, or what would open the API to everybody.
    """

    placement: Placement
    key: Key
    owner: str
    version: str = ""
    existing: str = ""
    access: Mapping[str, Sequence[str]] = field(default_factory=dict)
    access_cidrs: Sequence[str] = ()
    deletion_protection: bool = False
    images: Collection[str] = ()

    def __post_init__(self) -> None:
        if bool(self.version) == bool(self.existing):
            got = f"version {self.version} and the existing {self.existing}" if self.version else "neither"
            raise ValueError(f"cluster: got {got}; allowed: a version for a new one, or the name of an existing one")
        if self.existing and (self.access_cidrs or self.deletion_protection):
            raise ValueError("cluster: got accessCidrs or deletion protection of an existing one; allowed: its owner's")
        if self.version and (allowed := kubernetes_versions.refusal(self.version)):
            raise ValueError(f"cluster.version: got {self.version}; allowed: {allowed}")
        if unknown := sorted(self.access.keys() - PERSONAS.keys()):
            raise ValueError(f"cluster.access: got {', '.join(unknown)}; allowed: {', '.join(PERSONAS)}")
        named = [arn for arns in self.access.values() for arn in arns]
        if twice := sorted({arn for arn in named if named.count(arn) > 1}):
            raise ValueError(f"cluster.access: got {', '.join(twice)} twice; allowed: each role in one persona, once")
        self._opening()
        for image in self.images:
            image_repository(image)

    def _opening(self) -> None:
        if len(self.access_cidrs) > MOST_CIDRS:
            got = f"{len(self.access_cidrs)} ranges"
            raise ValueError(f"cluster.accessCidrs: got {got}; allowed: at most {MOST_CIDRS}")
        for cidr in self.access_cidrs:
            if allowed := public_ranges.refusal(cidr):
                raise ValueError(f"cluster.accessCidrs: got {cidr}; allowed: {allowed}")
