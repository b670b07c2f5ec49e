"""`takeoff new model`: what it writes, what it refuses, and that the new model works at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from takeoff import scaffold
from takeoff.scaffold import Scaffold, ScaffoldError

ROOT = Path(__file__).resolve().parents[3]
STACK = """\
# The local stack.
config:
  aws:region: us-east-1
  takeoff:models:  # one entry per model
    # the first one
    first:
      code: first

      traffic: {main: 100}  # all of it

  # what comes next
  takeoff:team: ours
"""


def planned(name: str = "wine-quality", owner: str = "a@example.com", taken: tuple[str, ...] = ()) -> Scaffold:
    return scaffold.plan(name, owner=owner, taken=taken, templates=scaffold.read_templates())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what the command touches and the new model imports."""
    for part in ("model_code", "catalog"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.local.yaml").write_text(STACK)
    return tmp_path


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_plan_has_the_files_of_a_model_and_no_placeholder_left() -> None:
    plan = planned()
    assert plan.code == "wine_quality"
    assert set(plan.files) == {"CARD.md", "Dockerfile", "data.py", "requirements.txt", "spec.py", "train.py"}
    assert [name for name, text in plan.files.items() if re.search(r"\$(name|code|owner)\b", text)] == []
    assert plan.files["data.py"].startswith('"""REPLACE ME')
    assert plan.files["requirements.txt"] == (ROOT / "model_code/breast_cancer/requirements.txt").read_text()


@pytest.mark.parametrize("file", ["Dockerfile", "train.py"])
def test_a_template_is_the_shipped_model_s_own_file(file: str) -> None:
    shipped = (ROOT / "model_code/breast_cancer" / file).read_text()
    assert planned("breast-cancer").files[file] == shipped


@pytest.mark.parametrize(
    "name", ["", "Wine", "wine_quality", "1wine", "-wine", "wine-", "wine--red", "../x", "w" * 31, "wine\n", "a.b"]
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(ScaffoldError, match=r"model name: got .*allowed: 1 to 30 of a-z"):
        planned(name)


def test_a_name_that_something_else_has_is_refused() -> None:
    with pytest.raises(ScaffoldError, match="model_code/server exists"):
        planned("server", taken=tuple(scaffold.taken_names(ROOT)))
    with pytest.raises(ScaffoldError, match="model_code/breast_cancer exists"):
        planned("breast-cancer", taken=tuple(scaffold.taken_names(ROOT)))
    with pytest.raises(ScaffoldError, match="Python keeps"):
        planned("import")


@pytest.mark.parametrize("owner", ["", "somebody", "a@b c", "a@b\nx: y"])
def test_an_owner_that_is_no_address_is_refused(owner: str) -> None:
    with pytest.raises(ScaffoldError, match="owner: got"):
        planned(owner=owner)


def test_the_entry_goes_to_the_end_of_the_models_and_nothing_else_moves() -> None:
    text = scaffold.with_entry(STACK, planned())
    models = yaml.safe_load(text)["config"]["takeoff:models"]
    assert models["first"] == {"code": "first", "traffic": {"main": 100}}
    assert models["wine-quality"] == {
        "code": "wine_quality",
        "owner": "a@example.com",
        "accelerator": "none",
        "variants": [{"name": "main", "version": "approved", "instanceType": "ml.c6i.large", "instances": 1}],
        "traffic": {"main": 100},
    }
    added = [line for line in text.splitlines() if line not in STACK.splitlines()]
    assert added[0] == "    wine-quality:"
    assert text.replace("\n".join(added) + "\n", "") == STACK


@pytest.mark.parametrize(
    "stack",
    [
        "config:\n  takeoff:models: {}\n  takeoff:team: ours\n",
        "config:\n  takeoff:models:\n",
        "config:\n  takeoff:models:",
        "config:\n    takeoff:models:\n          first: {code: first}",
    ],
)
def test_an_empty_or_oddly_indented_block_takes_the_entry_too(stack: str) -> None:
    models = yaml.safe_load(scaffold.with_entry(stack, planned()))["config"]["takeoff:models"]
    assert models["wine-quality"]["code"] == "wine_quality"


def test_a_stack_without_the_block_or_with_the_name_is_refused() -> None:
    with pytest.raises(ScaffoldError, match="no block `takeoff:models:`"):
        scaffold.with_entry("config: {}\n", planned())
    with pytest.raises(ScaffoldError, match="has a model 'first' already"):
        scaffold.with_entry(STACK, planned("first"))


def test_writing_makes_the_folder_and_the_entry(repository: Path) -> None:
    stack = repository / "stacks" / "Pulumi.local.yaml"
    written = scaffold.write(planned(), repository, stack)
    assert {path.name for path in written} == {*planned().files, "Pulumi.local.yaml"}
    assert all(path.is_file() for path in written)
    assert "wine-quality:" in stack.read_text()
    assert [path.name for path in repository.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_written_when_anything_is_in_the_way(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack, before = repository / "stacks" / "Pulumi.local.yaml", everything(repository)
    with pytest.raises(ScaffoldError, match="no stack file"):
        scaffold.write(planned(), repository, repository / "stacks" / "Pulumi.nope.yaml")
    with pytest.raises(ScaffoldError, match="breast_cancer exists"):
        scaffold.write(planned("breast-cancer"), repository, stack)
    with pytest.raises(ScaffoldError, match="already"):
        scaffold.write(planned("first"), repository, stack)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        scaffold.write(planned(), repository, stack)
    assert everything(repository) == before


def test_the_new_model_trains_and_serves_from_the_files_its_image_has(repository: Path, tmp_path: Path) -> None:
    scaffold.write(planned(), repository, repository / "stacks" / "Pulumi.local.yaml")
    image = copied(repository, repository / "model_code" / "wine_quality" / "Dockerfile", tmp_path / "image")
    environment = {
        **os.environ,
        "PYTHONPATH": str(image),
        "TAKEOFF_MODEL_CODE": "wine_quality",
        "SM_MODEL_DIR": str(tmp_path / "model"),
        "SM_HPS": '{"algorithm": "gradient-boosting"}',
        "SAGEMAKER_BIND_TO_PORT": "0",
    }
    command = [sys.executable, "-m", "model_code.container"]
    example = "from model_code.wine_quality.data import example; print(len(example().splitlines()))"
    asked = [sys.executable, "-c", example]
    assert int(subprocess.run(asked, cwd=image, env=environment, check=True, capture_output=True).stdout) == 179
    subprocess.run([*command, "train"], cwd=image, env=environment, check=True, capture_output=True)
    metadata = json.loads((tmp_path / "model" / "metadata.json").read_bytes())
    assert metadata["metrics"]["accuracy"] > 0.75  # of 41 rows; the largest class is two in five
    server = subprocess.Popen([*command, "serve"], cwd=image, env=environment, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = json.loads(server.stdout.readline())["port"]
        answer = ask(port, metadata["example"])
    finally:
        server.kill()
        server.communicate()
    assert answer["predictions"] == [
        metadata["classes"][int(max(range(3), key=answer["probabilities"][0].__getitem__))]
    ]
    assert answer["probabilities"] == [pytest.approx(row, abs=1e-5) for row in metadata["example_probabilities"]]


def ask(port: int, rows: list[list[float]]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps({"instances": rows}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def copied(context: Path, dockerfile: Path, image: Path) -> Path:
    """The working folder of an image: what the Dockerfile's COPY lines bring into it, and nothing else."""
    for line in re.findall(r"^COPY (.+)$", dockerfile.read_text().replace("\\\n", " "), re.MULTILINE):
        *sources, target = line.split()
        (image / target).mkdir(parents=True, exist_ok=True)
        for source in sources:
            if (context / source).is_dir():
                shutil.copytree(context / source, image / target, dirs_exist_ok=True)
            else:
                shutil.copy(context / source, image / target)
    return image
