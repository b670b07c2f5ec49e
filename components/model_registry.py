"""Where a model's versions are registered, who may read them, and what its card says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import pulumi
import pulumi_aws as aws

from components.key import Key
from components.site import Site
from components.statement import policy
from components.tags import model_tags

Risk = Literal["unknown", "low", "medium", "high"]
# The shortest limit of the card's fields that a description goes into.
_LONGEST = 1024


@dataclass(frozen=True, kw_only=True)
class ModelRegistryArgs:
    """A model, who answers for it, what it is for, and how much harm a wrong answer can do.

    `aims` are what it must bring about, name and text; they stand in its card. `readers` are AWS account ids that may
    look versions up and make models of them; the artifact and the image they need besides. Raises ValueError.
    """

    model: str
    owner: str
    description: str
    key: Key
    risk: Risk = "unknown"
    aims: Mapping[str, str] = field(default_factory=dict)
    readers: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.risk not in get_args(Risk):
            raise ValueError(f"{self.model}.risk: got {self.risk!r}; allowed: {', '.join(get_args(Risk))}")
        if wrong := [reader for reader in self.readers if not re.fullmatch(r"\d{12}", reader)]:
            raise ValueError(f"registry.readers: got {wrong}; allowed: account ids of twelve digits")
        if not 0 < len(self.description) <= _LONGEST:
            got = f"a description of {len(self.description)} characters"
            raise ValueError(f"{self.model}: got {got}; allowed: 1 to {_LONGEST}, in the model's spec.py")


class ModelRegistry(pulumi.ComponentResource):
    """A model package group, its readers, and a model card. What an approval starts is Admission's."""

    def __init__(
        self, name: str, site: Site, args: ModelRegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:registry:ModelRegistry", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(args.model, args.owner)
        group = aws.sagemaker.ModelPackageGroup(
            name,
            model_package_group_name=site.name(args.model),
            # No more than this: another description is another group, and AWS keeps a group that holds versions.
            model_package_group_description=f"Versions of {args.model}",
            tags=self._tags,
            opts=self._child,
        )
        if args.readers:
            aws.sagemaker.ModelPackageGroupPolicy(
                name,
                model_package_group_name=group.model_package_group_name,
                resource_policy=policy(readers_may(site, args.model, args.readers)),
                opts=self._child,
            )
        self._card()
        self.group: pulumi.Output[str] = group.model_package_group_name
        self.register_outputs({"group": self.group})

    def _card(self) -> aws.sagemaker.ModelCard:
        """The model's card. Its status is people's: they approve it in the console, and no `up` takes that back."""
        return aws.sagemaker.ModelCard(
            self._name,
            model_card_name=self._site.name(self._args.model),
            model_card_status="Draft",
            content=json.dumps(card(self._args), sort_keys=True),
            security_config={"kms_key_id": self._args.key.arn},
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["modelCardStatus"]),
        )


def readers_may(site: Site, model: str, readers: Sequence[str]) -> list[dict[str, Any]]:
    """Let other accounts find versions and make models of them; none may register, approve or delete one.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
    """
    group = site.arn("sagemaker", f"model-package-group/{site.name(model)}")
    versions = site.arn("sagemaker", f"model-package/{site.name(model)}/*")
    accounts = {"AWS": [f"arn:{site.partition}:iam::{reader}:root" for reader in sorted(readers)]}
    allowed = {
        "FindVersions": (["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"], [group, versions]),
        "UseVersions": (["sagemaker:DescribeModelPackage", "sagemaker:CreateModel"], [versions]),
    }
    return [
        {"Sid": sid, "Effect": "Allow", "Principal": accounts, "Action": actions, "Resource": resources}
        for sid, (actions, resources) in allowed.items()
    ]


def card(args: ModelRegistryArgs) -> dict[str, Any]:
    """What is known of a model before any version: whose it is, what for, and its risk.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-cards.html#model-cards-json-schema
    """
    aims = {"additional_information": {"custom_details": dict(args.aims)}} if args.aims else {}
    return aims | {
        "model_overview": {
            "model_name": args.model,
            "model_description": args.description,
            "model_owner": args.owner,
        },
        "intended_uses": {
            "purpose_of_model": args.description,
            "intended_uses": f"Predictions through its endpoint, for the uses that {args.owner} has agreed to",
            "risk_rating": args.risk.capitalize(),
            "explanations_for_risk_rating": f"`risk: {args.risk}` in the stack file, set by {args.owner}",
        },
    }
