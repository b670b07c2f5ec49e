"""`takeoff image build` against the emulated CodeBuild: a shipped model's image, in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catalog import build_context
from local.cloud import images, packages
from takeoff.image import BuildFailedError, Images
from takeoff.stack import DeployedModel, DeployedStack
from tests.local.cloud.emulated import Cloud
from tests.local.cloud.test_builds import BUILDSPEC, REGISTRY, ROOT, Project


def deployed(cloud: Cloud, buildspec: str = BUILDSPEC) -> Images:
    """A model as the stack would declare it, under a name of its own."""
    name = f"model-{next(cloud.names)}"
    repository = f"takeoff-local-{name}"
    cloud.client("ecr").create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    url, dockerfile = f"{REGISTRY}/{repository}", "model_code/breast_cancer/Dockerfile"
    project = Project(cloud, buildspec, source=f"image-sources/{name}", REPOSITORY_URL=url, DOCKERFILE=dockerfile)
    model = DeployedModel(
        name=name, code="breast_cancer", owner="o@x", traffic={}, versions=[], project=project.name, repository=url
    )
    return Images(DeployedStack(name="local", bucket="sources", rollout="", models={name: model}), model, cloud.client)


def test_a_shipped_model_is_built_once_and_runs_in_an_environment_of_its_own(cloud: Cloud) -> None:
    model, context, phases = deployed(cloud), build_context.read(ROOT, "breast_cancer"), []
    built = model.build(context, force=False, report=lambda at: phases.append(at.phase))
    assert built.stored
    assert phases[-1] == "COMPLETED"
    assert model.status(context).current
    again = model.build(context, force=False, report=lambda at: pytest.fail("built twice"))
    assert (again.image, again.build, again.stored) == (built.image, "", False)
    forced = model.build(context, force=True, report=lambda at: None)
    assert (forced.image, forced.stored) == (built.image, False), "the digest does not follow content alone"
    image = images.load(built.image, cloud.state)
    assert image.python != Path(sys.executable)
    assert image.python.is_relative_to(packages.STORE)
    assert {path.name.lower() for path in image.python.parents[1].glob("lib/*/site-packages/onnxruntime")}
    assert not list(image.python.parents[1].glob("lib/*/site-packages/moto")), "our environment leaks into the image's"


def test_a_failing_build_says_what_failed_and_stores_nothing(cloud: Cloud) -> None:
    model = deployed(cloud, BUILDSPEC.replace("docker build", "docker build --no-such-option"))
    context = build_context.read(ROOT, "breast_cancer")
    with pytest.raises(
        BuildFailedError, match="failed in BUILD: Error while executing command: docker build"
    ) as failed:
        model.build(context, force=False, report=lambda at: None)
    assert any("--no-such-option" in line for line in failed.value.lines)
    assert model.status(context).image == ""


def test_a_build_without_a_digest_has_failed(cloud: Cloud) -> None:
    model = deployed(cloud, BUILDSPEC.replace("export IMAGE_DIGEST=", "export OTHER="))
    context = build_context.read(ROOT, "breast_cancer")
    with pytest.raises(BuildFailedError, match="got IMAGE_DIGEST ''"):
        model.build(context, force=False, report=lambda at: None)
    assert model.status(context).image == ""
