"""The committed pipelines: gates before a version is registered, everything by parameter, and no stale file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.pipelines import __main__ as command
from tools.pipelines.canonical import canonical, literals
from tools.pipelines.card import pieces
from tools.pipelines.environment import UnavailableError, ready, render

CODES = command.trained()
STRINGS = [
    "Run",
    "Artifacts",
    "Image",
    "Role",
    "Key",
    "Group",
    "DataVersion",
    "Commit",
    "InstanceType",
    "TrainInstanceType",
    "Algorithm",
    "Model",
    "Owner",
    "Risk",
]
GATES = ["Validate", "Evaluate", "Bias", "Compare", "Decide"]
ORDER = ["Validate", "Train", "Evaluate", "Bias", "Compare", "Decide", "Approve", "Ask", "Refuse"]
KEY = {"Get": "Parameters.Key"}
ARTIFACT = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}


@pytest.fixture(params=CODES)
def pipeline(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(json.loads(command.current(request.param)))


def steps(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in pipeline["Steps"]}


def gets(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["Get"]] if set(value) == {"Get"} else (path for each in value.values() for path in gets(each))
    elif isinstance(value, list):
        yield from (path for each in value for path in gets(each))


def under(path: str) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": [{"Get": "Parameters.Run"}, path]}}


def test_every_model_that_is_trained_here_has_a_pipeline() -> None:
    assert {"breast_cancer", "digits"} <= set(CODES)
    assert [code for code in CODES if not command.place(code).exists()] == []


def test_the_file_is_canonical_and_names_nothing_of_an_account(pipeline: dict[str, Any]) -> None:
    assert pipeline["Version"] == "2020-12-01"
    assert literals(pipeline) == []
    assert canonical(json.dumps(pipeline)) in [command.current(code) for code in CODES]


def test_the_parameters_are_those_that_a_run_gives_and_each_is_used(pipeline: dict[str, Any]) -> None:
    declared = {one["Name"]: one["Type"] for one in pipeline["Parameters"]}
    assert declared == dict.fromkeys(STRINGS, "String") | {"TrainInstanceCount": "Integer"}
    assert {path.removeprefix("Parameters.") for path in gets(pipeline["Steps"]) if "Parameters." in path} == set(
        declared
    )


def test_training_is_told_the_algorithm_that_a_run_gives(pipeline: dict[str, Any]) -> None:
    assert steps(pipeline)["Train"]["Arguments"]["HyperParameters"] == {"algorithm": {"Get": "Parameters.Algorithm"}}


def test_each_step_waits_for_the_one_before_it_and_conditions_for_the_verdict(pipeline: dict[str, Any]) -> None:
    assert [step["Name"] for step in pipeline["Steps"]] == ORDER
    line = ORDER[: ORDER.index("Approve")]
    waits = [steps(pipeline)[name].get("DependsOn", []) for name in line]
    assert waits == [[], *([before] for before in line[:-1])]
    verdict = {"Std:JsonGet": {"Path": "outcome", "PropertyFile": {"Get": "Steps.Decide.PropertyFiles.verdict"}}}
    for name in ("Approve", "Ask", "Refuse"):
        (condition,) = steps(pipeline)[name]["Arguments"]["Conditions"]
        assert (condition.get("LeftValue") or condition["QueryValue"]) == verdict
    (file,) = steps(pipeline)["Decide"]["PropertyFiles"]
    assert file == {"FilePath": "verdict.json", "OutputName": "decide", "PropertyFileName": "verdict"}


def test_a_gate_is_a_command_of_the_models_image_on_the_runs_folder(pipeline: dict[str, Any]) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "Validate": {one: under(f"input/{one}") for one in ("settings", "data", "baseline")},
        "Evaluate": {one: under(f"input/{one}") for one in ("settings", "data")} | {"model": ARTIFACT},
        "Bias": {one: under(f"input/{one}") for one in ("settings", "data")} | {"model": ARTIFACT},
        "Compare": {one: under(f"input/{one}") for one in ("settings", "data", "live")} | {"model": ARTIFACT},
        "Decide": {"settings": under("input/settings"), "reports": under("output"), "model": ARTIFACT},
    }
    for name in GATES:
        arguments = steps(pipeline)[name]["Arguments"]
        gate = name.lower()
        specification = {"ContainerArguments": ["gate", gate], "ImageUri": {"Get": "Parameters.Image"}}
        assert arguments["AppSpecification"] == specification
        inputs = {one["InputName"]: one["S3Input"] for one in arguments["ProcessingInputs"]}
        assert {one: given["S3Uri"] for one, given in inputs.items()} == wanted[name]
        assert all(given["LocalPath"] == f"/opt/ml/processing/input/{one}" for one, given in inputs.items())
        (output,) = (one["S3Output"] for one in arguments["ProcessingOutputConfig"]["Outputs"])
        place = "data" if gate == "validate" else gate
        assert (output["LocalPath"], output["S3Uri"]) == ("/opt/ml/processing/output", under(f"output/{place}"))


def test_jobs_are_isolated_and_all_that_they_write_is_under_the_key(pipeline: dict[str, Any]) -> None:
    for name in GATES:
        arguments = steps(pipeline)[name]["Arguments"]
        isolated = {"EnableInterContainerTrafficEncryption": True, "EnableNetworkIsolation": True}
        assert arguments["NetworkConfig"] == isolated
        assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == KEY
        assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == KEY
        assert arguments["RoleArn"] == {"Get": "Parameters.Role"}
    training = steps(pipeline)["Train"]["Arguments"]
    assert (training["EnableNetworkIsolation"], training["EnableInterContainerTrafficEncryption"]) == (True, True)
    assert training["OutputDataConfig"] == {"KmsKeyId": KEY, "S3OutputPath": {"Get": "Parameters.Artifacts"}}
    assert training["ResourceConfig"]["VolumeKmsKeyId"] == KEY
    assert training["ResourceConfig"]["InstanceCount"] == {"Get": "Parameters.TrainInstanceCount"}
    assert training["RoleArn"] == {"Get": "Parameters.Role"}
    assert training["HyperParameters"] == {"algorithm": {"Get": "Parameters.Algorithm"}}
    (channel,) = training["InputDataConfig"]
    assert (channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]) == ("training", under("input/data"))


def test_a_version_is_approved_or_pending_as_the_verdict_says_and_otherwise_there_is_none(
    pipeline: dict[str, Any],
) -> None:
    branches = {name: steps(pipeline)[name]["Arguments"] for name in ("Approve", "Ask", "Refuse")}
    found = {name: ([*map(_short, one["IfSteps"])], [*map(_short, one["ElseSteps"])]) for name, one in branches.items()}
    assert found == {
        "Approve": ([("RegisterModel", "Approved")], []),
        "Ask": ([("RegisterModel", "PendingManualApproval")], []),
        "Refuse": ([], [("Fail", "")]),
    }
    asked = [(c["Type"], c.get("RightValue") or c["Values"]) for one in branches.values() for c in one["Conditions"]]
    assert asked == [("Equals", "approve"), ("Equals", "ask"), ("In", ["approve", "ask"])]
    for branch in ("Approve", "Ask"):
        (register,) = branches[branch]["IfSteps"]
        arguments = register["Arguments"]
        assert arguments["ModelPackageGroupName"] == {"Get": "Parameters.Group"}
        (container,) = arguments["InferenceSpecification"]["Containers"]
        assert container == {"Image": {"Get": "Parameters.Image"}, "ModelDataUrl": ARTIFACT}
        metadata = {"model": "Model", "run": "Run", "data": "DataVersion", "commit": "Commit", "image": "Image"}
        assert arguments["CustomerMetadataProperties"] == {
            key: {"Get": f"Parameters.{name}"} for key, name in metadata.items()
        }
    (refused,) = branches["Refuse"]["ElseSteps"]
    assert under("output/decide/verdict.json") in refused["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]


def test_a_version_is_registered_with_its_models_card_as_a_draft() -> None:
    """The texts are CARD.md's as it is now; what stands between them comes from the run."""
    places = {"artifact": ARTIFACT, "job": {"Get": "Steps.Train.TrainingJobArn"}}
    for code in CODES:
        parts = pieces(code)
        told = [
            places.get(part, {"Get": f"Parameters.{part}"}) if place % 2 else part for place, part in enumerate(parts)
        ]
        found = steps(json.loads(command.current(code)))
        for branch in ("Approve", "Ask"):
            (register,) = found[branch]["Arguments"]["IfSteps"]
            content = {"Std:Join": {"On": "", "Values": told}}
            card = {"ModelCardContent": content, "ModelCardStatus": "Draft"}
            assert register["Arguments"]["ModelCard"] == card, f"{code}: `make pipelines` writes it"


