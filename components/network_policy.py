"""Whom the pods of one model may reach, and who may reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from components.labels import COMPONENT, GATEWAY

PORT = 8080  # where a model's container answers: SageMaker's contract
SERVICE = "service"
# Where pods get credentials. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
POD_IDENTITY = ("169.254.170.23/32", "fd00:ec2::23/128")
_LINK_LOCAL = ip_network("169.254.0.0/16")
_WIDEST = 8  # bits: a wider block is no list of services but the internet
_EVERYWHERE: dict[str, Any] = {}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Addresses that a model's pods need.

    `dns` is the cluster's resolver (the tenth address of its service range). `https` are the blocks that they reach on
    port 443: S3's in the region, since the way through a gateway endpoint keeps S3's public addresses, and the
    network's own where its endpoints are. `balancers` are the subnets of load balancers, which send requests from no
    namespace; those of gateways carry the label `takeoff/gateway: "true"`.
    Raises ValueError for what is no address, a block wider than /8 and one with link-local addresses.
    """

    dns: str
    https: Sequence[str]
    balancers: Sequence[str] = ()

    def __post_init__(self) -> None:
        _address(self.dns)
        if not self.https:
            raise ValueError("https: got no block; allowed: S3's addresses at least, or no pod could fetch its model")
        for name, listed in (("https", self.https), ("balancers", self.balancers)):
            for cidr in listed:
                _block(name, cidr)


def policies(reach: Reach) -> dict[str, dict[str, Any]]:
    """The specs of a namespace's policies by name: nothing goes in or out but what the others let through.

    Images are pulled by the node, and its probes reach its pods, whatever policies say.
    https://kubernetes.io/docs/concepts/services-networking/network-policies/
    """
    dns = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    resolvers = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    callers: list[dict[str, Any]] = [{"namespaceSelector": {"matchLabels": dict(GATEWAY)}}, *_blocks(reach.balancers)]
    specs = {
        "deny-all": {"podSelector": _EVERYWHERE, "policyTypes": ["Ingress", "Egress"]},
        # In Auto Mode the resolver is a process of the node behind the service's address, and no pod.
        # https://github.com/aws/containers-roadmap/issues/2552
        "dns": _out([resolvers, *_blocks([_single(reach.dns)])], dns),
        "pod-identity": _out(_blocks(POD_IDENTITY), [{"port": 80, "protocol": "TCP"}]),
        "https": _out(_blocks(reach.https), [{"port": 443, "protocol": "TCP"}]),
        "callers": {
            "podSelector": {"matchLabels": {COMPONENT: SERVICE}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": callers, "ports": [{"port": PORT, "protocol": "TCP"}]}],
        },
    }
    return {f"takeoff-{name}": spec for name, spec in specs.items()}


def _out(to: list[dict[str, Any]], ports: list[dict[str, Any]]) -> dict[str, Any]:
    return {"podSelector": _EVERYWHERE, "policyTypes": ["Egress"], "egress": [{"to": to, "ports": ports}]}


def _blocks(cidrs: Sequence[str]) -> list[dict[str, Any]]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def _single(address: str) -> str:
    return f"{address}/{ip_address(address).max_prefixlen}"


def _address(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        raise ValueError(f"dns: got {text!r}; allowed: one address, such as 172.20.0.10") from None


def _block(name: str, text: str) -> None:
    allowed = f"blocks of addresses of /{_WIDEST} or narrower without link-local ones, such as 10.20.0.0/20"
    try:
        block = ip_network(text)
    except ValueError:
        raise ValueError(f"{name}: got {text!r}; allowed: {allowed}") from None
    local = block.version == 4 and block.overlaps(_LINK_LOCAL)
    if block.prefixlen < _WIDEST or local:
        raise ValueError(f"{name}: got {text!r}; allowed: {allowed}")
