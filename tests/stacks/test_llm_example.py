"""The language model's stack file, whole: rules of the program, and AWS's published schemas of what it declares."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pulumi_aws as aws
import pytest
import yaml

from infra.config import parse
from infra.program import deploy as program
from model_code.contract import any_spec
from tests.deployment import Deployment, Registered, deploy

EXAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/Pulumi.llm.yaml"
# Of the test: the file names none, since which one to trust is its reader's choice.
REGISTRY, REPOSITORY = "999988887777", "serving/language-models"
IMAGE = f"{REGISTRY}.dkr.ecr.us-east-1.amazonaws.com/{REPOSITORY}@sha256:{'b' * 64}"
VERSION = {
    "version": "1" * 12,
    "artifact": f"s3://takeoff-llm-models/open-llm/{'1' * 64}/model.tar.gz",
    "algorithm": "weights",
    "metrics": {},
}


def config(**changes: Any) -> dict[str, str]:
    """The file as the engine hands it over, with keys of the model changed."""
    raw = yaml.safe_load(EXAMPLE.read_text())["config"]
    raw["takeoff:models"]["open-llm"] |= changes
    return {key: json.dumps(value) for key, value in raw.items()}


@pytest.fixture(scope="module")
def whole() -> Deployment:
    parameters = {"/takeoff/llm/open-llm/approved": json.dumps(VERSION)}
    return deploy(program, stack="llm", config=config(image=IMAGE), parameters=parameters)


def test_the_file_is_a_stack_file_and_names_no_image_that_nobody_chose() -> None:
    raw = {key.partition(":")[2]: json.loads(value) for key, value in config().items()}
    model = parse(raw, "llm").models["open-llm"]
    assert model.image is None
    assert any_spec(model.code).name == "open-llm"
    assert "@sha256:" not in EXAMPLE.read_text().replace("@sha256:DIGEST", "")


def test_without_an_image_everything_but_the_endpoint_is_declared_and_an_output_says_so() -> None:
    deployment = deploy(program, stack="llm", config=config())
    assert deployment.all(aws.sagemaker.Endpoint) == []
    assert "image" in deployment.outputs["models"]["open-llm"]["next"]


def test_without_weights_an_output_says_how_to_register_them() -> None:
    deployment = deploy(program, stack="llm", config=config(image=IMAGE))
    assert deployment.all(aws.sagemaker.Endpoint) == []
    assert "takeoff register open-llm" in deployment.outputs["models"]["open-llm"]["next"]


def test_the_image_of_others_serves_the_weights_without_a_network(whole: Deployment) -> None:
    model = whole.one(aws.sagemaker.Model).inputs
    container = model["primaryContainer"]
    assert model["enableNetworkIsolation"] is True
    assert (container["image"], container["modelDataUrl"]) == (IMAGE, VERSION["artifact"])
    assert container["environment"] == {
        "SM_VLLM_MODEL": "/opt/ml/model",
        "SM_VLLM_MAX_MODEL_LEN": "16384",
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "TAKEOFF_MODEL_VERSION": VERSION["version"],
    }


def test_it_runs_on_a_gpu_whose_disks_take_no_key_of_ours(whole: Deployment) -> None:
    endpoint_config = whole.one(aws.sagemaker.EndpointConfiguration).inputs
    (variant,) = endpoint_config["productionVariants"]
    assert variant["instanceType"] == "ml.g6.xlarge"
    assert endpoint_config.get("kmsKeyArn") is None


def test_no_image_of_ours_is_built_for_it(whole: Deployment) -> None:
    assert whole.all(aws.codebuild.Project) == []


def test_its_role_may_pull_from_the_registry_that_the_image_names(whole: Deployment) -> None:
    policies = [json.loads(policy.inputs["policy"]) for policy in whole.all(aws.iam.RolePolicy)]
    pulled = [s["Resource"] for policy in policies for s in policy["Statement"] if "ecr:BatchGetImage" in s["Action"]]
    assert pulled == [[f"arn:aws:ecr:us-east-1:{REGISTRY}:repository/{REPOSITORY}"]]


SCHEMAS = {
    aws.sagemaker.Model: ("AWS::SageMaker::Model", {"name": "ModelName"}),
    aws.sagemaker.EndpointConfiguration: ("AWS::SageMaker::EndpointConfig", {"name": "EndpointConfigName"}),
    aws.sagemaker.Endpoint: ("AWS::SageMaker::Endpoint", {"name": "EndpointName"}),
}


@pytest.mark.parametrize("kind", SCHEMAS, ids=lambda kind: kind.__name__)
def test_what_sagemaker_gets_is_what_its_schema_takes(kind: Any, whole: Deployment) -> None:
    name, renamed = SCHEMAS[kind]
    assert faults(name, cloudformation(whole.one(kind), renamed)) == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        (aws.sagemaker.Model, ("PrimaryContainer", "Image"), "two words"),
        (aws.sagemaker.Model, ("PrimaryContainer", "Gpu"), True),
        (aws.sagemaker.EndpointConfiguration, ("ProductionVariants", 0, "InitialInstanceCount"), "many"),
        (aws.sagemaker.EndpointConfiguration, ("ProductionVariants", 0, "VariantName"), None),
        (aws.sagemaker.Endpoint, ("EndpointConfigName",), None),
    ],
)
def test_the_schemas_would_refuse_what_is_wrong(
    kind: Any, path: tuple[Any, ...], value: Any, whole: Deployment
) -> None:
    name, renamed = SCHEMAS[kind]
    document = cloudformation(whole.one(kind), renamed)
    *inner, last = path
    place = document
    for step in inner:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    assert faults(name, document)


def cloudformation(resource: Registered, renamed: dict[str, str]) -> Any:
    """A resource's inputs by CloudFormation's names. The values of a map of strings keep their keys."""

    def spelled(value: Any, key: str = "") -> Any:
        if isinstance(value, list):
            return [spelled(each) for each in value]
        if not isinstance(value, dict) or key == "environment":
            return value
        inside = {name: each for name, each in value.items() if each is not None}
        return {name[0].upper() + name[1:]: spelled(each, name) for name, each in inside.items()}

    inputs = {name: value for name, value in resource.inputs.items() if name not in ("tags", "tagsAll", "__defaults")}
    document = spelled({renamed.get(name, name): value for name, value in inputs.items()})
    # The tests' account writes a region into every ARN; those of roles have none.
    return json.loads(json.dumps(document).replace("arn:aws:iam:us-east-1:", "arn:aws:iam::"))


def faults(name: str, document: Any) -> list[str]:
    """What AWS's published schema, as cfn-lint carries it, says against a document."""
    spec = importlib.util.find_spec("cfnlint")
    assert spec
    assert spec.submodule_search_locations
    data = Path(spec.submodule_search_locations[0]) / "data/schemas"
    file = json.loads((data / "providers/us-east-1.json").read_text())[name]
    schema = json.loads((data / f"resources/{file}.json").read_text())
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]
