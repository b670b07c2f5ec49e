"""The part of a cluster that one model has to itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from catalog.naming import physical_name
from components.labels import COMPONENT, labels
from components.network_policy import Reach, policies
from components.quota import Demand, Quota, limit_range, resource_quotas
from components.site import Site

ACCOUNT = "model"  # the name of every model's service account, in its own namespace
# https://kubernetes.io/docs/concepts/security/pod-security-admission/
_RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


def namespace_name(site: Site, model: str) -> str:
    """What a model's namespace is called in this stack and its sibling: <stack>-<model>."""
    return physical_name(site.stack, model)


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """What a model runs in the cluster, how much of it together it may have, and what its pods reach.

    Without `quota` it is what `demands` ask for at most. `after` is what must be in the cluster before the namespace: a
    component's `depends_on` reaches none of its children. Raises ValueError for a model that asks for nothing, and for
    a quota that does not hold one replica of each of its workloads.
    """

    model: str
    owner: str
    demands: Sequence[Demand]
    reach: Reach
    quota: Quota | None = None
    after: Sequence[pulumi.Resource] = ()

    def __post_init__(self) -> None:
        if not self.demands:
            raise ValueError(f"{self.model}: demands: got none; allowed: one workload or more")
        for each in self.demands:
            if short := self.whole.short_of(each.one):
                allowed = f"a quota that holds one replica of {each.name}"
                raise ValueError(f"{self.model}: quota: got {short}; allowed: {allowed}")

    @property
    def whole(self) -> Quota:
        """What the namespace may ask for in all."""
        return self.quota or sum((each.total for each in self.demands), Quota())


class Namespace(pulumi.ComponentResource):
    """A namespace in which pods run restricted, within a quota, cut off but for what they need, as nobody else.

    Its service account has no rights in the cluster, and in the account those of the role that the AWS half of the
    stack ties to it (components/workload_role.py). Whatever runs in it takes `ready` as what it depends on: a pod must
    not be faster than the policies around it.
    """

    def __init__(self, name: str, site: Site, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:workload:Namespace", name, None, opts)
        self.site, self.model, self.owner = site, args.model, args.owner
        self.name = namespace_name(site, args.model)
        space = kubernetes.core.v1.Namespace(
            name,
            metadata={
                "name": self.name,
                "labels": {**labels(site, self.name, args.model), **_RESTRICTED},
                "annotations": {"takeoff/owner": args.owner},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[space])
        self.ready: list[pulumi.Resource] = [space, *self._walls(name, args, inside), *self._shares(name, args, inside)]
        # No token for the API server; Pod Identity brings one of its own.
        account = kubernetes.core.v1.ServiceAccount(
            name, metadata=self.metadata(ACCOUNT), automount_service_account_token=False, opts=inside
        )
        self.ready.append(account)
        self.register_outputs({"name": self.name})

    def _walls(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        """Whom its pods may reach, and who may reach them."""
        return [
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-{each.removeprefix('takeoff-')}", metadata=self.metadata(each), spec=spec, opts=opts
            )
            for each, spec in policies(args.reach).items()
        ]

    def _shares(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
        """How much of the cluster they may have."""
        whole = args.whole
        quotas: list[pulumi.Resource] = [
            kubernetes.core.v1.ResourceQuota(f"{name}-{each}", metadata=self.metadata(each), spec=spec, opts=opts)
            for each, spec in resource_quotas(args.demands, whole).items()
        ]
        limits = self.metadata("containers")
        return [*quotas, kubernetes.core.v1.LimitRange(name, metadata=limits, spec=limit_range(whole), opts=opts)]

    def metadata(self, name: str, component: str = "", annotations: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Name, place and labels of an object in this namespace; `component` says what part of the model it is."""
        own = {COMPONENT: component} if component else {}
        found = {"name": name, "namespace": self.name, "labels": {**labels(self.site, name, self.model), **own}}
        return found | ({"annotations": dict(annotations)} if annotations else {})
