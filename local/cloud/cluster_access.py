"""Who may enter an EKS cluster: access entries and their policies, none of which moto has."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.eks import urls
from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.eks.responses import EKSResponse
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from local.state import ACCOUNT

# AWS's policies of what may be done in a cluster. https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
_POLICIES = frozenset(
    f"arn:aws:eks::aws:cluster-access-policy/AmazonEKS{name}Policy"
    for name in ("Admin", "AdminView", "AutoNode", "ClusterAdmin", "Edit", "View")
)
_NODES = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"
_KINDS = ("EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "STANDARD")
# Made by bootstrap/, once in an account and by a program of its own: a stack names it, and here it need not exist.
_PREPARED = f"arn:aws:iam::{ACCOUNT}:role/takeoff-bootstrap-"


def install() -> None:
    """Adds the operations to moto's."""
    for path in ("", "/(?P<principalArn>.+)/access-policies/(?P<policyArn>.+)", "/(?P<principalArn>.+)"):
        urls.url_paths[f"{{0}}/clusters/(?P<name>[^/]+)/access-entries{path}$"] = EKSResponse.dispatch
    for operation in (
        create_access_entry,
        describe_access_entry,
        update_access_entry,
        delete_access_entry,
        list_access_entries,
        associate_access_policy,
        list_associated_access_policies,
        disassociate_access_policy,
    ):
        setattr(EKSResponse, operation.__name__, operation)


def create_access_entry(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html"""
    cluster, principal = _cluster(response), response._get_param("principalArn")
    kind, groups, username = (response._get_param(name) for name in ("type", "kubernetesGroups", "username"))
    if principal in cluster.access_entries:
        raise ResourceInUseException(message="The specified access entry resource is already in use on this cluster.")
    if not _exists(principal):
        raise InvalidParameterException(message="The specified principalArn is invalid: invalid principal.")
    if (kind := kind or "STANDARD") not in _KINDS:
        raise InvalidParameterException(message=f"The specified type {kind} is invalid")
    if kind != "STANDARD" and (groups or username):
        said = f"Kubernetes groups and usernames can't be specified for access entries of type {kind}"
        raise InvalidParameterException(message=said)
    who = principal.rpartition(":")[2].replace("role/", "assumed-role/", 1)
    arn = f"arn:aws:eks:{response.region}:{ACCOUNT}:access-entry/{cluster.name}/role/{ACCOUNT}"
    entry = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "kubernetesGroups": groups or [],
        "accessEntryArn": f"{arn}/{principal.rpartition('/')[2]}/{uuid.uuid4()}",
        "createdAt": datetime.now(UTC),
        "modifiedAt": datetime.now(UTC),
        "tags": response._get_param("tags") or {},
        "username": username or f"arn:aws:sts::{ACCOUNT}:{who}/{{{{SessionName}}}}",
        "type": kind,
    }
    cluster.access_entries[principal], cluster.access_policies[principal] = entry, {}
    return ActionResult({"accessEntry": entry})


def describe_access_entry(response: Any) -> ActionResult:
    return ActionResult({"accessEntry": _entry(response)})


def update_access_entry(response: Any) -> ActionResult:
    entry = _entry(response)
    given = {name: response._get_param(name) for name in ("kubernetesGroups", "username")}
    entry |= {name: value for name, value in given.items() if value is not None}
    entry["modifiedAt"] = datetime.now(UTC)
    return ActionResult({"accessEntry": entry})


def delete_access_entry(response: Any) -> ActionResult:
    """Its policies go with it."""
    cluster, principal = _cluster(response), _entry(response)["principalArn"]
    del cluster.access_entries[principal], cluster.access_policies[principal]
    return ActionResult({})


def list_access_entries(response: Any) -> ActionResult:
    return ActionResult({"accessEntries": sorted(_cluster(response).access_entries)})


def associate_access_policy(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_AssociateAccessPolicy.html"""
    entry, arn = _entry(response), response._get_param("policyArn")
    if arn not in _POLICIES:
        raise ResourceNotFoundException(message="The specified policyArn could not be found.")
    kind = entry["type"]
    if kind != ("EC2" if arn == _NODES else "STANDARD"):
        said = f"The policy {arn} can't be associated with an access entry of type {kind}"
        raise InvalidRequestException(message=said)
    scope = {"namespaces": [], **response._get_param("accessScope")}
    if (scope["type"] == "namespace") != bool(scope["namespaces"]):
        raise InvalidParameterException(message="Namespaces are for the access scope type namespace, which needs them")
    found = {"policyArn": arn, "accessScope": scope}
    found |= {"associatedAt": datetime.now(UTC), "modifiedAt": datetime.now(UTC)}
    _cluster(response).access_policies[entry["principalArn"]][arn] = found
    return ActionResult(_named(entry) | {"associatedAccessPolicy": found})


def list_associated_access_policies(response: Any) -> ActionResult:
    entry = _entry(response)
    found = list(_cluster(response).access_policies[entry["principalArn"]].values())
    return ActionResult(_named(entry) | {"associatedAccessPolicies": found})


def disassociate_access_policy(response: Any) -> ActionResult:
    policies = _cluster(response).access_policies[_entry(response)["principalArn"]]
    if policies.pop(response._get_param("policyArn"), None) is None:
        raise ResourceNotFoundException(message="The specified policyArn could not be found.")
    return ActionResult({})


def _cluster(response: Any) -> Any:
    """The cluster that a request names. Raises for one that does not know access entries."""
    cluster = response.eks_backend.describe_cluster(response._get_param("name"))
    if cluster.access_config["authenticationMode"] == "CONFIG_MAP":
        said = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] "
        raise InvalidRequestException(message=said + "to perform this operation.")
    return cluster


def _entry(response: Any) -> dict[str, Any]:
    found: dict[str, Any] | None = _cluster(response).access_entries.get(response._get_param("principalArn"))
    if found is None:
        said = "The specified principalArn could not be found. You can view your available access entries with "
        raise ResourceNotFoundException(message=said + "'list-access-entries'.")
    return found


def _named(entry: dict[str, Any]) -> dict[str, str]:
    return {name: entry[name] for name in ("clusterName", "principalArn")}


def _exists(principal: str) -> bool:
    try:
        return principal.startswith(_PREPARED) or bool(iam_backends[ACCOUNT]["aws"].get_role_by_arn(principal))
    except NotFoundException:
        return False
