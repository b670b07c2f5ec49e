"""What every Kubernetes object of a stack says of itself."""

from __future__ import annotations

from catalog.meter import PLATFORM
from components.site import Site

# A namespace with this label may send requests to services of models: that of a gateway or load balancer.
GATEWAY = {"takeoff/gateway": "true"}
# Its nodes' label, by which workloads choose a pool.
POOL = "takeoff/pool"
COMPONENT = "app.kubernetes.io/component"


def labels(site: Site, name: str, model: str | None = None) -> dict[str, str]:
    """Whose an object is, in labels that Kubernetes and people select by; without a model it is the platform's.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
    """
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "takeoff",
        "app.kubernetes.io/managed-by": "pulumi",
        "takeoff/stack": site.stack,
        "takeoff/model": model or PLATFORM,
    }
