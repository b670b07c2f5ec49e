"""What an endpoint is to run: decided when the API is called, so that it outlives its config and models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One production variant: which container with which artifact, how many, and its share of the traffic."""

    name: str
    model: str
    role: str
    image: str
    environment: dict[str, str]
    artifact: str | None
    count: int
    weight: float
    desired_count: int
    desired_weight: float

    def summary(self) -> dict[str, Any]:
        """This variant as DescribeEndpoint shows it."""
        return {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.desired_weight,
            "CurrentInstanceCount": self.count,
            "DesiredInstanceCount": self.desired_count,
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An endpoint config as it was when an endpoint was told to run it."""

    config: str
    variants: tuple[Variant, ...]
    capture: dict[str, Any] | None = None
    deployment: dict[str, Any] | None = field(default=None)

    @classmethod
    def of(cls, config: dict[str, Any], models: dict[str, dict[str, Any]]) -> Plan:
        """The plan of a config and its models, each as it was given to the operation that created it."""
        variants = tuple(_variant(given, models[given["ModelName"]]) for given in config["ProductionVariants"])
        return cls(config=config["EndpointConfigName"], variants=variants, capture=config.get("DataCaptureConfig"))

    def retaining(self, running: Plan, excluded: set[str]) -> Plan:
        """This plan with the live weights, counts and data capture of `running`, but for the excluded properties."""
        live = {variant.name: variant for variant in running.variants}
        variants = []
        for variant in self.variants:
            if (old := live.get(variant.name)) and "DesiredWeight" not in excluded:
                variant = replace(variant, weight=old.weight, desired_weight=old.weight)
            if old and "DesiredInstanceCount" not in excluded:
                variant = replace(variant, count=old.count, desired_count=old.count)
            variants.append(variant)
        capture = self.capture if "DataCaptureConfig" in excluded else running.capture
        return replace(self, variants=tuple(variants), capture=capture)

    def desiring(self, wanted: dict[str, dict[str, Any]]) -> Plan:
        """This plan with the desired weights and counts of an UpdateEndpointWeightsAndCapacities request."""
        variants = tuple(
            replace(
                variant,
                desired_weight=float(wanted.get(variant.name, {}).get("DesiredWeight", variant.desired_weight)),
                desired_count=int(wanted.get(variant.name, {}).get("DesiredInstanceCount", variant.desired_count)),
            )
            for variant in self.variants
        )
        return replace(self, variants=variants)

    def reached(self) -> Plan:
        """This plan once what was desired is current."""
        return replace(
            self, variants=tuple(replace(v, weight=v.desired_weight, count=v.desired_count) for v in self.variants)
        )

    def reverted(self) -> Plan:
        """This plan once what was desired was given up."""
        return replace(
            self, variants=tuple(replace(v, desired_weight=v.weight, desired_count=v.count) for v in self.variants)
        )


def _variant(given: dict[str, Any], model: dict[str, Any]) -> Variant:
    container = model.get("PrimaryContainer") or model["Containers"][0]
    # AWS: a variant whose weight is not given has weight 1.
    weight = float(given.get("InitialVariantWeight", 1.0))
    count = int(given.get("InitialInstanceCount", 1))
    return Variant(
        name=given["VariantName"],
        model=model["ModelName"],
        role=model["ExecutionRoleArn"],
        image=container["Image"],
        environment=dict(container.get("Environment") or {}),
        artifact=container.get("ModelDataUrl"),
        count=count,
        weight=weight,
        desired_count=count,
        desired_weight=weight,
    )
