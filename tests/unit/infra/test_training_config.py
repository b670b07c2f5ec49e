"""The blocks `training` and `fairness` of a model: what they mean, and what they refuse."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from pydantic import ValidationError

from catalog.pipeline_types import pipeline_types
from infra.config.base import MistakeError
from infra.config.fairness import MEASURES, Fairness
from infra.config.training import COMPARED, Training, require_foundation
from model_code.gates import bias, compare
from model_code.gates.settings import grouping

TRAINING = {"instanceType": "ml.m5.large", "algorithm": "logistic_regression"}
FAIRNESS = {"favoured": "yes", "groups": ["sex=F"], "limits": {"selection_rate": {"ratio": 0.8}}}


def mistake(kind: type[Training] | type[Fairness], raw: dict[str, Any]) -> str:
    """The key and the words of the only mistake."""
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(raw)
    (details,) = caught.value.errors()
    path = ".".join(str(part) for part in details["loc"])
    error = details.get("ctx", {}).get("error")
    if isinstance(error, MistakeError):
        return f"{path}.{error.where}: {error.got}; {error.allowed}".removeprefix(".")
    return f"{path}: {details['msg']}"


def test_two_keys_are_enough_and_the_rest_is_careful() -> None:
    found = Training.model_validate(TRAINING)
    assert (found.instances, found.approval, found.margins) == (1, "automatic", {"accuracy": 0.01})
    assert (found.cooldown_minutes, found.monthly_runs, found.data_version, found.schedule) == (360, 8, None, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"instanceType": "ml.m5.huge"}, "instanceType: 'ml.m5.huge'; types of processing jobs, such as ml.m5."),
        ({"instances": 0}, "instances: Input should be greater than or equal to 1"),
        ({"algorithm": ""}, "algorithm: String should match pattern"),
        ({"schedule": "daily"}, "schedule: String should match pattern"),
        ({"dataVersion": "two words"}, "dataVersion: String should match pattern"),
        ({"dataVersion": ""}, "dataVersion: String should match pattern"),
        ({"approval": "maybe"}, "approval: Input should be 'automatic' or 'manual'"),
        ({"margins": {}}, "margins: Dictionary should have at least 1 item"),
        ({"margins": {"accuracy": 0}}, "margins.accuracy: Input should be greater than 0"),
        ({"margins": {"accuracy": float("inf")}}, "margins.accuracy: Input should be a finite number"),
        ({"margins": {"charm": 0.1}}, "margins.charm: an unknown metric; accuracy, roc_auc, log_loss"),
        ({"cooldownMinutes": 10_081}, "cooldownMinutes: Input should be less than or equal to 10080"),
        ({"cooldownMinutes": -1}, "cooldownMinutes: Input should be greater than or equal to 0"),
        ({"monthlyRuns": 0}, "monthlyRuns: Input should be greater than or equal to 1"),
        ({"monthlyRuns": 1001}, "monthlyRuns: Input should be less than or equal to 1000"),
        ({"columns": ["a b"]}, "columns.0: String should match pattern"),
        ({"cooldown": 1}, "cooldown: Extra inputs are not permitted"),
    ],
)
def test_training_that_could_not_run_is_refused(change: dict[str, Any], words: str) -> None:
    assert mistake(Training, TRAINING | change).startswith(words)


def test_an_s3_version_as_aws_writes_it_can_be_pinned() -> None:
    version = "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo"
    assert Training.model_validate(TRAINING | {"dataVersion": version}).data_version == version


def test_every_type_of_the_catalog_trains_and_runs_gates() -> None:
    service = botocore.session.get_session().get_service_model("sagemaker")
    for shape in ("TrainingInstanceType", "ProcessingInstanceType"):
        assert pipeline_types() <= set(service.shape_for(shape).enum)
    assert "ml.m5.large" in pipeline_types()


def test_the_metrics_and_measures_are_those_of_the_gates() -> None:
    assert (COMPARED, MEASURES) == (compare.METRICS, bias.MEASURES)


@pytest.mark.parametrize(("registry", "lake", "missing"), [(False, True, "registry"), (True, False, "lake")])
def test_training_needs_a_lake_and_a_registry(registry: bool, lake: bool, missing: str) -> None:
    with pytest.raises(MistakeError) as caught:
        require_foundation("m", registry=registry, lake=lake)
    assert (caught.value.where, caught.value.got) == ("models.m.training", f"no {missing}")
    require_foundation("m", registry=True, lake=True)


@pytest.mark.parametrize("group", ["sex", "sex=F", "age:30", "age:30,50.5", "age:-1,1=less to -1", "a b=c=d"])
def test_groups_are_read_as_the_gates_read_them(group: str) -> None:
    assert Fairness.model_validate(FAIRNESS | {"groups": [group]}).groups == (group,)
    assert grouping(group).column == group.partition("=")[0].partition(":")[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"groups": []}, "groups: Tuple should have at least 1 item"),
        ({"groups": [""]}, "groups[0]: ''; COLUMN[:EDGE,EDGE][=REFERENCE]"),
        ({"groups": ["=F"]}, "groups[0]: '=F'; COLUMN"),
        ({"groups": ["sex", "age:50,30"]}, "groups[1]: 'age:50,30'; COLUMN"),
        ({"groups": ["age:30,30"]}, "groups[0]: 'age:30,30'; COLUMN"),
        ({"groups": ["age:young"]}, "groups[0]: 'age:young'; COLUMN"),
        ({"groups": ["age:nan"]}, "groups[0]: 'age:nan'; COLUMN"),
        ({"groups": ["age:"]}, "groups[0]: 'age:'; COLUMN"),
        ({"groups": ["sex", "sex=F"]}, "groups: 'sex' twice; each column once"),
        ({"limits": {}}, "limits: Dictionary should have at least 1 item"),
        ({"limits": {"luck": {"ratio": 0.8}}}, "limits.luck: an unknown measure; selection_rate"),
        ({"limits": {"selection_rate": {}}}, "limits.selection_rate.: neither difference nor ratio"),
        ({"limits": {"selection_rate": {"ratio": 1.1}}}, "limits.selection_rate.ratio: Input should be less"),
        ({"limits": {"selection_rate": {"difference": -0.1}}}, "limits.selection_rate.difference: Input should be"),
        ({"favoured": ""}, "favoured: String should have at least 1 character"),
    ],
)
def test_fairness_that_could_not_be_judged_is_refused(change: dict[str, Any], words: str) -> None:
    assert mistake(Fairness, FAIRNESS | change).startswith(words)


def test_limits_are_handed_on_with_what_was_set_alone() -> None:
    raw = FAIRNESS | {"limits": {"selection_rate": {"ratio": 1}, "true_positive_rate": {"difference": 0.1}}}
    assert Fairness.model_validate(raw).bounds() == {
        "selection_rate": {"ratio": 1.0},
        "true_positive_rate": {"difference": 0.1},
    }
