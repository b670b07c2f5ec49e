"""Where an asynchronous endpoint leaves its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.alerts import Alerts
from components.bucket import Bucket
from components.key import Key
from components.role import Role
from components.statement import Statement


@dataclass(frozen=True, kw_only=True)
class AsyncOutput:
    """Answers go below `<bucket>/<model>/output`, failures below `/failures`; requests are read from `/input`.

    `concurrent` (1 to 1,000) is how many requests one instance works on at a time; SageMaker chooses where it is None.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AsyncInferenceConfig.html
    """

    bucket: Bucket
    concurrent: int | None = None

    def __post_init__(self) -> None:
        if self.concurrent is not None and not 1 <= self.concurrent <= 1000:
            raise ValueError(f"asynchronous: got {self.concurrent} concurrent requests; allowed: 1 to 1000")

    def content(self) -> dict[str, Any]:
        """What another release would be made for."""
        return {"concurrent": self.concurrent}

    def config(self, model: str, key: Key, alerts: Alerts | None) -> dict[str, Any]:
        """The async_inference_config of an endpoint config; failed requests are told to `alerts`."""
        base = pulumi.Output.concat("s3://", self.bucket.name, f"/{model}")
        output: dict[str, Any] = {
            "s3_output_path": pulumi.Output.concat(base, "/output"),
            "s3_failure_path": pulumi.Output.concat(base, "/failures"),
            "kms_key_id": key.arn,
        }
        if alerts:
            output["notification_config"] = {"error_topic": alerts.topic_arn("warning")}
        client = {"max_concurrent_invocations_per_instance": self.concurrent} if self.concurrent else None
        return {"output_config": output} | ({"client_config": client} if client else {})

    def grant(self, role: Role, model: str, alerts: Alerts | None) -> None:
        """Let a model's role read requests, write answers and failures, and tell of failures.

        The topics' key must be the bucket's, or the role may not encrypt what it publishes.
        https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-create-endpoint-prerequisites.html
        """
        self.bucket.grant_read(role, f"{model}/input")
        self.bucket.grant_write(role, model)
        if alerts:
            role.allow(Statement(actions=["sns:Publish"], resources=[alerts.topic_arn("warning")]))
