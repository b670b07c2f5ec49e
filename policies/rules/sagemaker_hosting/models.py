"""Rules on models: where their containers come from, whom they reach and as whom they run.

Titles, severities and what fails are AWS's: the page below, read on 2026-11-23.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from policies import endpoints
from policies.declared import Declared, Graph, Unknown, given, inside, known
from policies.nested import rows, true
from policies.rule import AI, FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule

_PAGE = "https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html"
_MODEL = (endpoints.MODEL,)
_ROLE = "aws:iam/role:Role"
# Who may not borrow the role of a served model: they write artifacts, and a served model must not.
_MAKERS = ("aws:sagemaker/pipeline:Pipeline", "aws:sagemaker/trainingJob:TrainingJob")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_PRIVATE: Settings = {"registries": []}
_PRIVATE_ALLOWED = "imageConfig.repositoryAccessMode Vpc, or a registry among `registries` for a model in a VPC"
_PRIVATE_FIX = 'image_config={"repository_access_mode": "Vpc"}, or name the registry in the policy configuration'


def _isolation(model: Declared, _settings: Settings) -> str | None:
    return None if true(model, "enableNetworkIsolation") else "enableNetworkIsolation not true"


def _primary_registry(model: Declared, settings: Settings) -> str | None:
    return _open_registries(model, "primaryContainer", settings)


def _pipeline_registries(model: Declared, settings: Settings) -> str | None:
    return _open_registries(model, "containers", settings)


def _open_registries(model: Declared, path: str, settings: Settings) -> str | None:
    """Containers whose image AWS pulls over its own network.

    AWS fails a missing imageConfig too. `registries` are hosts (globs) that an environment takes for private all the
    same: an ECR repository of one's own account can only be pulled in mode Platform.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ImageConfig.html
    """
    found = []
    for container in rows(model, path):
        mode = known(inside(container, "imageConfig.repositoryAccessMode"), f"{path}.imageConfig")
        if mode != "Vpc" and not _accepted(container, model, path, settings):
            found.append(f"{path} {mode}" if mode else f"{path} without imageConfig")
    return ", ".join(found) or None


def _accepted(container: Mapping[str, Any], model: Declared, path: str, settings: Settings) -> bool:
    if not settings["registries"] or not given(model.at("vpcConfig")):
        return False
    host = str(known(container.get("image"), f"{path}.image") or "").partition("/")[0]
    return any(fnmatchcase(host, pattern) for pattern in settings["registries"])


def _images(model: Declared, _settings: Settings) -> str | None:
    """A tag can be moved after review; a digest cannot. A container from a model package has the package's image."""
    containers = [row for path in ("primaryContainer", "containers") for row in rows(model, path)]
    found = [
        str(image or "no image")
        for image in (known(row.get("image"), "image") for row in containers if not given(row.get("modelPackageName")))
        if not _DIGEST.search(str(image))
    ]
    return ", ".join(found) or None


def _in_vpc(model: Declared, settings: Settings) -> str | None:
    if not given(model.at("vpcConfig")):
        return "no vpcConfig"
    subnets = model.at("vpcConfig.subnets")
    if not isinstance(subnets, Unknown) and len(subnets or ()) < settings["subnets"]:
        return f"{len(subnets or ())} subnet(s)"
    return None if given(model.at("vpcConfig.securityGroupIds")) else "no securityGroupIds"


def _borrowed_roles(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    """A role that serves two models reads both models' artifacts; one that trains can overwrite what is served."""
    users: dict[str, list[tuple[str, Declared]]] = defaultdict(list)
    for model in graph.of(endpoints.MODEL):
        for name in endpoints.by_model(model):
            users[_role(graph, model, "executionRoleArn")].append((name, model))
    for role, served in users.items():
        names = sorted({name for name, _ in served})
        if len(names) > 1:
            yield from (Broken(model, f"a role that serves {' and '.join(names)}: {role}") for _, model in served)
    for maker in graph.of(*_MAKERS):
        role = _role(graph, maker, "roleArn")
        if role in users:
            yield Broken(maker, f"the role of a served model: {role}")


def _role(graph: Graph, resource: Declared, key: str) -> str:
    """A role by its ARN, or by the resource that it comes from while that is unknown."""
    value = resource.at(key)
    made = [other for urn in resource.refs.get(key, ()) if (other := graph.get(urn)) and other.type == _ROLE]
    return made[0].name if isinstance(value, Unknown) and made else str(known(value, key))


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="SageMaker.5",
        name="sagemaker-5-model-is-isolated",
        severity="medium",
        frameworks=(AI, FSBP),
        title="Models have network isolation",
        allowed="enableNetworkIsolation true",
        fix="enable_network_isolation=True",
        source=f"{_PAGE}#sagemaker-5",
        types=_MODEL,
        check=_isolation,
    ),
    ResourceRule(
        control="SageMaker.16",
        name="sagemaker-16-primary-container-from-a-private-registry",
        severity="medium",
        frameworks=(AI,),
        title="Primary containers of models come from a private registry in a VPC",
        allowed=_PRIVATE_ALLOWED,
        fix=_PRIVATE_FIX,
        source=f"{_PAGE}#sagemaker-16",
        types=_MODEL,
        check=_primary_registry,
        settings=_PRIVATE,
    ),
    ResourceRule(
        control="SageMaker.19",
        name="sagemaker-19-pipeline-containers-from-a-private-registry",
        severity="medium",
        frameworks=(AI,),
        title="Containers of inference pipelines come from a private registry in a VPC",
        allowed=_PRIVATE_ALLOWED,
        fix=_PRIVATE_FIX,
        source=f"{_PAGE}#sagemaker-19",
        types=_MODEL,
        check=_pipeline_registries,
        settings=_PRIVATE,
    ),
    ResourceRule(
        control="Takeoff.24",
        name="takeoff-24-model-images-by-digest",
        severity="high",
        frameworks=(OWN,),
        title="Model containers name their image by digest",
        allowed="<repository>@sha256:<64 hexadecimal digits>, or a model package",
        fix="build the image and use the digest that the build wrote to `/takeoff/<stack>/<model>/image`",
        source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-pull-ecr-image.html",
        types=_MODEL,
        check=_images,
    ),
    ResourceRule(
        control="Takeoff.31",
        name="takeoff-31-model-runs-in-a-vpc",
        severity="medium",
        frameworks=(OWN,),
        title="Models run in a VPC, in subnets of more than one zone",
        allowed="vpcConfig with as many subnets as `subnets` says, and a security group",
        fix="`takeoff:network` in the stack file",
        source="https://docs.aws.amazon.com/config/latest/developerguide/sagemaker-model-in-vpc.html",
        types=_MODEL,
        check=_in_vpc,
        settings={"subnets": 2},
    ),
    StackRule(
        control="Takeoff.36",
        name="takeoff-36-no-borrowed-roles",
        severity="high",
        frameworks=(OWN,),
        title="A served model's role is its own",
        allowed="one role per `takeoff:model`, and another for pipelines and training jobs",
        fix="a role of its own for each model and for each pipeline",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
        types=_MODEL,
        check=_borrowed_roles,
    ),
)
