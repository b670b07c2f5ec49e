"""Model cards of versions: a part of the package, in a schema that AWS holds them to."""

from __future__ import annotations

import json
from collections.abc import Mapping

from moto.sagemaker.exceptions import AWSValidationException

STATUSES = ("Draft", "PendingReview", "Approved", "Archived")
RISKS = ("Unknown", "Low", "Medium", "High")
LONGEST = 100_000
# That of a model card without model_package_details; of its overview two members are left.
PARTS = frozenset(
    {
        "model_overview",
        "intended_uses",
        "business_details",
        "training_details",
        "evaluation_details",
        "additional_information",
    }
)
OVERVIEW = frozenset({"model_creator", "model_artifact"})


def card(given: Mapping[str, str] | None, before: Mapping[str, str] | None = None) -> dict[str, str] | None:
    """A package's card after a request, which changes what it names; None where there is none.

    Raises AWSValidationException for one that AWS does not take, and for a change of what is archived.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelPackageModelCard.html
    """
    if given is None:
        return dict(before) if before else None
    if before and before.get("ModelCardStatus") == "Archived" and "ModelCardContent" in given:
        raise AWSValidationException("Model Card is in Archived state")
    found = {**(before or {}), **given}
    if (status := found.get("ModelCardStatus")) is not None and status not in STATUSES:
        raise AWSValidationException(
            f"1 validation error detected: Value '{status}' at 'modelCard.modelCardStatus' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(STATUSES)}]"
        )
    if said := _wrong(found.get("ModelCardContent", "{}")):
        raise AWSValidationException(f"Invalid model card content: {said}")
    return found


def _wrong(content: str) -> str:
    """What of a content AWS's schema does not take; empty when nothing is. Deeper than here, nothing is looked at."""
    if len(content) > LONGEST or "\n" in content:
        return f"{len(content)} characters; allowed: {LONGEST} on one line"
    try:
        found = json.loads(content)
    except ValueError as error:
        return f"no JSON: {error}"
    if not isinstance(found, dict):
        return f"a {type(found).__name__}; allowed: an object"
    if unknown := sorted(found.keys() - PARTS):
        return f"{unknown[0]!r}; allowed: {', '.join(sorted(PARTS))}"
    if unknown := sorted(found.get("model_overview", {}).keys() - OVERVIEW):
        return f"model_overview.{unknown[0]}; allowed: {', '.join(sorted(OVERVIEW))}"
    risk = found.get("intended_uses", {}).get("risk_rating", "Unknown")
    return "" if risk in RISKS else f"risk_rating {risk!r}; allowed: {', '.join(RISKS)}"
