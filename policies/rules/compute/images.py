"""Container images: scanned, never overwritten, tidied, and run by what they are rather than by a tag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from policies.declared import Declared, Graph, Unknown, UnknownError, given, known
from policies.links import each, parts
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

_REPOSITORY: Final = "aws:ecr/repository:Repository"
_MODEL: Final = "aws:sagemaker/model:Model"
_FUNCTION: Final = "aws:lambda/function:Function"
_PROJECT: Final = "aws:codebuild/project:Project"
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def _scanned(resource: Declared, _settings: Settings) -> str | None:
    path = "imageScanningConfiguration.scanOnPush"
    value = known(resource.at(path), path)
    return None if value is True else f"scanOnPush {value if value is not None else 'left out'}"


def _immutable(resource: Declared, _settings: Settings) -> str | None:
    value = known(resource.at("imageTagMutability"), "imageTagMutability")
    return None if value == "IMMUTABLE" else f"imageTagMutability {value or 'left out'}"


def _tidied(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(repository: Declared) -> str | None:
        policies = parts(graph, repository, "repository", "aws:ecr/lifecyclePolicy:LifecyclePolicy")
        texts = [known(policy.at("policy"), "policy") for policy in policies]
        rules = [rule for text in texts for rule in _read(text).get("rules", ())]
        return None if rules else "no LifecyclePolicy with a rule"

    return each(graph.of(_REPOSITORY), check)


def _read(text: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if isinstance(text, str) else dict(text or {})
    return found


def _by_digest(resource: Declared, _settings: Settings) -> str | None:
    unknown: str | None = None
    for path, image in _images(resource):
        if isinstance(image, Unknown):
            unknown = path
        elif given(image) and not _DIGEST.search(str(image)):
            return f"{path} {image}"
    if unknown is not None:
        raise UnknownError(unknown)
    return None


def _images(resource: Declared) -> Iterator[tuple[str, Any]]:
    if resource.type == _FUNCTION:
        yield "imageUri", resource.at("imageUri")
    elif resource.type == _PROJECT:
        image = resource.at("environment.image")
        # CodeBuild's own images have no digests to name: AWS patches them under their names.
        # https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
        if not (isinstance(image, str) and image.startswith("aws/codebuild/")):
            yield "environment.image", image
    else:
        yield "primaryContainer.image", resource.at("primaryContainer.image")
        for container in known(resource.at("containers"), "containers") or ():
            yield "containers.image", known(container, "containers").get("image")


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="ECR.1",
        name="ecr-1-scanned",
        severity="high",
        frameworks=(FSBP,),
        title="an image is scanned when it is pushed",
        allowed="imageScanningConfiguration.scanOnPush: true",
        fix="set scanOnPush",
        source=hub("ECR.1"),
        types=(_REPOSITORY,),
        check=_scanned,
    ),
    ResourceRule(
        control="ECR.2",
        name="ecr-2-tags-are-immutable",
        severity="medium",
        frameworks=(FSBP,),
        title="a tag means one image for ever",
        allowed="imageTagMutability IMMUTABLE",
        fix="set imageTagMutability",
        source=hub("ECR.2"),
        types=(_REPOSITORY,),
        check=_immutable,
    ),
    StackRule(
        control="ECR.3",
        name="ecr-3-lifecycle",
        severity="medium",
        frameworks=(FSBP,),
        title="a repository says which images go",
        allowed="a LifecyclePolicy with at least one rule",
        fix="declare one for the repository",
        source=hub("ECR.3"),
        types=(_REPOSITORY,),
        check=_tidied,
    ),
    ResourceRule(
        control="Takeoff.24",
        name="takeoff-24-images-by-digest",
        severity="medium",
        frameworks=(OWN,),
        title="an image is named by its digest",
        allowed="...@sha256: and 64 digits; for a build also AWS's own aws/codebuild/ images",
        fix="name the digest (our ModelImage writes it to the model's `image` parameter)",
        source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-pull-ecr-image.html",
        types=(_MODEL, _FUNCTION, _PROJECT),
        check=_by_digest,
    ),
)
