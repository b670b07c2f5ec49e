"""A version's model card as CreateModelPackage takes it: needs the SageMaker SDK."""

from __future__ import annotations

from typing import Any

from sagemaker.core.shapes.model_card_shapes import ModelCardContent
from sagemaker.core.workflow.functions import Join

from tools.pipelines.card import filled, pieces
from tools.pipelines.parameters import PARAMETERS


def package_card(code: str, *, artifact: Any, job: Any) -> dict[str, Any]:
    """The card of a folder's model, a draft until a person says more of it.

    `artifact` and `job` are what the training step knows of itself. Raises ValueError for a card that is not in the
    schema as the SDK has it.
    """
    parts, named = pieces(code), {one.name: one for one in PARAMETERS} | {"artifact": artifact, "job": job}
    _check(code, filled(parts, {**dict.fromkeys(named, "x"), "Risk": "Unknown"}))
    told = [named[part] if place % 2 else part for place, part in enumerate(parts)]
    return {"ModelCardContent": Join(on="", values=told), "ModelCardStatus": "Draft"}


def _check(code: str, card: dict[str, Any]) -> None:
    """The SDK's shapes know the lengths, and leave out what is not in the schema."""
    known = ModelCardContent.model_validate(card).model_dump(mode="json", exclude_unset=True)
    if known != card:
        got = sorted(key for key in card if known.get(key) != card[key])
        raise ValueError(f"model_code/{code}/CARD.md: got {got}; allowed: the schema of a model package's card")
