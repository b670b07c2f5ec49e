"""The gates as commands on SageMaker's processing paths, from the first data set to the verdict."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_code.gates.__main__ import main
from model_code.gates.frame import to_csv
from model_code.gates.places import Places
from tests.unit.gates.samples import HELD, ROWS, SCHEMA, file_of, noisy, part

CRITERIA = ("--criteria", '{"accuracy": 0.9, "roc_auc": 0.95}')
MARGINS = ("--margins", '{"accuracy": 0.06, "roc_auc": 0.03}')
BIAS = ("--favoured", "benign", "--group", "mean_texture:18", "--limits", '{"true_positive_rate": {"ratio": 0.8}}')


class Job:
    """A processing job's folders, and its commands run in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root / "processing"
        self.environment = {"TAKEOFF_PROCESSING_DIR": str(self.root), "SM_OUTPUT_DATA_DIR": str(root / "output/data")}
        self.message = root / "output/message"
        self.message.parent.mkdir(parents=True)

    def put(self, name: str, content: bytes) -> None:
        path = self.root / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def run(self, command: str, *arguments: str) -> int:
        return main([command, "--model", "breast_cancer", "--commit", "c0ffee", *arguments], self.environment)

    def read(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.root / "output" / name).read_bytes()))


@pytest.fixture
def job(tmp_path: Path, archives: dict[str, Path]) -> Job:
    made = Job(tmp_path)
    made.put("data/rows.csv", file_of(ROWS)["rows.csv"])
    made.put("model/model.tar.gz", archives["other"].read_bytes())
    made.put("live/model.tar.gz", archives["good"].read_bytes())
    return made


def test_every_gate_runs_alone_and_together_they_approve(job: Job) -> None:
    assert job.run("validate", "--first") == 0
    job.put("baseline/summary.json", (job.root / "output/summary.json").read_bytes())
    assert job.run("validate") == 0
    assert job.run("evaluate", *CRITERIA) == 0
    assert job.run("bias", *BIAS) == 0
    assert job.run("compare", *MARGINS) == 0
    shutil.copytree(job.root / "output", job.root / "input/reports")
    assert job.run("decide") == 0
    verdict = job.read("verdict.json")
    assert (verdict["outcome"], verdict["reasons"], verdict["algorithm"]) == ("approve", [], "logistic-regression")
    assert verdict["version"] == job.read("report-evaluate.json")["identity"]["model"]
    assert verdict["metrics"]["accuracy"] > 0.9
    identity = job.read("report-compare.json")["identity"]
    assert identity["commit"] == "c0ffee"
    assert len(identity["data"]) == 64
    assert len(identity["model"]) == len(identity["live"]) == 12
    assert job.read("report-evaluate.json")["rows"] == len(HELD.labels)


def test_bad_data_stop_with_1_a_report_and_a_message(job: Job) -> None:
    job.put("data/rows.csv", file_of(part(ROWS, slice(0, 60)))["rows.csv"])
    assert job.run("validate", "--first", "--data-version", "s3-version-7") == 1
    report = job.read("report-data.json")
    assert report["passed"] is False
    assert report["identity"]["data"] == "s3-version-7"
    assert "too-few-rows" in job.message.read_text()
    assert not (job.root / "output/summary.json").exists()


def test_noisy_labels_beside_the_last_accepted_data_stop_with_1(job: Job) -> None:
    assert job.run("validate", "--first") == 0
    job.put("baseline/summary.json", (job.root / "output/summary.json").read_bytes())
    job.put("data/rows.csv", file_of(noisy(ROWS, 0.2, 5))["rows.csv"])
    assert job.run("validate") == 1
    assert {one["name"] for one in job.read("report-data.json")["findings"]} >= {"association"}


def test_a_worse_version_stops_with_1_and_the_verdict_refuses(job: Job, archives: dict[str, Path]) -> None:
    job.put("model/model.tar.gz", archives["noise"].read_bytes())
    assert job.run("evaluate", *CRITERIA) == 1
    assert job.run("compare", *MARGINS) == 1
    shutil.copytree(job.root / "output", job.root / "input/reports")
    assert job.run("decide", "--without", "data", "--without", "bias") == 1
    assert job.read("verdict.json")["outcome"] == "refuse"


def test_a_first_version_is_compared_only_if_that_is_said(job: Job) -> None:
    (job.root / "input/live/model.tar.gz").unlink()
    assert job.run("compare", *MARGINS) == 2
    assert "or a file `absent` if nothing is live" in job.message.read_text()
    assert job.run("compare", "--first") == 2, "nothing says that no live version was lost on the way"
    job.put("live/absent", b"")
    assert job.run("compare", *MARGINS) == 2
    assert job.run("compare", "--first") == 0
    assert job.read("report-compare.json")["outcome"] == "nothing live"


def test_groups_may_be_a_column_that_the_model_never_sees(job: Job) -> None:
    sides = ["left" if at % 2 else "right" for at in range(569)]
    ids = [f"p{at}" for at in range(569)]
    job.put("data/rows.csv", to_csv(SCHEMA, ROWS.values, ROWS.labels, {"side": sides, "patient": ids}))
    assert job.run("validate", "--first") == 1
    assert job.run("validate", "--first", "--extra", "side", "--id", "patient") == 0
    limits = ("--favoured", "benign", "--limits", '{"selection_rate": {"difference": 0.5}}')
    assert job.run("bias", "--group", "side=left", *limits, "--id", "patient") == 0
    assert {gap["reference"] for gap in job.read("report-bias.json")["gaps"]} == {"left"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["luck"], "invalid choice"),
        (["evaluate"], "--criteria"),
        (["evaluate", "--criteria", "[]"], "must be a JSON object"),
        (["evaluate", "--criteria", '{"accuracy": "high"}'], "accuracy: got 'high'"),
        (["evaluate", "--criteria", '{"f1": 0.9}'], "got 'f1'"),
        (["compare"], "no margin"),
        (["validate"], "--first if there is none"),
        (["bias", "--favoured", "benign", "--group", "a:5,3", "--limits", "{}"], "edges that go up"),
        (
            ["bias", "--favoured", "benign", "--group", "a", "--limits", '{"selection_rate": {"x": 1}}'],
            "difference and",
        ),
        (["bias", "--favoured", "benign", "--group", "shoe", "--limits", "{}"], "no column 'shoe'"),
        (["decide", "--without", "luck"], "got 'luck'"),
    ],
)
def test_what_cannot_be_run_says_why_and_ends_with_2(job: Job, arguments: list[str], said: str) -> None:
    assert job.run(*arguments) == 2
    assert said in job.message.read_text()


def test_data_that_were_never_validated_and_broken_artifacts_end_with_2(job: Job) -> None:
    job.put("model/model.tar.gz", b"no archive")
    assert job.run("evaluate", *CRITERIA) == 2
    assert "not a readable model.tar.gz" in job.message.read_text()
    job.put("data/rows.csv", file_of(ROWS)["rows.csv"].replace(b"17.99,", b",", 1))
    assert job.run("evaluate", *CRITERIA) == 2
    assert "run the gate `validate` first" in job.message.read_text()


def test_the_places_are_sagemakers_where_nothing_else_is_said() -> None:
    places = Places.of({})
    assert (places.root, places.message) == (Path("/opt/ml/processing"), Path("/opt/ml/output/message"))


def test_the_module_is_a_command_of_its_own(job: Job) -> None:
    command = [sys.executable, "-m", "model_code.gates", "validate", "--model", "breast_cancer", "--first"]
    done = subprocess.run(command, env={**os.environ, **job.environment}, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["passed"] is True
