"""What EC2 refuses while something depends on it: the order in which a network has to be taken down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.sagemaker.models import sagemaker_backends

from local.state import ACCOUNT


def install() -> None:
    """Puts AWS's refusals before moto's deletions."""
    moto: Any = EC2Backend
    for refuse in (delete_vpc, delete_subnet, delete_security_group, detach_internet_gateway, release_address):
        setattr(moto, refuse.__name__, _refusing(refuse, getattr(moto, refuse.__name__)))
    moto.create_nat_gateway = _refusing(create_nat_gateway, moto.create_nat_gateway)
    moto.delete_nat_gateway = _freeing(moto.delete_nat_gateway)


def delete_vpc(ec2: Any, vpc_id: str) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html"""
    groups = [group.id for group in ec2.groups.get(vpc_id, {}).values() if group.name != "default"]
    gateways = [each.id for each in ec2.internet_gateways.values() if each.vpc and each.vpc.id == vpc_id]
    endpoints = [each.id for each in _endpoints(ec2) if each.vpc_id == vpc_id]
    if found := [*groups, *gateways, *endpoints]:
        raise _dependents(f"The vpc '{vpc_id}'", found)


def delete_subnet(ec2: Any, subnet_id: str) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/delete-subnets.html"""
    interfaces = [eni.id for eni in ec2.enis.values() if eni.subnet.id == subnet_id]
    if found := [*interfaces, *_used_by("Subnets", subnet_id, ec2.region_name)]:
        raise _dependents(f"The subnet '{subnet_id}'", found)


def delete_security_group(ec2: Any, name: str | None = None, group_id: str | None = None) -> None:  # noqa: ARG001
    """https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html"""
    if not group_id:
        return
    found = [each.id for each in _endpoints(ec2) if group_id in each.security_group_ids]
    found += [eni.id for eni in ec2.enis.values() if group_id in {group.id for group in eni.group_set}]
    for group in (group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id):
        rules = [*group.ingress_rules, *group.egress_rules]
        found += [rule.id for rule in rules if rule.source_group.get("GroupId") == group_id]
    found += _used_by("SecurityGroupIds", group_id, ec2.region_name)
    if found:
        raise _dependents(f"resource {group_id}", found)


def detach_internet_gateway(ec2: Any, internet_gateway_id: str, vpc_id: str) -> None:  # noqa: ARG001
    """https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html: mapped addresses go first."""
    if found := [each.id for each in _nat_gateways(ec2) if each.vpc_id == vpc_id and _address(each)]:
        raise _dependents(f"Network {vpc_id}", found)


def release_address(ec2: Any, address: str | None = None, allocation_id: str | None = None) -> None:  # noqa: ARG001
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html"""
    if found := [each.id for each in _nat_gateways(ec2) if allocation_id and _address(each) == allocation_id]:
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address {allocation_id} is in use by {', '.join(found)}.")


def create_nat_gateway(ec2: Any, subnet_id: str, allocation_id: str, **given: Any) -> None:  # noqa: ARG001
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html"""
    vpc_id = ec2.get_subnet(subnet_id).vpc_id
    attached = any(each.vpc and each.vpc.id == vpc_id for each in ec2.internet_gateways.values())
    if given.get("connectivity_type") != "private" and not attached:
        raise EC2ClientError("Gateway.NotAttached", f"Network {vpc_id} has no Internet gateway attached")


def _refusing(refuse: Any, operation: Any) -> Any:
    def with_refusal(ec2: Any, *args: Any, **given: Any) -> Any:
        refuse(ec2, *args, **given)
        return operation(ec2, *args, **given)

    return with_refusal


def _freeing(delete: Any) -> Any:
    """A deleted NAT gateway gives its network interface back; moto keeps it."""

    def delete_nat_gateway(ec2: Any, nat_gateway_id: str) -> Any:
        gateway = delete(ec2, nat_gateway_id)
        ec2.enis.pop(gateway._eni.id, None)
        return gateway

    return delete_nat_gateway


def _endpoints(ec2: Any) -> list[Any]:
    return [each for each in ec2.vpc_end_points.values() if each.state != "deleted"]


def _nat_gateways(ec2: Any) -> list[Any]:
    return [each for each in ec2.nat_gateways.values() if each.state != "deleted"]


def _address(gateway: Any) -> str | None:
    address: str | None = gateway.address_set[0].get("allocationId")
    return address


def _used_by(member: str, wanted: str, region: str) -> Iterator[str]:
    """Endpoints and functions whose network interfaces are in a subnet, or in a security group."""
    sagemaker = sagemaker_backends[ACCOUNT][region]
    for endpoint in sagemaker.endpoints.values():
        config = getattr(sagemaker.endpoint_configs.get(endpoint.endpoint_config_name), "given", {})
        variants = [*config.get("ProductionVariants", ()), *config.get("ShadowProductionVariants", ())]
        models = (sagemaker._models.get(variant.get("ModelName")) for variant in variants)
        placed = (getattr(model, "given", {}).get("VpcConfig") or {} for model in models)
        if any(wanted in place.get(member, ()) for place in placed):
            yield f"network interfaces of endpoint {endpoint.endpoint_name}"
    name = {"Subnets": "SubnetIds"}.get(member, member)
    for function in lambda_backends[ACCOUNT][region].list_functions():
        if wanted in (function.vpc_config or {}).get(name, ()):
            yield f"network interfaces of function {function.function_name}"


def _dependents(what: str, found: list[str]) -> DependencyViolationError:
    return DependencyViolationError(f"{what} has dependencies and cannot be deleted: {', '.join(found)}.")