def _short(step: dict[str, Any]) -> tuple[str, str]:
    return step["Type"], step["Arguments"].get("ModelApprovalStatus", "")


@pytest.mark.parametrize("text", ["arn:aws:iam::123456789012:role/x", "s3://bucket", "123456789012", "us-east-1"])
def test_what_belongs_to_an_account_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"names {re.escape(repr(text))}; allowed: parameters"):
        canonical(json.dumps({"a": [{"b": text}]}))


def test_keys_without_a_value_are_left_out_and_the_rest_is_sorted() -> None:
    assert canonical('{"b": null, "a": {"d": 1, "c": []}}') == '{\n "a": {\n  "c": [],\n  "d": 1\n }\n}\n'


def test_a_stale_file_is_shown_and_fails_the_check_and_writing_makes_it_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "trained", lambda: ["digits", "risk"])
    monkeypatch.setattr(command, "ready", lambda: tmp_path)
    monkeypatch.setattr(command, "render", lambda codes, python: dict.fromkeys(codes, "new\n"))
    for code, text in (("digits", "new\n"), ("risk", "old\n")):
        (tmp_path / code).mkdir()
        command.place(code).write_text(text)
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().out == (
        "--- risk/pipeline.json\n+++ risk/pipeline.json (rendered)\n@@ -1 +1 @@\n-old\n+new\n"
    )
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0


def test_without_the_sdk_nothing_is_said_to_be_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> Path:
        raise UnavailableError("no packages")

    monkeypatch.setattr(command, "ready", absent)
    assert command.main(["--check"]) == 2
    assert command.main(["--chek"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "tools.pipelines: no packages",
        "tools.pipelines: got --chek; allowed: --check or nothing",
    ]


@pytest.mark.slow
def test_the_sdk_renders_what_is_committed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_the_sdk_cannot_render_what_is_no_model() -> None:
    wanted: Sequence[str] = ["nobody"]
    with pytest.raises(UnavailableError, match="no model code 'nobody'"):
        render(wanted, ready())
