"""What `make status` shows of the endpoints."""

from __future__ import annotations

from typing import Any

from local.cloud.hosting import SAGEMAKER, Hosting
from local.cloud.plan import Variant
from local.cloud.router import Router
from local.state import ACCOUNT


def endpoints(hosting: Hosting) -> dict[str, Any]:
    """Each endpoint's status, its variants with their processes, and the shift that is under way."""
    found: dict[str, Any] = {}
    for region, backend in list(SAGEMAKER[ACCOUNT].items()):
        for name, endpoint in list(backend.endpoints.items()):
            router = hosting.routers.get((region, name))
            found[name] = {
                "status": endpoint.endpoint_status,
                "config": endpoint.plan.config,
                "failure": endpoint.failure_reason,
                "variants": {
                    variant.name: _variant(variant, router, hosting.most_instances) for variant in endpoint.plan.fleets
                },
            }
            if router and router.next and endpoint.pending:
                found[name]["shift"] = {
                    "config": endpoint.pending.config,
                    "share": router.share,
                    "pids": [instance.pid for fleet in router.next.fleets for instance in fleet.instances],
                }
    return found


def _variant(variant: Variant, router: Router | None, limit: int) -> dict[str, Any]:
    route = router.live.route(variant.name) if router else None
    instances = route.fleet.instances if route else []
    return {
        "weight": variant.weight,
        "desired": variant.desired_count,
        "running": len(instances),
        "limit": limit,
        "pids": [instance.pid for instance in instances],
        "restarts": route.fleet.restarts if route else 0,
        "invocations": router.invocations(variant.name) if router else 0,
    }
