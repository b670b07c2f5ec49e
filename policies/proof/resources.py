"""Operators on whole resources: take one away, unprotect it, put a dangerous one beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from policies.declared import Declared, Unknown
from policies.proof.change import Change, Site, sibling
from policies.proof.places import NOTHING
from policies.proof.refused import required

ANYWHERE = ("0.0.0.0/0", "::/0")
# Ports that attackers try first; https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
PORTS = (22, 3389, 3306, 5432)
FULL = ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
EVERYBODY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})


def delete(site: Site) -> Iterator[Change]:
    """A resource goes; what needs it goes too, and what may use it does without, as a program that still runs."""
    resource, stack = site.resource, site.stack
    gone = {resource.urn}
    while more := {each.urn for each in stack if each.urn not in gone and _needs(each, gone)}:
        gone |= more
    put = [without for each in stack if each.urn not in gone and (without := _without(each, resource, gone)) != each]
    yield Change(put=tuple(put), gone=frozenset(gone))


def unprotect(site: Site) -> Iterator[Change]:
    """The engine may replace and delete it."""
    resource = site.resource
    if resource.protect:
        yield Change(put=(replace(resource, protect=False),))


def attach(site: Site) -> Iterator[Change]:
    """A role gets a managed policy that permits everything, of all services or of one."""
    resource = site.resource
    for arn in FULL:
        policy = sibling(
            resource,
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            f"{resource.name}-full",
            role=resource.props.get("name", resource.name),
            policyArn=arn,
        )
        yield Change(label=arn.rpartition("/")[2], put=(replace(policy, refs={"role": (resource.urn,)}),))


def attach_public(site: Site) -> Iterator[Change]:
    """A resource gets a policy of its own that lets in everybody."""
    resource = site.resource
    name = resource.props.get("name") or resource.props.get("modelPackageGroupName") or resource.name
    more: tuple[tuple[str, str, dict[str, Any]], ...] = {
        "aws:lambda/function:Function": (
            ("aws:lambda/permission:Permission", "function", {"principal": "*", "action": "lambda:InvokeFunction"}),
            ("aws:lambda/functionUrl:FunctionUrl", "functionName", {"authorizationType": "NONE"}),
        ),
        "aws:ecr/repository:Repository": (
            ("aws:ecr/repositoryPolicy:RepositoryPolicy", "repository", {"policy": EVERYBODY}),
        ),
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
            (
                "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
                "modelPackageGroupName",
                {"resourcePolicy": EVERYBODY},
            ),
        ),
    }[resource.type]
    for type_, of, props in more:
        made = sibling(resource, type_, f"{resource.name}-public", **{of: name, **props})
        yield Change(label=type_.rpartition(":")[2], put=(replace(made, refs={of: (resource.urn,)}),))


def open_port(site: Site) -> Iterator[Change]:
    """A rule beside this one lets the internet in: at ports that are tried first, and at all."""
    resource = site.resource
    group = resource.props.get("securityGroupId")
    refs = {key: urns for key, urns in resource.refs.items() if key == "securityGroupId"}
    for label, ports in (*((str(port), (port, port)) for port in PORTS), ("all", None)):
        for address in ANYWHERE:
            props = {"securityGroupId": group, ("cidrIpv6" if ":" in address else "cidrIpv4"): address}
            props |= {"ipProtocol": "tcp", "fromPort": ports[0], "toPort": ports[1]} if ports else {"ipProtocol": "-1"}
            made = sibling(resource, resource.type, f"{resource.name}-open", **props)
            yield Change(label=f"{label}-{address}", put=(replace(made, refs=refs),))


def widen_cidr(site: Site) -> Iterator[Change]:
    """A rule that names a group or a prefix list names every address instead."""
    resource = site.resource
    if site.property.path not in resource.props:
        return
    kept = {key: value for key, value in resource.props.items() if key != site.property.path}
    refs = {key: urns for key, urns in resource.refs.items() if key != site.property.path}
    for address in ANYWHERE:
        put = replace(resource, props={**kept, "cidrIpv6" if ":" in address else "cidrIpv4": address}, refs=refs)
        yield Change(path=site.property.path, label=address, put=(put,))


def private_to_internet(site: Site) -> Iterator[Change]:
    """A route through a NAT gateway leads through the internet gateway instead, which lets the internet in."""
    resource, stack = site.resource, site.stack
    way = next((each for each in stack if each.type == resource.type and "gatewayId" in each.props), None)
    if way is None or "natGatewayId" not in resource.props:
        return
    props = {key: value for key, value in resource.props.items() if key != "natGatewayId"}
    refs = {key: urns for key, urns in resource.refs.items() if key != "natGatewayId"}
    props["gatewayId"] = way.props["gatewayId"]
    refs["gatewayId"] = way.refs.get("gatewayId", ())
    yield Change(path="gatewayId", put=(replace(resource, props=props, refs=refs),))


def _needs(resource: Declared, gone: set[str]) -> bool:
    """Whether a resource cannot be without one that is gone: a required input is nothing but its name or id."""
    asked = [key for key in resource.refs if key in resource.props and key in required(resource.type)]
    return any(_is_only(resource, key, gone) for key in asked)


def _is_only(resource: Declared, key: str, gone: set[str] | frozenset[str]) -> bool:
    value = resource.props.get(key)
    whole = isinstance(value, Unknown) or (isinstance(value, str) and not value.startswith(("{", "ALARM(")))
    return whole and set(resource.refs.get(key, ())) <= gone


def _without(resource: Declared, other: Declared, gone: set[str]) -> Declared:
    """A resource without what it has of one that is gone: inputs that are only that, and its ARN deeper down.

    What is unknown deeper down was made from what the input was made from: it goes where all of that has gone.
    """
    prefix = f"arn:aws:{other.type.split(':')[1].split('/')[0]}:"
    inner = {
        key: NOTHING
        if _is_only(resource, key, gone)
        else _terms(_clean(resource.props[key], prefix, unknown=set(urns) <= gone), other)
        for key, urns in resource.refs.items()
        if gone & set(urns) and key in resource.props
    }
    props = {key: value for key, value in {**resource.props, **inner}.items() if value is not NOTHING}
    refs = {key: tuple(urn for urn in urns if urn not in gone) for key, urns in resource.refs.items() if key in props}
    return replace(resource, props=props, refs={key: urns for key, urns in refs.items() if urns})


def _clean(value: Any, prefix: str, *, unknown: bool) -> Any:
    """A list or a mapping without the ARNs of a service, and without what is `unknown`; a JSON text stays as it is."""
    if isinstance(value, dict):
        inner = {key: _clean(each, prefix, unknown=unknown) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each is not NOTHING}
    if isinstance(value, list):
        return [kept for each in value if (kept := _clean(each, prefix, unknown=unknown)) is not NOTHING]
    return NOTHING if (isinstance(value, Unknown) and unknown) or _is_arn(value, prefix) else value


def _is_arn(value: Any, prefix: str) -> bool:
    return isinstance(value, str) and value.startswith(prefix)


def _terms(value: Any, alarm: Declared) -> Any:
    """A composite alarm's rule without the term of one alarm; NOTHING where it was the only one."""
    if not isinstance(value, str) or not value.startswith("ALARM("):
        return value
    term = re.escape(f'ALARM("{alarm.props.get("name", alarm.props.get("alarmName"))}")')
    return re.sub(rf"^{term}( (AND|OR) )?|( (AND|OR) ){term}", "", value) or NOTHING
