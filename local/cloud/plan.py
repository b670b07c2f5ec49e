"""What an endpoint is to run: decided when the API is called, so that it outlives its config and models."""

from __future__ import annotations

from collections.abc import Callable
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
    instance_type: str = ""
    multi_model: bool = False

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
    shadow: Variant | None = None
    capture: dict[str, Any] | None = None
    deployment: dict[str, Any] | None = field(default=None)
    asynchronous: dict[str, Any] | None = None

    @property
    def fleets(self) -> tuple[Variant, ...]:
        """Everything that needs processes: the production variants, and the shadow if there is one."""
        return (*self.variants, self.shadow) if self.shadow else self.variants

    @classmethod
    def of(cls, config: dict[str, Any], models: dict[str, dict[str, Any]]) -> Plan:
        """The plan of a config and its models, each as it was given to the operation that created it."""
        variants = [_variant(given, models[given["ModelName"]]) for given in config["ProductionVariants"]]
        shadows = [
            _variant(given, models[given["ModelName"]]) for given in config.get("ShadowProductionVariants") or []
        ]
        return cls(
            config=config["EndpointConfigName"],
            variants=tuple(variants),
            shadow=shadows[0] if shadows else None,
            capture=config.get("DataCaptureConfig"),
            asynchronous=config.get("AsyncInferenceConfig"),
        )

    def _each(self, change: Callable[[Variant], Variant]) -> Plan:
        shadow = change(self.shadow) if self.shadow else None
        return replace(self, variants=tuple(change(variant) for variant in self.variants), shadow=shadow)

    def retaining(self, running: Plan, excluded: set[str]) -> Plan:
        """This plan with the live weights, counts and data capture of `running`, but for the excluded properties."""
        live = {variant.name: variant for variant in running.fleets}

        def retained(variant: Variant) -> Variant:
            if (old := live.get(variant.name)) and "DesiredWeight" not in excluded:
                variant = replace(variant, weight=old.weight, desired_weight=old.weight)
            if old and "DesiredInstanceCount" not in excluded:
                variant = replace(variant, count=old.count, desired_count=old.count)
            return variant

        return replace(
            self._each(retained), capture=self.capture if "DataCaptureConfig" in excluded else running.capture
        )

    def desiring(self, wanted: dict[str, dict[str, Any]]) -> Plan:
        """This plan with the desired weights and counts of an UpdateEndpointWeightsAndCapacities request."""
        return self._each(
            lambda variant: replace(
                variant,
                desired_weight=float(wanted.get(variant.name, {}).get("DesiredWeight", variant.desired_weight)),
                desired_count=int(wanted.get(variant.name, {}).get("DesiredInstanceCount", variant.desired_count)),
            )
        )

    def reached(self) -> Plan:
        """This plan once what was desired is current."""
        return self._each(lambda v: replace(v, weight=v.desired_weight, count=v.desired_count))

    def reverted(self) -> Plan:
        """This plan once what was desired was given up."""
        return self._each(lambda v: replace(v, desired_weight=v.weight, desired_count=v.count))


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
        instance_type=given.get("InstanceType", ""),
        multi_model=container.get("Mode") == "MultiModel",
    )
