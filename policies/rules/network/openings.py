"""What security groups let through, however it was written: inline, as a rule of its own, or as the older rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final, Literal

from policies.declared import Declared, Unknown, given, known

GROUPS: Final = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
_OLD: Final = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS: Final = ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", _OLD, *GROUPS)
EGRESS: Final = ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", _OLD, *GROUPS)
# A network with a shorter prefix holds more than one operator's addresses: it is the internet by another name.
_OWN_PREFIX: Final = 8
_ALL_PORTS: Final = (0, 65535)


@dataclass(frozen=True)
class Opening:
    """Ports of a protocol, to or from networks; `itself` where it is only between members of the group."""

    protocol: str
    first: int
    last: int
    networks: tuple[str, ...]
    itself: bool

    @property
    def everywhere(self) -> bool:
        """Whether it reaches the internet."""
        return any(ip_network(each, strict=False).prefixlen < _OWN_PREFIX for each in self.networks)

    def within(self, ports: list[int]) -> bool:
        """Whether it opens TCP ports of a list and no others."""
        return self.protocol in ("tcp", "6") and set(range(self.first, self.last + 1)) <= set(ports)

    def __str__(self) -> str:
        ports = "all ports" if (self.first, self.last) == _ALL_PORTS else f"ports {self.first} to {self.last}"
        protocol = "every protocol" if self.protocol == "-1" else self.protocol
        return f"{protocol}, {ports}, {', '.join(self.networks) or 'another group'}"


def openings(resource: Declared, direction: Literal["ingress", "egress"]) -> Iterator[Opening]:
    """What a resource opens in a direction. Raises UnknownError where protocol, ports or networks are unknown."""
    if resource.type in GROUPS:
        for block in known(resource.at(direction), direction) or ():
            yield _opening(known(block, direction))
    elif resource.type != _OLD or known(resource.at("type"), "type") == direction:
        yield _opening(resource.props)


def _opening(block: Mapping[str, Any]) -> Opening:
    protocol = str(known(block.get("ipProtocol", block.get("protocol", "-1")), "protocol"))
    first, last = (known(block.get(key), key) for key in ("fromPort", "toPort"))
    everything = protocol in ("-1", "all") or first is None or last is None
    return Opening(
        protocol="-1" if protocol == "all" else protocol,
        first=0 if everything else int(first),
        last=_ALL_PORTS[1] if everything else int(last),
        networks=tuple(_networks(block)),
        itself=_itself(block),
    )


def _networks(block: Mapping[str, Any]) -> Iterator[str]:
    for key in ("cidrIpv4", "cidrIpv6"):
        if (value := known(block.get(key), key)) is not None:
            yield str(value)
    for key in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from (str(known(each, key)) for each in known(block.get(key), key) or ())


def _itself(block: Mapping[str, Any]) -> bool:
    if block.get("self") is True:
        return not given(block.get("securityGroups")) and not given(block.get("sourceSecurityGroupId"))
    group = block.get("referencedSecurityGroupId")
    # Before the group exists its id is unknown on both sides; a rule from it to another is caught at `up`.
    return given(group) and (isinstance(group, Unknown) or group == block.get("securityGroupId"))
