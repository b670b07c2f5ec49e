"""What a stack has in EKS: its cluster, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.leftovers.leftover import Leftover, bind, pages, prefix

# Type, id in a state, listing, what it answers, the member with the name of one that is listed, deletion.
_PARTS = (
    ("nodeGroup:NodeGroup", "{cluster}:{name}", "list_nodegroups", "nodegroups", "nodegroupName", "delete_nodegroup"),
    ("addon:Addon", "{cluster}:{name}", "list_addons", "addons", "addonName", "delete_addon"),
    (
        "podIdentityAssociation:PodIdentityAssociation", "{name}", "list_pod_identity_associations", "associations",
        "associationId", "delete_pod_identity_association",
    ),
    (
        "accessEntry:AccessEntry", "{cluster}:{name}", "list_access_entries", "accessEntries", "principalArn",
        "delete_access_entry",
    ),
)  # fmt: skip


def clusters(eks: Any, stack: str) -> Iterator[Leftover]:
    """A stack's clusters, each after its parts."""
    for cluster in pages(eks, "list_clusters", "clusters"):
        if not cluster.startswith(prefix(stack)):
            continue
        for type_, id_, list_, key, member, delete in _PARTS:
            for item in pages(eks, list_, key, clusterName=cluster):
                name = item if isinstance(item, str) else item[member]
                remove = bind(getattr(eks, delete), clusterName=cluster, **{member: name})
                yield Leftover(f"aws:eks/{type_}", id_.format(cluster=cluster, name=name), remove)
        yield Leftover("aws:eks/cluster:Cluster", cluster, bind(_remove, eks, cluster))


def _remove(eks: Any, cluster: str) -> None:
    if eks.describe_cluster(name=cluster)["cluster"].get("deletionProtection"):
        eks.update_cluster_config(name=cluster, deletionProtection=False)
    eks.delete_cluster(name=cluster)
