"""What monitoring last found of a model: its verdict, and the report behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.naming import parameter_name
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The last look at one model.

    `status`: alarm, quiet, empty (nothing was captured), failed, none (nobody has looked yet) or off (not monitored).
    `start` and `end` are the window's; `alarmed` the metrics that are raised; `output` the folder (s3://…) of the last
    report, which is of an earlier window after an empty or failed one.
    """

    model: str
    status: str
    start: str
    end: str
    version: str
    alarmed: list[str]
    features: list[str]
    reason: str
    output: str


class Drift:
    """The monitoring of one stack, read from the account."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._ssm, self._s3 = map(boto3.client, ("ssm", "s3"))

    def verdict(self, model: DeployedModel) -> Verdict:
        """What the last look at a model came to."""
        found = parameter.document(self._ssm, parameter_name(self._stack.name, model.name, "drift"))
        monitored = found or parameter.value(self._ssm, parameter_name(self._stack.name, model.name, "monitor"))
        return Verdict(
            model=model.name,
            status=found.get("status", "none" if monitored else "off"),
            start=found.get("start", ""),
            end=found.get("end", ""),
            version=found.get("version", ""),
            alarmed=found.get("alarmed", []),
            features=found.get("features", []),
            reason=found.get("reason", ""),
            output=found.get("output") or found.get("state", {}).get("output", ""),
        )

    def report(self, model: DeployedModel) -> dict[str, Any]:
        """The last report of a model. Raises CommandError where there is none."""
        found: dict[str, Any] = json.loads(self._read(model, "report.json"))
        return found

    def page(self, model: DeployedModel) -> bytes:
        """The last report of a model as one HTML page. Raises CommandError where there is none."""
        return self._read(model, "report.html")

    def _read(self, model: DeployedModel, name: str) -> bytes:
        verdict = self.verdict(model)
        if not verdict.output:
            raise CommandError(
                f"{model.name} has no drift report: {_WHY.get(verdict.status, verdict.reason)}; "
                f"look with `takeoff drift status --stack {self._stack.name}`"
            )
        bucket, _, prefix = verdict.output.removeprefix("s3://").partition("/")
        try:
            body: bytes = self._s3.get_object(Bucket=bucket, Key=f"{prefix}/{name}")["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise CommandError(
                f"{model.name}: {verdict.output}/{name} is gone; the next look at the model writes another"
            ) from error
        return body


_WHY = {
    "none": "nobody has looked at it yet",
    "off": "its stack entry has no `monitor` block",
}
