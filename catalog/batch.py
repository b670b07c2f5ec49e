"""What one model's batch inference works on: written by Pulumi, read by its function at every step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Content = Literal["text/csv", "application/json"]
VARIABLE = "TAKEOFF_BATCH"


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """The content of the function's environment variable TAKEOFF_BATCH.

    Inputs are the objects right under `source/<source_prefix>/date=YYYY-MM-DD/`; outputs go under
    `output/<output_prefix>/date=YYYY-MM-DD/version=<version>/`, so that two versions never mix. `jobs` is what the
    names of transform jobs begin with; `volume_key` is empty for instances whose own disks SageMaker encrypts itself.
    """

    model: str
    model_name: str
    version: str
    source: str
    source_prefix: str
    output: str
    output_prefix: str
    jobs: str
    instance_type: str
    instances: int
    content: Content
    key: str
    volume_key: str
    outcome: str
    tags: dict[str, str]

    def to_json(self) -> str:
        """Canonical JSON, so that equal settings are equal strings."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> BatchSettings:
        """Read back what `to_json` wrote. Raises ValueError naming what is wrong."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{VARIABLE}: got {text!r}; allowed: what Pulumi writes; {error}") from error
