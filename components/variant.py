"""What serves behind an endpoint: variants that answer, and a shadow that only listens."""

from __future__ import annotations

from dataclasses import dataclass

from components.scaling import Scaling
from model_code.contract import VersionRecord


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant: a slot (main, candidate, an arm of an experiment), never a version.

    `traffic` is in percent; `instances` is a count, and only the one to begin with where `scaling` is given.
    Raises ValueError when that count lies outside the bounds of its scaling.
    """

    name: str
    version: VersionRecord
    instance_type: str
    instances: int
    traffic: int
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        if self.scaling and not self.scaling.minimum <= self.instances <= self.scaling.maximum:
            raise ValueError(
                f"variant {self.name}: got {self.instances} instances; allowed: {self.scaling.minimum} to "
                f"{self.scaling.maximum}, the bounds of its scaling"
            )

    @property
    def fewest(self) -> int:
        """The fewest instances that it may have while an update runs."""
        return self.scaling.minimum if self.scaling else self.instances


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A variant that gets a copy of `percent` (1 to 100) of the requests and whose answers nobody sees.

    It serves the schema of the model's own code: a version of another model cannot stand here, since a version record
    is looked up by the model's name. https://docs.aws.amazon.com/sagemaker/latest/dg/model-shadow-deployment.html
    """

    name: str
    version: VersionRecord
    instance_type: str
    instances: int
    percent: int

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise ValueError(f"shadow {self.name}: got {self.percent} percent; allowed: 1 to 100")
