"""Versions that wait for a person: packages whose gates asked, and the word that lets one go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import boto3

from catalog.training import approval
from takeoff.stack import CommandError, DeployedModel, DeployedStack

_PENDING = "PendingManualApproval"


@dataclass(frozen=True, kw_only=True)
class Pending:
    """One package of a model's group that nobody has approved or rejected."""

    number: int
    package: str
    run: str
    at: str


class Registry:
    """One model's package group."""

    def __init__(self, model: DeployedModel) -> None:
        if not model.registry:
            raise CommandError(f"model {model.name}: got no registry; allowed: a stack with `registry:` in its file")
        self._model, self._sagemaker = model, boto3.client("sagemaker")

    def pending(self) -> list[Pending]:
        """What waits, newest first."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self._model.registry, ModelApprovalStatus=_PENDING, SortBy="CreationTime"
        )
        found = [self._pending(each) for page in pages for each in page["ModelPackageSummaryList"]]
        return sorted(found, key=lambda each: -each.number)

    def approve(self, number: int | None, why: str) -> Pending:
        """Approve a package, the only one that waits when no number is given. Raises CommandError."""
        waiting = self.pending()
        chosen = [each for each in waiting if number in (None, each.number)]
        if len(chosen) != 1:
            known = ", ".join(str(each.number) for each in waiting) or "none waits"
            raise CommandError(f"package of {self._model.name}: got {number or 'no number'}; allowed: {known}")
        self._sagemaker.update_model_package(
            ModelPackageArn=chosen[0].package, ModelApprovalStatus="Approved", ApprovalDescription=why[:1024]
        )
        return chosen[0]

    def _pending(self, summary: dict[str, Any]) -> Pending:
        arn = summary["ModelPackageArn"]
        told = self._sagemaker.describe_model_package(ModelPackageName=arn).get("CustomerMetadataProperties", {})
        return Pending(
            number=int(summary["ModelPackageVersion"]),
            package=arn,
            run=str(told.get("run", "")),
            at=summary["CreationTime"].isoformat(timespec="seconds"),
        )


def awaited(stack: DeployedStack) -> DeployedStack:
    """The stack with the approval as what is `next` for each model whose first version waits for one.

    The program cannot know of it: it names the training that would only make another version that waits.
    """
    models = dict(stack.models)
    for name, model in stack.models.items():
        if model.training and model.registry and not model.endpoint and (found := Registry(model).pending()):
            models[name] = replace(model, next=approval(name, found[0].number, stack.name))
    return replace(stack, models=models)
