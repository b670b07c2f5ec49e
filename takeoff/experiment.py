"""An experiment from outside: its declaration, its last report, and what was made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from catalog.naming import parameter_name
from catalog.trial import TrialSettings
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack


class Experiment:
    """One model's experiment. Raises CommandError for a model that declares none."""

    def __init__(self, stack: DeployedStack, model: DeployedModel) -> None:
        self._ssm, self._s3 = boto3.client("ssm"), boto3.client("s3")
        self.parameter = parameter_name(stack.name, model.name, "experiment")
        text = parameter.value(self._ssm, self.parameter)
        if not text:
            raise CommandError(
                f"model {model.name}: got no experiment; allowed: a deployed model with `experiment:` in its entry"
            )
        self.settings = TrialSettings.from_json(text)

    def report(self) -> dict[str, Any]:
        """The last look's report. Raises CommandError before the first."""
        found: dict[str, Any] = json.loads(self._object("report.json"))
        return found

    def save_page(self, target: Path) -> None:
        """Write the last look's page to a file. Raises CommandError before the first."""
        target.write_bytes(self._object("report.html"))

    def verdict(self) -> dict[str, Any]:
        """The verdict that stands; empty while there is none for this experiment."""
        told = parameter.document(self._ssm, f"{self.parameter}-verdict")
        return told if told.get("experiment") == self.settings.experiment["name"] else {}

    def _object(self, name: str) -> bytes:
        key = f"{self.settings.prefix}/reports/{name}"
        try:
            return bytes(self._s3.get_object(Bucket=self.settings.bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise CommandError(
                f"experiment {self.settings.experiment['name']}: nobody has looked at it yet; its schedule will"
            ) from error
