"""What SageMaker refuses of an endpoint's update while autoscaling owns a variant's count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from takeoff.preview.previewed import Preview
from takeoff.preview.wish import Wish

TARGET = "aws:appautoscaling/target:Target"


def refused(preview: Preview, wished: Sequence[Wish]) -> list[str]:
    """Every variant that would change its instance type, or go, while it is registered as a scalable target.

    UpdateEndpoint fails then, after everything else of the deployment is made.
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    return [line for wish in wished if wish.new_config for line in _of(preview, wish)]


def _of(preview: Preview, wish: Wish) -> Iterator[str]:
    scaled = _scaled(preview, wish.before.endpoint if wish.before else "")
    for name, before in wish.fleets_before.items():
        after = wish.fleets_after.get(name)
        if name not in scaled or (after and after.instance_type == before.instance_type):
            continue
        what = f"changes its instance type to {after.instance_type}" if after else "goes"
        yield (
            f"{wish.model}: {name} {what} while it is scaled, which SageMaker refuses: deploy it without `scaling` "
            "first, or give the new variant another name"
        )


def _scaled(preview: Preview, endpoint: str) -> set[str]:
    """The variants of an endpoint that autoscaling owns before the deployment."""
    named = [str((step.old or {}).get("resourceId")).split("/") for step in preview.before() if step.type == TARGET]
    return {parts[3] for parts in named if len(parts) == 4 and parts[1] == endpoint}
