"""The model card that a version is registered with: the model's CARD.md, with what only a run knows left open.

SageMaker's schema of it is that of a model card without `model_package_details`, and with an overview of
`model_creator` and `model_artifact` alone:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from model_code.contract import FOLDER

# Stands around the name of a value that a run gives. No text has it, and JSON escapes it.
_MARK = "\0"
_RISK = re.compile(r"^\*\*Risk rating:.*?(?=\n\n)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| ([A-Z][^|]*?) \| (.*?) \|$", re.MULTILINE)
_POINT = re.compile(r"^- (.*?)(?=\n- |\n\n|\Z)", re.MULTILINE | re.DOTALL)
# What a row of the card's table is in SageMaker's schema; all other rows are details of the model's own.
_PURPOSE, _OBSERVED = "Task", ("Data", "Rows")


def pieces(code: str) -> list[str]:
    """The card of a model folder as JSON in pieces: text, the name of a value, text, … and text at the end.

    Names are those of the pipeline's parameters, `artifact` for what training made and `job` for the training job.
    Raises ValueError for a CARD.md without a risk rating, a row `Task` or limits.
    """
    text = json.dumps(document((FOLDER / code / "CARD.md").read_text(), code), sort_keys=True)
    return text.split(json.dumps(_MARK)[1:-1])


def document(card: str, code: str) -> dict[str, Any]:
    """A card's text in SageMaker's schema, for a run to fill in."""
    head, told = card.partition("\n## ")[0], card.partition("\n## Limits\n")[2].partition("\n## ")[0]
    rating, rows = _RISK.search(head), {name: plain(value) for name, value in _ROW.findall(head)}
    limits = [plain(point) for point in _POINT.findall(told)]
    if not rating or _PURPOSE not in rows or not limits:
        got = f"risk rating {bool(rating)}, rows {sorted(rows)}, limits {len(limits)}"
        allowed = f"a paragraph `**Risk rating: …**`, a row `{_PURPOSE}`, and points under `## Limits`"
        raise ValueError(f"model_code/{code}/CARD.md: got {got}; allowed: {allowed}")
    run, owner = given("Run"), given("Owner")
    data = f"{run}/input/data/data.csv"
    # A run may be on other rows by now, so the card says whose these are.
    shipped = f"The code's own example: {'; '.join(rows[name] for name in _OBSERVED if name in rows)}"
    return {
        "model_overview": {"model_creator": owner, "model_artifact": [given("artifact")]},
        "intended_uses": {
            "purpose_of_model": rows[_PURPOSE],
            "intended_uses": f"Predictions of {given('Model')} through its endpoint, for the uses agreed with {owner}",
            "risk_rating": given("Risk"),
            "explanations_for_risk_rating": plain(rating[0]),
        },
        "training_details": {
            "training_observations": f"Version {given('DataVersion')} of the data set. {shipped}",
            "training_job_details": {
                "training_arn": given("job"),
                "training_datasets": [data],
                "training_environment": {"container_image": [given("Image")]},
                "user_provided_hyper_parameters": [{"name": "algorithm", "value": given("Algorithm")}],
            },
        },
        "evaluation_details": [
            {
                "name": "hold-out",
                "evaluation_observation": f"the gates' reports are in {run}/output/",
                "datasets": [data],
            }
        ],
        "additional_information": {
            "caveats_and_recommendations": " ".join(limits),
            "custom_details": {
                **{name: value for name, value in rows.items() if name not in (_PURPOSE, *_OBSERVED)},
                "Run": run,
                "Commit": given("Commit"),
            },
        },
    }


def filled(parts: list[str], values: Mapping[str, str]) -> dict[str, Any]:
    """The card that a run with these values has."""
    told = [values[part] if place % 2 else part for place, part in enumerate(parts)]
    found: dict[str, Any] = json.loads("".join(told))
    return found


def given(name: str) -> str:
    """A place in a text that a run fills in."""
    return f"{_MARK}{name}{_MARK}"


def plain(text: str) -> str:
    """Markdown as one line of text: no emphasis, code marks or links."""
    shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"\*\*|`", "", shown).split())
