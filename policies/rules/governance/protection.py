"""What must not be lost: the engine refuses to replace or delete what is protected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, known
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_TYPES: Final = (
    "aws:sagemaker/endpoint:Endpoint",
    "aws:sagemaker/featureGroup:FeatureGroup",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    "aws:kms/key:Key",
    "aws:s3/bucket:Bucket",
    "aws:dynamodb/table:Table",
    "aws:ecr/repository:Repository",
)
_EMPTIED: Final = {
    "aws:s3/bucket:Bucket": "forceDestroy",
    "aws:s3/bucketV2:BucketV2": "forceDestroy",
    "aws:ecr/repository:Repository": "forceDelete",
}


def _protected(graph: Graph, settings: Settings) -> Iterator[Broken]:
    return (Broken(each, "protect false") for each in graph.of(*settings["types"]) if not each.protect)


def _emptied(resource: Declared, _settings: Settings) -> str | None:
    path = _EMPTIED[resource.type]
    return f"{path} true" if known(resource.at(path), path) is True else None


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.17",
        name="takeoff-17-protected",
        severity="high",
        frameworks=(OWN,),
        title="what cannot be had back is protected: endpoints, features, versions, keys, data",
        allowed="the resource option protect: true on the types of setting `types`",
        fix="set takeoff:protect in the stack file, or ResourceOptions(protect=True)",
        source="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
        settings={"types": list(_TYPES)},
        types=_TYPES,
        check=_protected,
    ),
    ResourceRule(
        control="Takeoff.17",
        name="takeoff-17-not-emptied",
        severity="high",
        frameworks=(OWN,),
        title="a bucket or repository with something in it is not deleted",
        allowed="forceDestroy and forceDelete: false",
        fix="leave it out (takeoff:retainData in the stack file)",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html",
        types=tuple(_EMPTIED),
        check=_emptied,
    ),
)
