"""What SageMaker refuses while autoscaling owns a variant's count."""

from __future__ import annotations

import pulumi_aws as aws
import pytest

from catalog.plan import Plan
from takeoff.preview.report import build
from takeoff.preview.scaled import TARGET, refused
from takeoff.preview.verdict import Environment
from takeoff.preview.wish import wishes
from tests.unit.takeoff.preview.events import Events, desired, release, wish_changes

LOOSE = Environment({"all": "advisory"})


def stream(scaled: str, endpoint: str = "takeoff-prod-breast-cancer", **after: tuple[str, str]) -> Events:
    """A release from main on ml.c6i.large to `after`, while a variant is scaled."""
    traffic = {name: (100 if name == "main" else 0, 1) for name in after}
    events = wish_changes(desired("1-x", main=(100, 1)), desired("2-x", Plan(), **traffic))
    release(events, "delete", "1-x", main=("1", "ml.c6i.large"))
    release(events, "create", "2-x", **after)
    events.same(TARGET, "scaling", {"resourceId": f"endpoint/{endpoint}/variant/{scaled}"})
    return events


def lines(events: Events) -> list[str]:
    preview = events.preview()
    return refused(preview, wishes(preview))


def test_the_token_is_the_sdks() -> None:
    assert aws.appautoscaling.Target.pulumi_type == TARGET


def test_a_scaled_variant_keeps_its_instance_type() -> None:
    (line,) = lines(stream("main", main=("1", "ml.m5.large")))
    assert line.startswith("breast-cancer: main changes its instance type to ml.m5.large while it is scaled")
    assert "without `scaling` first" in line


def test_a_scaled_variant_does_not_go() -> None:
    (line,) = lines(stream("main", other=("1", "ml.c6i.large")))
    assert "main goes while it is scaled" in line


@pytest.mark.parametrize(
    "events",
    [
        stream("main", main=("2", "ml.c6i.large")),
        stream("candidate", main=("1", "ml.m5.large")),
        stream("main", endpoint="takeoff-prod-other", main=("1", "ml.m5.large")),
    ],
    ids=["another version only", "another variant is scaled", "another endpoint is"],
)
def test_everything_else_may_change(events: Events) -> None:
    assert lines(events) == []


def test_what_aws_would_refuse_is_refused_everywhere_before_anything_is_made() -> None:
    report = build(stream("main", main=("1", "ml.m5.large")).preview(), LOOSE)
    assert not report.verdict.ready
    assert "REFUSED: breast-cancer: main changes its instance type" in report.verdict.text
