"""What a model can reach, and who could read what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.computed import COMPUTED
from catalog.instance_types import has_local_storage
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at, listed

_MODEL = "aws:sagemaker/model:Model"


def isolation(view: View) -> Found:
    """The containers reach nothing but what SageMaker hands them."""
    models = view.mine(_MODEL)
    if not models:
        return Found(None, f"no version is deployed; next: {view.due}")
    open_ = [model.name for model in models if at(model, "enableNetworkIsolation") is not True]
    if open_:
        return Found(False, f"may call out: {', '.join(open_)}")
    return Found(True, "every version is isolated")


def network(view: View) -> Found:
    """The containers run in subnets of the stack's, not in AWS's own network."""
    models = view.mine(_MODEL)
    if not models:
        return Found(None, f"no version is deployed; next: {view.due}")
    outside = [model.name for model in models if not listed(at(model, "vpcConfig.subnets"))]
    if outside:
        return Found(False, f"in AWS's own network: {', '.join(outside)}")
    return Found(True, "in private subnets")


def _network_lines(_: View) -> Mapping[str, Any]:
    """The image's build installs packages, so the network needs a way out."""
    return {"takeoff:network": {"cidr": "10.24.0.0/20", "zones": 2, "nat": "single"}}


def encryption(view: View) -> Found:
    """Buckets, images, disks and captures are encrypted with a key of the stack's, which rotates."""
    bare = _buckets_without_a_key(view)
    bare += [
        step.name
        for step in view.mine("aws:ecr/repository:Repository")
        if not at(step, "encryptionConfigurations.0.kmsKey")
    ]
    bare += [] if _disks_are_encrypted(view) else ["the endpoint's disks"]
    if view.config and at(view.config, "dataCaptureConfig") and not at(view.config, "dataCaptureConfig.kmsKeyId"):
        bare.append("captures")
    bare += [step.name for step in view.all("aws:kms/key:Key") if at(step, "enableKeyRotation") is not True]
    if bare:
        return Found(False, f"without a key of its own, or a key that does not rotate: {', '.join(bare)}")
    return Found(True, "buckets, images, disks and captures; the key rotates")


def _buckets_without_a_key(view: View) -> list[str]:
    """By name, but for those that take access logs: S3 delivers to none with a key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    logged = {at(step, "targetBucket") for step in view.all("aws:s3/bucketLogging:BucketLogging")}
    keys = {}
    for rule in view.all("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"):
        key = at(rule, "rules.0.applyServerSideEncryptionByDefault.kmsMasterKeyId")
        # Before the first deployment a rule does not know its bucket, but stands beside it in one component.
        keys[at(rule, "bucket")] = keys[rule.parent] = key
    buckets = [
        step for step in view.all("aws:s3/bucket:Bucket") if not keys.get(at(step, "bucket"), keys.get(step.parent))
    ]
    return [step.name for step in buckets if at(step, "bucket") not in logged and COMPUTED not in logged]


def _disks_are_encrypted(view: View) -> bool:
    """By the config's key, or by the hardware: instances with local disks take no key."""
    if view.config is None or at(view.config, "kmsKeyArn"):
        return True
    kinds = ("productionVariants", "shadowProductionVariants")
    types = [str(each.get("instanceType")) for kind in kinds for each in listed(at(view.config, kind))]
    return any(has_local_storage(type_) for type_ in types)


def boundary(view: View) -> Found:
    """No role can be given more than the account's boundary allows."""
    open_ = [role.name for role in view.all("aws:iam/role:Role") if not at(role, "permissionsBoundary")]
    if open_:
        return Found(False, f"roles without a boundary: {', '.join(open_)}")
    return Found(True, "on every role")


ROWS = (
    Row(name="network isolation", group="Security", look=isolation),
    Row(name="private network", group="Security", look=network, lines=_network_lines),
    Row(name="encryption by key", group="Security", pods=True, look=encryption),
    Row(
        name="boundary",
        group="Security",
        pods=True,
        look=boundary,
        lines=lambda _: {"takeoff:boundary": "takeoff-bootstrap-boundary"},
    ),
)
