"""What moto loses of security group rules and of endpoints in a network."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError, InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses import EC2Response

# Where a rule about a prefix list keeps its description: moto's own has no place for it.
_SAID = "takeoff_said"


def install() -> None:
    """Puts our operations around moto's."""
    rule: Any = SecurityGroupRule
    make = rule.__init__

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807 (takes the place of one)
        make(self, *args, **given)
        prefix_list = given.get("prefix_list_id") or (args[7] if len(args) > 7 else None)
        setattr(self, _SAID, (prefix_list or {}).get("Description"))

    rule.__init__ = __init__
    rule.description = property(_description)
    backend: Any = SecurityGroupBackend
    backend.modify_security_group_rules = modify_security_group_rules
    responses: Any = EC2Response
    modify = responses.modify_vpc_endpoint

    def modify_vpc_endpoint(response: Any) -> ActionResult:
        answer: ActionResult = modify(response)
        wanted = response._get_param("PrivateDnsEnabled")
        if wanted is not None:
            endpoint = response.ec2_backend.vpc_end_points[response._get_param("VpcEndpointId")]
            endpoint.private_dns_enabled = wanted in (True, "true")
        return answer

    responses.modify_vpc_endpoint = modify_vpc_endpoint


def modify_security_group_rules(backend: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
    """Gives rules other ports, places and descriptions; a place of another kind is another rule."""
    group = backend.get_security_group_by_name_or_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
        rule.ip_protocol = wanted["IpProtocol"]
        ports = (wanted.get(name) for name in ("FromPort", "ToPort"))
        rule.from_port, rule.to_port = (None if port is None else int(port) for port in ports)
        said = {"Description": wanted["Description"]} if wanted.get("Description") else {}
        cidr = {"CidrIp": wanted.get("CidrIpv4"), "CidrIpv6": wanted.get("CidrIpv6")}
        rule.ip_range = {key: value for key, value in cidr.items() if value}
        rule.ip_range |= said if rule.ip_range else {}
        rule.prefix_list_id = wanted.get("PrefixListId")
        other = wanted.get("ReferencedGroupId")
        owner = {"OwnerId": backend.account_id, "UserId": backend.account_id}
        rule.source_group = {"GroupId": other, **owner, **said} if other else {}
        setattr(rule, _SAID, said.get("Description"))


def _description(rule: Any) -> str | None:
    places = (rule.ip_range, rule.source_group)
    found: str | None = next((p["Description"] for p in places if "Description" in p), getattr(rule, _SAID, None))
    return found
