"""The settings of a run: what the file says, and the refusal of anything that it cannot mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_code.gates.__main__ import main
from model_code.gates.bias import Grouping, Limit
from model_code.gates.drifted import Drifted
from model_code.gates.places import Places
from model_code.gates.settings import Settings
from model_code.paths import SettingError

WHOLE: dict[str, Any] = {
    "model": "risk",
    "first": True,
    "data_version": "v7",
    "commit": "c0ffee",
    "criteria": {"accuracy": 0.9},
    "margins": {"roc_auc": 0.01},
    "groups": ["group=A", "age:30,50"],
    "favoured": None,
    "limits": {"selection_rate": {"ratio": 0.8}, "true_positive_rate": {"difference": 0.1}},
    "id": "id",
    "extra": ["group"],
    "approval": "manual",
    "drifted": {"features": ["amount"], "predictions": True, "outcomes": False},
}


def test_every_key_arrives() -> None:
    settings = Settings.read(json.dumps(WHOLE))
    assert settings == Settings(
        model="risk",
        first=True,
        data_version="v7",
        commit="c0ffee",
        criteria={"accuracy": 0.9},
        margins={"roc_auc": 0.01},
        groups=(Grouping(column="group", reference="A"), Grouping(column="age", edges=(30, 50))),
        limits={"selection_rate": Limit(ratio=0.8), "true_positive_rate": Limit(difference=0.1)},
        id="id",
        extra=("group",),
        approval="manual",
        drifted=Drifted(features=frozenset({"amount"}), predictions=True),
    )


def test_a_model_and_whether_it_is_the_first_are_enough() -> None:
    assert Settings.read('{"model": "risk", "first": false}') == Settings(model="risk")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"luck": 1}, "'luck' is unknown or missing; keys: model, first"),
        ({"seed": 1}, "'seed' is unknown"),
        ({"first": "yes"}, "first: got 'yes', allowed: bool"),
        ({"model": 3}, "model: got 3, allowed: str"),
        ({"approval": "sometimes"}, "approval: got 'sometimes', allowed: automatic, manual"),
        ({"criteria": [1]}, "criteria: got \\[1\\], allowed: an object"),
        ({"margins": {"accuracy": "wide"}}, "accuracy: got 'wide', allowed: a number"),
        ({"limits": {"selection_rate": 0.8}}, "selection_rate: got 0.8, allowed: an object"),
        ({"limits": {"selection_rate": {"share": 0.8}}}, "difference and ratio"),
        ({"limits": []}, "limits: got \\[\\]"),
        ({"groups": "group"}, "groups: got 'group', allowed: an array of texts"),
        ({"groups": ["age:50,30"]}, "edges that go up"),
        ({"groups": ["age:old"]}, "allowed: COLUMN"),
        ({"extra": [1]}, "extra: got \\[1\\]"),
        ({"drifted": []}, "drifted: got \\[\\], allowed: an object such as"),
        ({"drifted": {"inputs": True}}, "drifted: got {'inputs': True}"),
        ({"drifted": {"outcomes": "yes"}}, "outcomes: got 'yes', allowed: bool"),
        ({"drifted": {"features": "amount"}}, "features: got 'amount', allowed: an array of texts"),
    ],
)
def test_what_cannot_be_meant_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Settings.read(json.dumps({**WHOLE, **change}))


@pytest.mark.parametrize("missing", ["model", "first"])
def test_a_key_that_nothing_can_stand_for_is_missed(missing: str) -> None:
    with pytest.raises(SettingError, match=f"'{missing}' is unknown or missing"):
        Settings.read(json.dumps({key: value for key, value in WHOLE.items() if key != missing}))


def test_a_step_without_its_settings_cannot_start(tmp_path: Path) -> None:
    environment = {"TAKEOFF_PROCESSING_DIR": str(tmp_path), "SM_OUTPUT_DATA_DIR": str(tmp_path / "data")}
    assert main(["validate"], environment) == 2
    assert "settings/settings.json is missing" in (tmp_path / "message").read_text()


def test_a_file_and_the_word_that_there_is_none_contradict_each_other(tmp_path: Path) -> None:
    places = Places.of({"TAKEOFF_PROCESSING_DIR": str(tmp_path)})
    folder = tmp_path / "input/baseline"
    folder.mkdir(parents=True)
    with pytest.raises(SettingError, match=r"summary\.json is missing"):
        places.baseline()
    (folder / "absent").touch()
    assert places.baseline() is None
    (folder / "summary.json").write_text("{}")
    with pytest.raises(SettingError, match=r"absent lies beside summary\.json"):
        places.baseline()
