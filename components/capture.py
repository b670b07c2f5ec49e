"""Which requests and answers of an endpoint are kept, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.bucket import Bucket
from components.key import Key
from components.role import Role

# Without these SageMaker encodes what it captures in base64.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataCaptureConfig.html
_CSV, _JSON = ("text/csv",), ("application/json",)


@dataclass(frozen=True, kw_only=True)
class Capture:
    """Keep `percent` (1 to 100) of the requests with their answers, below `<bucket>/<model>`, under `key`.

    How long they are kept is the bucket's rule. What is captured belongs to a release: Rollout takes it from the new
    config and retains everything else.
    """

    percent: int
    bucket: Bucket
    key: Key

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise ValueError(
                f"capture: got {self.percent} percent; allowed: 1 to 100 (leave it out to capture nothing)"
            )

    def content(self) -> dict[str, Any]:
        """What another release would be made for."""
        return {"percent": self.percent, "types": [*_CSV, *_JSON]}

    def config(self, model: str) -> dict[str, Any]:
        """The data_capture_config of an endpoint config."""
        return {
            "enable_capture": True,
            "initial_sampling_percentage": self.percent,
            "destination_s3_uri": pulumi.Output.concat("s3://", self.bucket.name, f"/{model}"),
            "kms_key_id": self.key.arn,
            "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
            "capture_content_type_header": {"csv_content_types": [*_CSV], "json_content_types": [*_JSON]},
        }

    def grant(self, role: Role, model: str) -> None:
        """Let a model's role write its captures."""
        self.bucket.grant_write(role, model)
