"""A version's model card: CARD.md in SageMaker's schema, with places for what a run knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tools.pipelines import card
from tools.pipelines.__main__ import trained
from tools.pipelines.card import document, filled, pieces

MARKDOWN = """# Model card: m

**Risk rating: low.** Nobody is harmed by
a `wrong` answer.

| | |
|---|---|
| Task | which of **two** things, see [the spec](spec.py) |
| Data | a survey |
| Answer | a class |

## Held-out figures

| algorithm | accuracy |
| --- | --- |
| Forest | 0.9 |

## Limits

- It is wrong
  elsewhere.
- And "later".

## On a GPU

- Not a limit.
"""
NAMES = ("Run", "Owner", "Model", "Risk", "artifact", "job", "Image", "Algorithm", "DataVersion", "Commit")
VALUES = {name: f"<{name}>" for name in NAMES}


def test_the_texts_of_the_card_are_where_sagemaker_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m/CARD.md").write_text(MARKDOWN)
    monkeypatch.setattr(card, "FOLDER", tmp_path)
    found = filled(pieces("m"), VALUES)
    uses, details = found["intended_uses"], found["additional_information"]
    assert uses["purpose_of_model"] == "which of two things, see the spec"
    assert uses["explanations_for_risk_rating"] == "Risk rating: low. Nobody is harmed by a wrong answer."
    assert details["caveats_and_recommendations"] == 'It is wrong elsewhere. And "later".'
    assert details["custom_details"] == {"Answer": "a class", "Run": "<Run>", "Commit": "<Commit>"}


@pytest.mark.parametrize("code", trained())
def test_a_run_fills_in_who_answers_how_risky_it_is_and_what_it_was_made_of(code: str) -> None:
    parts = pieces(code)
    assert set(parts[1::2]) == set(NAMES)
    found = filled(parts, VALUES)
    assert found["model_overview"] == {"model_creator": "<Owner>", "model_artifact": ["<artifact>"]}
    assert found["intended_uses"]["risk_rating"] == "<Risk>"
    assert found["training_details"]["training_job_details"] == {
        "training_arn": "<job>",
        "training_datasets": ["<Run>/input/data/data.csv"],
        "training_environment": {"container_image": ["<Image>"]},
        "user_provided_hyper_parameters": [{"name": "algorithm", "value": "<Algorithm>"}],
    }
    observed = found["training_details"]["training_observations"]
    assert observed.startswith("Version <DataVersion> of the data set. The code's own example: ")
    (evaluated,) = found["evaluation_details"]
    assert evaluated["evaluation_observation"] == "the gates' reports are in <Run>/output/"


@pytest.mark.parametrize("code", trained())
def test_no_text_is_longer_than_sagemaker_takes_and_all_of_it_is_one_line(code: str) -> None:
    found = filled(pieces(code), VALUES)
    assert "\n" not in "".join(pieces(code))
    for path, text in texts(found):
        short = path.startswith(("model_overview", "training_details", "additional_information.custom"))
        most = 1024 if short else 2048
        assert 0 < len(text) <= most, path


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (r"\*\*Risk.*?\n\n", "risk rating False"),
        (r"\| Task [^\n]*\n", r"rows \['Answer', 'Data'\]"),
        (r"## Limits.*", "limits 0"),
    ],
)
def test_a_card_that_lacks_what_everybody_must_know_is_refused(gone: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"model_code/m/CARD.md: got .*{said}.*; allowed: "):
        document(re.sub(gone, "", MARKDOWN, flags=re.DOTALL), "m")


def texts(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, each in inner for found in texts(each, f"{path}.{key}".lstrip("."))]
