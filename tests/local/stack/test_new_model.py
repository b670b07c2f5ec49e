"""From `takeoff new model` to a prediction, in a copy of the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.cloud import daemon
from local.state import State
from tests.local.stack.machine import CANARY_ACCURACY, ENDPOINT, SMALL, end, predictions
from tests.tree import copy

pytestmark = pytest.mark.engine
WINE = "takeoff-local-wine-quality"


def test_a_new_model_is_one_command_from_its_first_prediction(tmp_path: Path) -> None:
    tree, state = copy(tmp_path / "tree"), State(tmp_path / "state")
    (tree.root / "stacks/Pulumi.local.yaml").write_text(SMALL.read_text())
    made = tree.python("-m", "takeoff", "new", "model", "wine-quality")
    assert made.returncode == 0, made.stderr

    def up() -> str:
        done = tree.python("-m", "local", "up", TAKEOFF_STATE=str(state.root), TAKEOFF_PORT="0")
        assert done.returncode == 0, end(done)
        return done.stdout + done.stderr

    try:
        accuracies = {served: float(cells[3]) for served, cells in predictions(up()).items()}
        assert set(accuracies) == {(ENDPOINT, "main"), (ENDPOINT, "candidate"), (WINE, "main")}
        assert min(accuracies.values()) > CANARY_ACCURACY
        credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        runtime = boto3.client("sagemaker-runtime", endpoint_url=state.endpoint(), **credentials)
        for model in ("wine_quality", "breast_cancer"):
            rows = f"import json, model_code.{model}.data as data; print(json.dumps(data.held_out()[0][:3].tolist()))"
            answer = runtime.invoke_endpoint(
                EndpointName=f"takeoff-local-{model.replace('_', '-')}",
                ContentType="application/json",
                Body=json.dumps({"instances": json.loads(tree.python("-c", rows).stdout)}),
            )
            assert len(json.load(answer["Body"])["predictions"]) == 3

        sagemaker = boto3.client("sagemaker", endpoint_url=state.endpoint(), **credentials)
        before = {name: served_image(sagemaker, name) for name in (ENDPOINT, WINE)}
        with (tree.root / "model_code/wine_quality/spec.py").open("a") as spec:
            spec.write("# edited\n")
        said = up()
        assert "wine-quality: image from model_code/wine_quality" in said
        assert "breast-cancer: image from" not in said, "its files are as they were"
        assert served_image(sagemaker, ENDPOINT) == before[ENDPOINT]
        assert served_image(sagemaker, WINE) != before[WINE]
    finally:
        daemon.stop(state)


def served_image(sagemaker: Any, endpoint: str) -> str:
    """The image of an endpoint's first variant, by its digest."""
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    return str(sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]["Image"])
