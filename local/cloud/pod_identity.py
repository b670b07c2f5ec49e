"""Which role a pod has by its service account: Pod Identity associations, which moto lacks, and tags of all of EKS."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.eks import urls
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse

from local.cloud import access
from local.state import ACCOUNT

SERVICE = "pods.eks.amazonaws.com"
_ARNS = ("accessEntryArn", "addonArn", "associationArn")
_LISTED = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")


def install() -> None:
    """Adds the operations, and tags of what has an ARN that moto does not know."""
    for path in ("", "/(?P<associationId>[^/]+)"):
        urls.url_paths[f"{{0}}/clusters/(?P<name>[^/]+)/pod-identity-associations{path}$"] = EKSResponse.dispatch
    for operation in (
        create_pod_identity_association,
        describe_pod_identity_association,
        update_pod_identity_association,
        delete_pod_identity_association,
        list_pod_identity_associations,
    ):
        setattr(EKSResponse, operation.__name__, operation)
    moto: Any = EKSResponse
    tag, untag, list_tags = moto.tag_resource, moto.untag_resource, moto.list_tags_for_resource

    def tag_resource(response: Any) -> Any:
        if (tags := _tags(response)) is None:
            return tag(response)
        tags.update(response._get_param("tags"))
        return EmptyResult()

    def untag_resource(response: Any) -> Any:
        if (tags := _tags(response)) is None:
            return untag(response)
        for key in response._get_param("tagKeys"):
            tags.pop(key, None)
        return EmptyResult()

    def list_tags_for_resource(response: Any) -> Any:
        tags = _tags(response)
        return list_tags(response) if tags is None else ActionResult({"tags": tags})

    moto.tag_resource, moto.untag_resource = tag_resource, untag_resource
    moto.list_tags_for_resource = list_tags_for_resource


def create_pod_identity_association(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html"""
    cluster, role = _cluster(response), response._get_param("roleArn")
    place = {name: response._get_param(name) for name in ("namespace", "serviceAccount")}
    if any(place.items() <= each.items() for each in cluster.pod_identities.values()):
        said = f"Association already exists: {'/'.join(place.values())} in cluster {cluster.name}"
        raise ResourceInUseException(message=said)
    _admit(role)
    name = f"a-{secrets.token_hex(9)[:17]}"
    made = {
        **place,
        "clusterName": cluster.name,
        "roleArn": role,
        "associationArn": f"arn:aws:eks:{response.region}:{ACCOUNT}:podidentityassociation/{cluster.name}/{name}",
        "associationId": name,
        "tags": response._get_param("tags") or {},
        "createdAt": datetime.now(UTC),
        "modifiedAt": datetime.now(UTC),
        "disableSessionTags": bool(response._get_param("disableSessionTags")),
    }
    if target := response._get_param("targetRoleArn"):
        made |= {"targetRoleArn": target, "externalId": str(uuid.uuid4())}
    cluster.pod_identities[name] = made
    return ActionResult({"association": made})


def describe_pod_identity_association(response: Any) -> ActionResult:
    return ActionResult({"association": _association(response)})


def update_pod_identity_association(response: Any) -> ActionResult:
    found = _association(response)
    given = {name: response._get_param(name) for name in ("roleArn", "targetRoleArn", "disableSessionTags")}
    if given["roleArn"]:
        _admit(given["roleArn"])
    found |= {name: value for name, value in given.items() if value is not None}
    found["modifiedAt"] = datetime.now(UTC)
    return ActionResult({"association": found})


def delete_pod_identity_association(response: Any) -> ActionResult:
    found = _association(response)
    del _cluster(response).pod_identities[found["associationId"]]
    return ActionResult({"association": found})


def list_pod_identity_associations(response: Any) -> ActionResult:
    found = [{name: each[name] for name in _LISTED} for each in _cluster(response).pod_identities.values()]
    return ActionResult({"associations": found})


def _cluster(response: Any) -> Any:
    return response.eks_backend.describe_cluster(response._get_param("name"))


def _association(response: Any) -> dict[str, Any]:
    name = response._get_param("associationId")
    found: dict[str, Any] | None = _cluster(response).pod_identities.get(name)
    if found is None:
        raise ResourceNotFoundException(message=f"No association was found with the association ID {name}")
    return found


def _tags(response: Any) -> dict[str, str] | None:
    """The tags of the entry, association, add-on or node group with an ARN; None for what moto tags itself."""
    arn = response._extract_arn_from_path()
    for cluster in response.eks_backend.clusters.values():
        held = (*cluster.access_entries.values(), *cluster.pod_identities.values(), *cluster.addons.values())
        tagged = {each[name]: each["tags"] for each in held for name in _ARNS if name in each}
        tagged |= {group.arn: group.tags for group in cluster.nodegroups.values()}
        if arn in tagged:
            tags: dict[str, str] = tagged[arn]
            return tags
    return None


def _admit(role: str) -> None:
    if not access.trusted(role, SERVICE):
        raise InvalidParameterException(message=f"Role provided in the request does not exist or is not valid: {role}")
