"""What is around pods: a namespace that admits restricted ones alone, walls that hold, and an end to its share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, inside, known
from policies.nested import apart, settled
from policies.podded import PODS, namespace
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_QUOTA: Final = "kubernetes:core/v1:ResourceQuota"
_RANGE: Final = "kubernetes:core/v1:LimitRange"
_CONFIG: Final = "kubernetes:core/v1:ConfigMap"
_AUTO: Final = "kubernetes:eks.amazonaws.com/v1:NodeClass"
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"
_SWITCH: Final = "enable-network-policy-controller"
_POLICIES: Final = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_ANYWHERE: Final = ("0.0.0.0/0", "::/0")
_DIRECTIONS: Final[Mapping[str, str]] = {"Ingress": "ingress", "Egress": "egress"}
_HARD: Final = ("pods", "requests.cpu", "requests.memory")


def _restricted(resource: Declared, settings: Settings) -> str | None:
    labels = settled(resource.at("metadata.labels"), "metadata.labels") or {}
    level = labels.get(_ENFORCE)
    return None if level in settings["levels"] else f"{_ENFORCE} {level or 'left out'}"


def _around(kind: str, holds: Callable[[Declared], bool], got: str) -> Callable[[Graph, Settings], Iterator[Broken]]:
    """A check that in every namespace with pods there is an object of a kind that holds."""

    def check(graph: Graph, _settings: Settings) -> Iterator[Broken]:
        there = {namespace(each) for each in graph.of(kind) if holds(each)}
        yield from apart(graph.of(*PODS), lambda workload: _bare(workload, there, got))

    return check


def _bare(workload: Declared, there: set[str], got: str) -> Iterator[Broken]:
    if (name := namespace(workload)) not in there:
        yield Broken(workload, f"{got} in namespace {name}")


def _denies(policy: Declared) -> bool:
    """Whether it is for all pods, in both directions, and lets nothing through."""
    spec = settled(policy.at("spec"), "spec") or {}
    everybody = not inside(spec, "podSelector.matchLabels") and not inside(spec, "podSelector.matchExpressions")
    closed = not any(spec.get(key) for key in _DIRECTIONS.values())
    return everybody and closed and set(_DIRECTIONS) <= set(spec.get("policyTypes") or ())


def _narrow(resource: Declared, _settings: Settings) -> str | None:
    """A rule of a policy that names nobody, or every address, is a way through all the others."""
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in settled(resource.at(f"spec.{direction}"), f"spec.{direction}") or ():
            named = (rule or {}).get(peers) or ()
            blocks = [inside(each, "ipBlock.cidr") for each in named]
            if not named or any(each in _ANYWHERE for each in blocks) or not all(named):
                return f"{direction} for everybody"
    return None


def _whole(quota: Declared) -> bool:
    """Whether it is of all pods, whatever their priority, and counts them, their processors and their memory."""
    spec = settled(quota.at("spec"), "spec") or {}
    return not spec.get("scopes") and not spec.get("scopeSelector") and set(_HARD) <= set(spec.get("hard") or ())


def _given(ranges: Declared) -> bool:
    limits: Any = settled(ranges.at("spec.limits"), "spec.limits") or ()
    return any(each.get("type") == "Container" and each.get("max") for each in limits)


def _enforced(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """Policies in a cluster whose nodes are Auto Mode's, where nobody looks at them until this says so."""
    switches = [inside(known(each.at("data"), "data"), _SWITCH) for each in graph.of(_CONFIG) if _is_switch(each)]
    if graph.of(_AUTO) and "true" not in switches:
        yield Broken(graph.of(_POLICY)[0], f"no ConfigMap kube-system/amazon-vpc-cni with {_SWITCH}")


def _is_switch(config: Declared) -> bool:
    return namespace(config) == "kube-system" and config.at("metadata.name") == "amazon-vpc-cni"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.62",
        name="takeoff-62-namespaces-admit-restricted-pods",
        severity="high",
        frameworks=(OWN,),
        title="a namespace admits no pod that is not restricted",
        allowed=f"the label {_ENFORCE} with one of setting `levels`",
        fix=f"label it {_ENFORCE}: restricted",
        source="https://kubernetes.io/docs/concepts/security/pod-security-admission/",
        settings={"levels": ["restricted"]},
        types=(_NAMESPACE,),
        check=_restricted,
    ),
    StackRule(
        control="Takeoff.63",
        name="takeoff-63-pods-are-cut-off",
        severity="high",
        frameworks=(OWN,),
        title="pods reach, and are reached by, whom a policy names and nobody else",
        allowed="in each namespace with pods a NetworkPolicy over all of them, of both policyTypes, without a rule",
        fix="declare it, and policies beside it for what the pods need",
        source=f"{_POLICIES}#default-deny-all-ingress-and-all-egress-traffic",
        types=tuple(PODS),
        check=_around(_POLICY, _denies, "no NetworkPolicy that denies by default"),
    ),
    ResourceRule(
        control="Takeoff.63",
        name="takeoff-63-policies-name-somebody",
        severity="high",
        frameworks=(OWN,),
        title="a network policy names whom it lets through",
        allowed="rules with `from` or `to`, none of them empty or every address",
        fix="name pods, namespaces or blocks of addresses",
        source=_POLICIES,
        types=(_POLICY,),
        check=_narrow,
    ),
    StackRule(
        control="Takeoff.63",
        name="takeoff-63-policies-are-enforced",
        severity="high",
        frameworks=(OWN,),
        title="somebody holds pods to their network policies",
        allowed=f"with nodes of EKS Auto Mode the ConfigMap kube-system/amazon-vpc-cni with {_SWITCH}: 'true'",
        fix="declare the ConfigMap (components/policy_enforcement.py)",
        source="https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html",
        types=(_POLICY,),
        check=_enforced,
    ),
    StackRule(
        control="Takeoff.64",
        name="takeoff-64-namespaces-have-a-quota",
        severity="medium",
        frameworks=(OWN,),
        title="one model's pods do not take the cluster from the others",
        allowed=f"in each namespace with pods a ResourceQuota without scopes over {', '.join(_HARD)}",
        fix="declare it (`quota` of the model in the stack file)",
        source="https://kubernetes.io/docs/concepts/policy/resource-quotas/",
        types=tuple(PODS),
        check=_around(_QUOTA, _whole, "no ResourceQuota over all pods"),
    ),
    StackRule(
        control="Takeoff.64",
        name="takeoff-64-containers-have-a-range",
        severity="low",
        frameworks=(OWN,),
        title="a container that says nothing has an end all the same",
        allowed="in each namespace with pods a LimitRange with a `max` for containers",
        fix="declare it",
        source="https://kubernetes.io/docs/concepts/policy/limit-range/",
        types=tuple(PODS),
        check=_around(_RANGE, _given, "no LimitRange with a most for containers"),
    ),
)
