"""What a model's first versions take, and which jobs its pipeline has."""

from __future__ import annotations

import json

import pytest

from catalog.training import GATES, first_training, slots
from model_code.contract import codes
from tests.tree import ROOT

UPLOAD = ["dataset", "upload", "m"]


@pytest.mark.parametrize(
    ("wanted", "pipeline", "commands"),
    [
        (["approved"], False, [["train", "m", "--count", "1", "--register"]]),
        (["approved", "candidate"], False, [["train", "m", "--count", "2", "--register"]]),
        (["approved"], True, [UPLOAD, ["retrain", "m", "--reason", "first version", "--wait"]]),
        ([], True, [UPLOAD, ["retrain", "m", "--reason", "first version", "--wait"]]),
        # A run makes one version of one algorithm, so it could fill no second slot, however often it is repeated.
        (["approved", "candidate"], True, [UPLOAD, ["train", "m", "--count", "2", "--register"]]),
    ],
)
def test_the_first_versions_come_from_what_can_fill_every_slot(
    wanted: list[str], pipeline: bool, commands: list[list[str]]
) -> None:
    assert first_training("m", wanted, pipeline=pipeline) == commands


def test_a_pinned_version_is_no_slot() -> None:
    assert slots(["approved", "0123456789ab", "candidate"]) == ["approved", "candidate"]


def test_the_gates_that_are_counted_are_those_of_every_pipeline() -> None:
    found = [code for code in codes() if (ROOT / f"model_code/{code}/pipeline.json").is_file()]
    assert found
    for code in found:
        steps = json.loads((ROOT / f"model_code/{code}/pipeline.json").read_text())["Steps"]
        kinds = [step["Type"] for step in steps]
        assert (kinds.count("Processing"), kinds.count("Training")) == (GATES, 1), code
