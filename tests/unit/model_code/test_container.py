"""The container's commands: which there are, the channel that training reads, and files that the image has."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.breast_cancer import data
from model_code.breast_cancer.spec import SPEC
from model_code.container import main
from model_code.gates.frame import to_csv

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILES = sorted((ROOT / "model_code").glob("*/Dockerfile*"))


@pytest.mark.parametrize("arguments", [[], ["luck"], ["train", "now"], ["serve", "--fast"], ["fetch", "it"]])
def test_a_command_that_is_none_names_those_there_are(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments, {"TAKEOFF_MODEL_CODE": "breast_cancer"}) == 2
    assert "allowed: serve, train, gate, monitor or fetch" in capsys.readouterr().err


def test_help_tells_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"], {}) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {command}" in said for command in ("serve", "train", "gate", "monitor", "fetch"))


def test_gate_help_tells_every_gate_and_where_its_files_are() -> None:
    command = [sys.executable, "-m", "model_code.container", "gate", "--help"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert all(
        word in said for word in ("validate", "evaluate", "bias", "compare", "decide", "settings.json", "absent")
    )


def test_a_gate_of_another_model_than_the_image_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "input/settings/settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"model": "digits", "first": true}')
    environment = {"TAKEOFF_MODEL_CODE": "breast_cancer", "TAKEOFF_PROCESSING_DIR": str(tmp_path)}
    assert main(["gate", "validate"], environment) == 2
    assert "got 'digits', this image is of 'breast_cancer'" in capsys.readouterr().err


def test_a_channel_takes_the_carried_rows_place(tmp_path: Path) -> None:
    rows = data.load()
    channel = tmp_path / "training"
    channel.mkdir()
    (channel / "data.csv").write_bytes(to_csv(SPEC.inputs, rows.values[:400], rows.labels[:400]))
    metadata = trained(tmp_path, SM_CHANNEL_TRAINING=str(channel))
    assert sum(metadata["rows"].values()) == 400
    assert metadata["data_sha256"] != rows.sha256


def test_the_same_rows_from_a_channel_make_the_model_that_the_carried_ones_make(tmp_path: Path) -> None:
    rows = data.load()
    channel = tmp_path / "training"
    channel.mkdir()
    (channel / "data.csv").write_bytes(to_csv(SPEC.inputs, rows.values, rows.labels))
    trained(tmp_path / "channel", SM_CHANNEL_TRAINING=str(channel))
    trained(tmp_path / "carried")
    ours, theirs = ((tmp_path / name / "model/model.onnx").read_bytes() for name in ("channel", "carried"))
    assert ours == theirs


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no CSV file"), (b"a,b\n1,2\n", "no column"), (b"", "is empty")],
)
def test_a_channel_without_usable_rows_is_no_reason_to_train_on_others(
    tmp_path: Path, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "data.csv").write_bytes(content)
    environment = {
        "TAKEOFF_MODEL_CODE": "breast_cancer",
        "SM_CHANNEL_TRAINING": str(tmp_path),
        "SM_MODEL_DIR": str(tmp_path / "model"),
        "SM_OUTPUT_DATA_DIR": str(tmp_path / "data"),
        "SM_HPS": '{"algorithm": "logistic-regression"}',
    }
    assert main(["train"], environment) == 2
    assert said in capsys.readouterr().err
    assert said in (tmp_path / "failure").read_text()
    assert not (tmp_path / "model").exists()


def test_rows_of_which_none_of_a_class_is_held_out_stop_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, held = data.load().split()
    (tmp_path / "data.csv").write_bytes(to_csv(SPEC.inputs, held.values, held.labels))
    environment = {"TAKEOFF_MODEL_CODE": "breast_cancer", "SM_CHANNEL_TRAINING": str(tmp_path)}
    environment |= {"SM_OUTPUT_DATA_DIR": str(tmp_path / "data"), "SM_HPS": '{"algorithm": "logistic-regression"}'}
    assert main(["train"], environment) == 2
    assert "no training row of breast-cancer is of class malignant" in capsys.readouterr().err
    assert np.bincount(held.labels).all()


def trained(folder: Path, **environment: str) -> dict[str, Any]:
    given = {"TAKEOFF_MODEL_CODE": "breast_cancer", "SM_MODEL_DIR": str(folder / "model"), **environment}
    assert main(["train"], {**given, "SM_HPS": '{"algorithm": "logistic-regression"}'}) == 0
    return dict(json.loads((folder / "model/metadata.json").read_bytes()))


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_image_has_every_module_that_its_commands_import(dockerfile: Path) -> None:
    code = dockerfile.parent.name
    copied = [
        Path(source)
        for line in re.findall(r"^COPY (.+)$", dockerfile.read_text().replace("\\\n", " "), re.MULTILINE)
        for source in line.split()[:-1]
    ]
    commands = (
        "container",
        "gates.__main__",
        "monitor.__main__",
        "fetch.__main__",
        f"{code}.train",
        f"{code}.spec",
        f"{code}.data",
    )
    needed = closure({f"model_code.{name}" for name in commands})
    missing = sorted(str(path) for path in needed if not any(path == one or one in path.parents for one in copied))
    assert missing == []


def closure(modules: set[str]) -> set[Path]:
    """The files of these modules of ours and of all that they import, wherever in a file the import stands."""
    found: dict[str, Path] = {}
    todo = set(modules)
    while todo:
        name = todo.pop()
        path = file_of(name)
        if path is None or name in found:
            continue
        found[name] = path
        todo |= {*imports(ROOT / path), name.rpartition(".")[0]}
    return set(found.values())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> Path | None:
    if module.split(".")[0] not in ("model_code", "catalog"):
        return None
    stem = Path(*module.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if (ROOT / path).is_file()), None)
