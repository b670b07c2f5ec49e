"""What makes a version of an approved package, and has it deployed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from catalog.admission import DEPLOYER, STACK
from components.bucket import Bucket
from components.deployer import Deployer
from components.function import FunctionArgs, declare_function
from components.key import Key
from components.part import Part
from components.site import Site
from components.statement import Statement
from components.stepper import declare_stepper, definition, start_role

_SOURCES = (
    "catalog/__init__.py",
    "catalog/admission.py",
    "catalog/naming.py",
    "model_code/__init__.py",
    "model_code/admission",
)
# Characters of an event pattern.
_PATTERN = 2048
_KINDS = ("model-package-group", "model-package")
_WORDS = {"comment": "Makes a version of an approved package and has it deployed", "error": "AdmissionFailed"}


@dataclass(frozen=True, kw_only=True)
class AdmissionArgs:
    """Whose packages are admitted: the names of package groups.

    `runs` is the bucket of training runs; `key` encrypts logs. With a `deployer` its project is started for a new
    candidate. Raises ValueError for no group, and for more than fit into the pattern of one rule.
    """

    groups: Sequence[str]
    runs: Bucket
    key: Key
    deployer: Deployer | None = None

    def __post_init__(self) -> None:
        if not self.groups:
            raise ValueError("admission: got no package group; allowed: one or more models in the registry")
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
        if (size := len(json.dumps(approval(self.groups)))) > _PATTERN:
            got = f"{len(self.groups)} package groups, a pattern of {size} characters"
            raise ValueError(
                f"admission: got {got}; allowed: {_PATTERN} characters; spread the models over more stacks"
            )


class Admission(pulumi.ComponentResource):
    """One state machine for all models of a stack, which an approval in the registry starts.

    Its function checks that the package is that model's, that its gates let it pass and that nobody froze the model,
    writes the version's record where Pulumi finds it, starts the Deployer, and follows it to its end. It says the same
    again when it is asked again (model_code/admission/decide.py).
    """

    def __init__(self, name: str, site: Site, args: AdmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:registry:Admission", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._part = Part(name=name, physical=site.name(name), site=site, key=args.key, opts=child)
        self._args = args
        function = self._function()
        states = definition(self._part, function, **_WORDS)
        self.state_machine = declare_stepper(self._part, function, states, "an admission")
        self._rule()
        self.register_outputs({"state_machine": self.state_machine.arn})

    def _function(self) -> aws.lambda_.Function:
        deployer = self._args.deployer
        role = self._part.role("step", "lambda", "Makes a version of an approved package")
        self._args.runs.grant_read(role, "runs")
        role.allow(*self._permissions())
        args = FunctionArgs(
            description="Makes a version of an approved package and has it deployed",
            sources=_SOURCES,
            handler="model_code.admission.handler.handle",
            timeout=60,
            environment={STACK: self._part.site.stack, DEPLOYER: deployer.project if deployer else ""},
        )
        return declare_function(self._part, role, args)

    def _permissions(self) -> list[Statement]:
        """Look packages up, read and write the facts about versions, start the Deployer and look at its builds."""
        site = self._part.site
        parameters = site.arn("ssm", f"parameter/takeoff/{site.stack}")
        read = [f"{parameters}/{leaf}" for leaf in ("*/approved", "*/candidate", "*/decisions/*", "*/freeze", "freeze")]
        write = [f"{parameters}/*/{leaf}" for leaf in ("approved", "candidate", "versions/*")]
        groups, packages = (site.arn("sagemaker", f"{kind}/{site.name()}-*") for kind in _KINDS)
        found = [
            Statement(actions=["sagemaker:ListModelPackages"], resources=[groups]),
            Statement(actions=["sagemaker:DescribeModelPackage"], resources=[packages]),
            Statement(actions=["ssm:GetParameters"], resources=read),
            Statement(actions=["ssm:PutParameter"], resources=write),
        ]
        if deployer := self._args.deployer:
            actions = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
            found.append(Statement(actions=actions, resources=[deployer.project_arn]))
        return found

    def _rule(self) -> None:
        part = self._part
        rule = aws.cloudwatch.EventRule(
            part.name,
            name=part.physical,
            description="A model package was approved",
            event_pattern=json.dumps(approval(self._args.groups)),
            opts=part.opts,
        )
        said = "Starts an admission when a package is approved"
        aws.cloudwatch.EventTarget(
            part.name,
            target_id=part.name,
            rule=rule.name,
            arn=self.state_machine.arn,
            role_arn=start_role(part, self.state_machine, "start", "events", said),
            input_transformer={
                "input_paths": {"package": "$.detail.ModelPackageArn"},
                "input_template": '{"package": <package>}',
            },
            opts=part.opts,
        )


def approval(groups: Sequence[str]) -> dict[str, Any]:
    """The event that an approved package of one of these groups makes.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": sorted(groups), "ModelApprovalStatus": ["Approved"]},
    }
