"""What a model's endpoint refuses to be made of, whoever asks: infra.config judges stack files only."""

from __future__ import annotations

from typing import Any

import pytest

from components.model_endpoint import ModelEndpointArgs, Variant
from model_code.contract import VersionRecord

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/m@sha256:{'a' * 64}"
RECORD = VersionRecord(version="1" * 12, artifact="s3://b/m/model.tar.gz", algorithm="x", metrics={})


def args(image: str = IMAGE, shares: tuple[int, ...] = (90, 10), kind: str = "ml.c6i.large") -> ModelEndpointArgs:
    variants = [
        Variant(name=f"v{position}", version=RECORD, instance_type=kind, instances=1, traffic=share)
        for position, share in enumerate(shares)
    ]
    nothing: Any = None
    return ModelEndpointArgs(
        model="m", owner="a@example.com", image=image, variants=variants, models=nothing, key=nothing, rollout=nothing
    )


@pytest.mark.parametrize("shares", [(90, 20), (50,), ()])
def test_shares_that_do_not_sum_to_a_hundred_are_refused(shares: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="allowed: 100 over all variants"):
        args(shares=shares)


def test_an_image_without_its_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: an image URI that names its digest"):
        args(image=IMAGE.partition("@")[0] + ":latest")


def test_a_release_is_named_by_image_artifact_and_instance_type_but_not_by_traffic() -> None:
    one = args().lineups()[0].release.content
    assert args(shares=(40, 60)).lineups()[0].release.content == one
    assert args(kind="ml.c7i.large").lineups()[0].release.content != one
    assert args(image=IMAGE.replace("a" * 64, "b" * 64)).lineups()[0].release.content != one
