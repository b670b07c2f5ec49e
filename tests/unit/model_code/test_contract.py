"""What a spec may say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from model_code import contract
from model_code.contract import (
    Feature,
    ModelSpec,
    Schema,
    SpecError,
    TextSpec,
    VersionRecord,
    any_spec,
    codes,
    load_spec,
)

AGE = Feature(name="age", minimum=0, maximum=130)


def test_a_spec_is_read_by_its_folder_s_name() -> None:
    spec = load_spec("breast_cancer")
    assert spec.name == "breast-cancer"
    assert len(spec.inputs.features) == 30


def test_a_spec_of_any_kind_is_read_and_one_without_rows_is_no_spec_of_rows() -> None:
    spec = any_spec("open_llm")
    assert isinstance(spec, TextSpec)
    with pytest.raises(SpecError, match=r"model_code/open_llm/spec.py: open-llm takes text and no rows.*`image:`"):
        load_spec("open_llm")
    assert any_spec("digits") == load_spec("digits")


@pytest.mark.parametrize("code", codes())
def test_every_model_is_named_after_its_folder_and_has_a_card_with_its_risk(code: str) -> None:
    spec, card = any_spec(code), (contract.FOLDER / code / "CARD.md").read_text()
    assert spec.name == code.replace("_", "-")
    assert card.startswith(f"# Model card: {spec.name}\n")
    assert "**Risk rating: " in card
    if isinstance(spec, TextSpec):
        assert spec.weights in card
        assert spec.licence in card


@pytest.mark.parametrize("code", ["nope", "", "../x", "server", "breast-cancer"])
def test_an_unknown_code_names_what_there_is(code: str) -> None:
    with pytest.raises(SpecError, match=r"model_code/.*does not exist; folders with a spec: .*breast_cancer.*`code:`"):
        load_spec(code)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must export SPEC"),
        ("SPEC = 3", "got int"),
        ("import nothing_like_this", "nothing_like_this"),
        ("SPEC = (", "never closed"),
        (
            "from model_code.contract import *\nSPEC = ModelSpec(name='A', description='', inputs=Schema(features=(),"
            "target='t', classes=('a',)))",
            "features: ",
        ),
    ],
)
def test_a_bad_spec_is_refused_with_its_path(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd_one").mkdir()
    (tmp_path / "odd_one" / "spec.py").write_text(text)
    monkeypatch.setattr(contract, "FOLDER", tmp_path)
    monkeypatch.setattr("model_code.__path__", [str(tmp_path)])
    for name in [name for name in sys.modules if name.startswith("model_code.odd_one")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SpecError, match=f"model_code/odd_one/spec.py.*{said}"):
        load_spec("odd_one")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"minimum": 2, "maximum": 1}, "is above maximum"),
        ({"dtype": "category"}, "it needs them"),
        ({"categories": ("a",)}, "categories are for dtype 'category'"),
        ({"dtype": "category", "categories": ("a", "a")}, "twice"),
        ({"dtype": "category", "categories": ("a", "b"), "minimum": 0}, "no minimum"),
        ({"minimum": float("nan")}, "finite"),
        ({"name": "Not A Name"}, "pattern"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_an_incoherent_feature_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Feature(**{"name": "age", **wrong})


def test_names_may_not_repeat() -> None:
    with pytest.raises(ValidationError, match="twice: age"):
        Schema(features=(AGE, AGE), target="t", classes=("a", "b"))
    with pytest.raises(ValidationError, match="twice: age"):
        Schema(features=(AGE,), target="age", classes=("a", "b"))
    with pytest.raises(ValidationError, match="twice: a"):
        Schema(features=(AGE,), target="t", classes=("a", "a"))


def test_a_model_name_leaves_room_for_what_sagemaker_adds() -> None:
    schema = Schema(features=(AGE,), target="t", classes=("a", "b"))
    assert ModelSpec(name="a" * 30, description="", inputs=schema).max_rows == 10_000
    with pytest.raises(ValidationError, match="at most 30"):
        ModelSpec(name="a" * 31, description="", inputs=schema)


def test_a_version_record_survives_its_parameter() -> None:
    record = VersionRecord(
        version="0123456789ab", artifact="s3://b/m/1/model.tar.gz", algorithm="x", metrics={"accuracy": 0.5}
    )
    assert VersionRecord.model_validate_json(record.model_dump_json()) == record


def test_reading_a_spec_imports_nothing_heavy() -> None:
    program = (
        "import sys; from model_code.contract import any_spec, codes; [any_spec(code) for code in codes()];"
        "heavy = {'numpy', 'onnxruntime', 'sklearn', 'boto3', 'uvicorn', 'pulumi'} & sys.modules.keys();"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
