"""What is generated from the configuration is what the configuration says today, and every stack file keeps to it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from infra.config import Stack, parse
from infra.reference import files
from tests.tree import ROOT

STACKS = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
SCHEMA: dict[str, Any] = json.loads((ROOT / "stacks/schema.json").read_text())


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_generated_file_is_as_python_m_infra_reference_writes_it(path: Path) -> None:
    assert path.read_text() == files()[path]


def test_there_is_a_stack_file_for_every_environment() -> None:
    assert {path.name.split(".")[1] for path in STACKS} == {"local", "dev", "staging", "prod"}


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.name)
def test_a_stack_file_is_accepted_by_the_program_and_by_the_schema_of_editors(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    jsonschema.validate(content, SCHEMA)
    raw = {key.removeprefix("takeoff:"): value for key, value in content["config"].items()}
    assert isinstance(parse(raw, path.name.split(".")[1]), Stack)
    assert "# yaml-language-server: $schema=schema.json" in path.read_text().splitlines()[:2]


@pytest.mark.parametrize("change", ["misspelt", "missing", "wrong type"])
def test_the_schema_of_editors_sees_a_mistake(change: str) -> None:
    content = copy.deepcopy(yaml.safe_load((ROOT / "stacks/Pulumi.dev.yaml").read_text()))
    model = next(iter(content["config"]["takeoff:models"].values()))
    if change == "misspelt":
        model["trafic"] = model.pop("traffic")
    elif change == "missing":
        del model["owner"]
    else:
        model["traffic"]["main"] = "100"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_only_models_is_required() -> None:
    assert SCHEMA["properties"]["config"]["required"] == ["takeoff:models"]
