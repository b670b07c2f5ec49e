"""`takeoff image build` against the emulated CodeBuild: a shipped model's image, in an environment of its own."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

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


def test_an_image_that_is_gone_is_refused_and_the_endpoint_stays_as_it_was(cloud: Cloud, repository: Path) -> None:
    ecr, name = cloud.client("ecr"), f"takeoff-local-echo-{next(cloud.names)}"
    ecr.create_repository(repositoryName=name)
    project = Project(cloud, BUILDSPEC, REPOSITORY_URL=f"{REGISTRY}/{name}", DOCKERFILE="model_code/echo/Dockerfile")
    version = project.upload(build_context.read(repository, "echo").archive())
    assert project.ended(project.start(version, IMAGE_TAG="t"))["buildStatus"] == "SUCCEEDED"
    (held,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    there = replace(cloud, image=f"{REGISTRY}/{name}@{held['imageDigest']}")
    there.sagemaker, there.runtime = cloud.sagemaker, cloud.runtime
    model, endpoint = there.model("gone"), cloud.deploy(("main", cloud.model("stays"), 1, 1))
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": held["imageDigest"]}])
    with pytest.raises(ClientError, match=f"Requested image {there.image} not found"):
        there.model("refused")
    cloud.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=cloud.config(("main", model, 1, 1)))
    settled = cloud.settled(endpoint)
    assert settled["EndpointStatus"] == "InService"
    assert "not found" in settled["FailureReason"]
    assert cloud.ask(endpoint)["version"] == "stays"
