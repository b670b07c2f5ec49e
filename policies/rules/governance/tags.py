"""Tags: whose each thing is, and what it belongs to."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from policies.declared import Declared, Graph, Unknown, UnknownError, known
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule

_PROVIDER: Final = "pulumi:providers:aws"
_ENDPOINT: Final = "aws:sagemaker/endpoint:Endpoint"
_PAGE: Final = "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html"
# What takes tags and costs, serves or holds something. Roles are left out: they cost nothing and have a name.
TAGGED: Final = (
    "aws:appautoscaling/target:Target", "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:codebuild/project:Project", "aws:dynamodb/table:Table",
    "aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway", "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc", "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ecr/repository:Repository",
    "aws:eks/cluster:Cluster", "aws:kinesis/stream:Stream", "aws:kms/key:Key", "aws:lambda/function:Function",
    "aws:s3/bucket:Bucket", _ENDPOINT, "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    "aws:sagemaker/featureGroup:FeatureGroup", "aws:sagemaker/model:Model", "aws:sagemaker/modelCard:ModelCard",
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup", "aws:sfn/stateMachine:StateMachine", "aws:sns/topic:Topic",
    "aws:sqs/queue:Queue", "aws:ssm/parameter:Parameter", "aws:emrserverless/application:Application",
)  # fmt: skip


def _stack(graph: Graph, settings: Settings) -> Iterator[Broken]:
    providers = graph.of(_PROVIDER)
    default = {key for provider in providers for key in _default(provider)}
    missing = [key for key in settings["keys"] if key not in default]
    bare: list[tuple[Declared, list[str]]] = []
    for resource in graph.of(*TAGGED):
        own = {key for path in ("tags", "tagsAll") for key in _keys(resource.at(path), path)}
        if lacking := [key for key in missing if key not in own]:
            bare.append((resource, lacking))
    if bare and providers:  # one line, where it is mended
        names = ", ".join(sorted({resource.name for resource, _ in bare})[:3])
        yield Broken(providers[0], f"{len(bare)} resources without {', '.join(bare[0][1])}, such as {names}")
    elif bare:
        yield from (Broken(resource, f"no tag {', '.join(lacking)}") for resource, lacking in bare)


def _model(graph: Graph, settings: Settings) -> Iterator[Broken]:
    """Of one component, all are tagged as a model's or none is: a component that belongs to a model is one's whole."""
    siblings: dict[str, list[tuple[Declared, set[str]]]] = defaultdict(list)
    wanted, unknown = set(settings["keys"]), False
    for resource in graph.of(*TAGGED):
        if isinstance(resource.at("tags"), Unknown):
            unknown = True
            continue
        siblings[resource.parent or resource.urn].append((resource, _keys(resource.at("tags"), "tags") & wanted))
    for group in siblings.values():
        if any(keys for _, keys in group):
            for resource, keys in group:
                if lacking := sorted(wanted - keys):
                    yield Broken(resource, f"no tag {', '.join(lacking)}")
    if unknown:
        raise UnknownError("tags")


def _default(provider: Declared) -> set[str]:
    """A provider's configuration reaches the engine as JSON texts."""
    value = known(provider.at("defaultTags"), "defaultTags") or {}
    tags = json.loads(value) if isinstance(value, str) else value
    return _keys(tags.get("tags"), "defaultTags.tags")


def _keys(tags: Any, of: str) -> set[str]:
    found = known(tags, of)
    return {key for key, value in found.items() if value not in (None, "")} if isinstance(found, Mapping) else set()


def _owned(resource: Declared, settings: Settings) -> str | None:
    tags = known(resource.at("tags"), "tags") or {}
    owner = known(tags.get(settings["key"]), f"tags.{settings['key']}")
    if not owner:
        return f"no tag {settings['key']}"
    return None if re.search(settings["pattern"], str(owner)) else f"{settings['key']} {owner}"


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.12",
        name="takeoff-12-stack-tags",
        severity="low",
        frameworks=(OWN,),
        title="everything says which stack it is of",
        allowed="the tags of setting `keys`, by the provider's defaultTags or on the resource",
        fix="set them in the provider's defaultTags",
        source=_PAGE,
        settings={"keys": ["takeoff:stack", "takeoff:managed-by"]},
        types=TAGGED,
        check=_stack,
    ),
    StackRule(
        control="Takeoff.12",
        name="takeoff-12-model-tags",
        severity="low",
        frameworks=(OWN,),
        title="whatever belongs to a model says to which and whose it is",
        allowed="all tags of setting `keys` on every resource of a component in which one carries any",
        fix="pass the model's tags on (components/tags.py)",
        source=_PAGE,
        settings={"keys": ["takeoff:model", "takeoff:owner"]},
        types=TAGGED,
        check=_model,
    ),
    ResourceRule(
        control="Takeoff.15",
        name="takeoff-15-endpoints-have-an-owner",
        severity="medium",
        frameworks=(OWN,),
        title="an endpoint has an owner",
        allowed="the tag of setting `key` with a value that matches `pattern`",
        fix="set the model's owner in the stack file to an e-mail address",
        source=_PAGE,
        settings={"key": "takeoff:owner", "pattern": "^[^@ ]+@[^@ ]+$"},
        types=(_ENDPOINT,),
        check=_owned,
    ),
)
