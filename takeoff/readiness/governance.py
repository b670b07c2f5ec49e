"""Who answers for a model, what it is for, and what is on record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from catalog.computed import COMPUTED
from takeoff.readiness.check import Found, Row
from takeoff.readiness.view import View, at


def owner(view: View) -> Found:
    """The endpoint says whose it is."""
    if view.endpoint is None:
        return Found(None, f"no endpoint yet; next: {view.due}")
    found = at(view.endpoint, "tags.takeoff:owner")
    return Found(True, str(found)) if found else Found(False, "the endpoint names no owner")


def card(view: View) -> Found:
    """A model card rates the risk of a wrong answer."""
    found = view.one("aws:sagemaker/modelCard:ModelCard")
    if found is None:
        return Found(False, "no model card")
    text = at(found, "content")
    if text == COMPUTED:
        return Found(None, "its content is known after the deployment")
    risk = json.loads(text).get("intended_uses", {}).get("risk_rating", "Unknown")
    return Found(False, "its risk rating is Unknown") if risk == "Unknown" else Found(True, f"risk {risk}")


def _card_lines(view: View) -> Mapping[str, Any]:
    """The rating is for the owner to set."""
    there = view.entry.get("risk", "unknown")
    risk = "medium" if there == "unknown" else there
    return {"takeoff:registry": dict(view.block("registry")), **view.for_model(risk=risk)}


def criteria(view: View) -> Found:
    """What a version must reach before it may serve."""
    found = view.said.get("successCriteria")
    if not found:
        return Found(False, "no success criteria")
    return Found(True, ", ".join(f"{name} ≥ {least:g}" for name, least in found.items()))


def kpis(view: View) -> Found:
    """What the model is there to move."""
    found = view.said.get("kpis")
    return Found(True, ", ".join(each["name"] for each in found)) if found else Found(False, "no KPI")


def _kpi_lines(view: View) -> Mapping[str, Any]:
    """An example, for the owner to replace."""
    example = {"name": "hours-saved", "description": "Hours of work saved in a month", "unit": "hours", "target": 100}
    return view.for_model(kpis=[example])


def audit(view: View) -> Found:
    """A bucket that nobody can rewrite holds the record."""
    found = view.all("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    if not found:
        return Found(False, "no bucket under Object Lock")
    rule = "rule.defaultRetention"
    return Found(True, f"{at(found[0], f'{rule}.mode')}, {at(found[0], f'{rule}.days')} days")


def residency(view: View) -> Found:
    """The regions are named in which data and images may be."""
    allowed = view.preview.config.get("takeoff:allowedRegions")
    return Found(True, ", ".join(allowed)) if allowed else Found(False, "data may be in any region")


def _residency_lines(view: View) -> Mapping[str, Any]:
    return {"takeoff:allowedRegions": [view.preview.config.get("takeoff:region", "us-east-1")]}


ROWS = (
    Row(name="owner", group="Governance", look=owner),
    Row(name="model card", group="Governance", pods=True, look=card, lines=_card_lines),
    Row(
        name="success criteria",
        group="Governance",
        pods=True,
        look=criteria,
        lines=lambda view: view.for_model(successCriteria={"accuracy": 0.9}),
    ),
    Row(name="KPIs", group="Governance", pods=True, look=kpis, lines=_kpi_lines),
    Row(
        name="audit trail",
        group="Governance",
        pods=True,
        look=audit,
        lines=lambda _: {"takeoff:lake": {"auditDays": 365}},
    ),
    Row(name="residency", group="Governance", pods=True, look=residency, lines=_residency_lines),
)
