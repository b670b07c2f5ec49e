"""Who may talk to whom under Kubernetes network policies, decided without a cluster and without a packet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from catalog.requirements import Requirement, holds, requirements
from catalog.shape import mapping, mappings

Manifest = Mapping[str, Any]
_INGRESS, _EGRESS = "Ingress", "Egress"
_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One end of a connection: a pod by namespace, labels and address, or an address that is no pod's.

    `around` is the labels of its namespace; the one with its name is there by itself.
    """

    address: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)

    @property
    def surroundings(self) -> Mapping[str, str]:
        """The labels of its namespace, as the API server keeps them."""
        return {**self.around, _NAME: self.namespace}


def allowed(policies: Iterable[Manifest], source: Peer, target: Peer, port: int, protocol: str = "TCP") -> bool:
    """Whether a connection is let out by the policies of its source and let in by those of its target.

    An `ipBlock` is taken to match pods too: AWS gives pods addresses of the VPC, so whoever is apart under this
    reading is apart under any. A pod reaches itself and its own node's probes reach it whatever policies say; neither
    is judged here. Raises ValueError for what Kubernetes would not read and for ports by name.
    https://kubernetes.io/docs/concepts/services-networking/network-policies/
    """
    listed = list(policies)
    out = _passes(listed, _EGRESS, source, target, port, protocol)
    return out and _passes(listed, _INGRESS, target, source, port, protocol)


def _passes(policies: list[Manifest], way: str, pod: Peer, other: Peer, port: int, protocol: str) -> bool:
    """Whether the policies that select a pod let a connection through; no policy lets everything through."""
    selecting = [spec for each in policies if (spec := _selecting(each, way, pod)) is not None]
    rules = [rule for spec in selecting for rule in mappings(spec.get(way.lower()), way.lower())]
    key = "from" if way == _INGRESS else "to"
    return not selecting or any(
        _port(rule, port, protocol) and _peer(mappings(rule.get(key), key), pod, other) for rule in rules
    )


def _selecting(policy: Manifest, way: str, pod: Peer) -> Manifest | None:
    """The spec of a policy that speaks of a pod and a direction; None of one that does not."""
    metadata, spec = mapping(policy.get("metadata"), "metadata"), mapping(policy.get("spec"), "spec")
    ways = spec.get("policyTypes") or [_INGRESS, *([_EGRESS] if spec.get("egress") is not None else [])]
    if not pod.namespace or metadata.get("namespace") != pod.namespace or way not in ways:
        return None
    return spec if _selects(mapping(spec.get("podSelector"), "podSelector"), pod.labels) else None


def _port(rule: Manifest, port: int, protocol: str) -> bool:
    """Whether a rule speaks of a port; one without ports speaks of all."""
    listed = mappings(rule.get("ports"), "ports")
    return not listed or any(_covers(each, port, protocol) for each in listed)


def _covers(entry: Manifest, port: int, protocol: str) -> bool:
    first = entry.get("port")
    if isinstance(first, str):
        raise ValueError(f"port: got {first!r}; allowed: a number, since a name is the pod's to say")
    last = entry.get("endPort", first)
    return entry.get("protocol", "TCP") == protocol and (first is None or first <= port <= last)


def _peer(listed: tuple[Manifest, ...], pod: Peer, other: Peer) -> bool:
    """Whether a rule speaks of the other end; one without peers speaks of everybody."""
    return not listed or any(_is(each, pod, other) for each in listed)


def _is(entry: Manifest, pod: Peer, other: Peer) -> bool:
    if "ipBlock" in entry:
        block = mapping(entry["ipBlock"], "ipBlock")
        return _within(other.address, block.get("cidr")) and not any(
            _within(other.address, each) for each in block.get("except") or ()
        )
    if not other.namespace:
        return False
    around = entry.get("namespaceSelector")
    near = other.namespace == pod.namespace if around is None else _selects(around, other.surroundings)
    return near and _selects(mapping(entry.get("podSelector"), "podSelector"), other.labels)


def _within(address: str, cidr: Any) -> bool:
    return ip_address(address) in ip_network(str(cidr))


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a selector; an empty one is satisfied by all."""
    wanted = [Requirement(key, "In", (str(value),)) for key, value in mapping(selector.get("matchLabels"), "").items()]
    wanted += requirements(selector.get("matchExpressions"))
    return all(holds(each, labels.get(each.key)) for each in wanted)
