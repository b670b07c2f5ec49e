"""From `takeoff new model` to a prediction, in a copy of the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import boto3
import pytest

from local.cloud import daemon
from local.state import State
from tests.tree import copy

pytestmark = pytest.mark.engine


def test_a_new_model_is_one_command_from_its_first_prediction(tmp_path: Path) -> None:
    tree, state = copy(tmp_path / "tree"), State(tmp_path / "state")
    made = tree.python("-m", "takeoff", "new", "model", "wine-quality")
    assert made.returncode == 0, made.stderr
    try:
        done = tree.python("-m", "local", "up", TAKEOFF_STATE=str(state.root), TAKEOFF_PORT="0")
        assert done.returncode == 0, done.stdout + done.stderr
        accuracies = {}
        for line in done.stdout.splitlines():
            cells = [cell.strip() for cell in re.split("[│┃|]", line) if cell.strip()]
            if cells[-1:] and cells[-1].endswith(" ms"):
                accuracies[cells[0], cells[1]] = float(cells[5])
        assert set(accuracies) == {
            ("takeoff-local-breast-cancer", "main"),
            ("takeoff-local-breast-cancer", "candidate"),
            ("takeoff-local-wine-quality", "main"),
        }
        assert min(accuracies.values()) > 0.85
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
    finally:
        daemon.stop(state)
