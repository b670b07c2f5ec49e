"""What a model's entry becomes in the cluster, and the proof before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from components.pod_scaling import PodMetric
from infra import workloads
from infra.account import Facts, sort
from infra.config import Stack, parse
from tests.stacks import podded, shipped


def stack(**model: Any) -> Stack:
    """The overlaid file of dev, with changes of its model in pods."""
    told = podded.read("dev")
    told["models"]["vision"] |= model
    return parse(told, "dev")


def facts() -> Facts:
    return sort(shipped.phased("dev", ["vision"]), "dev")["vision"]


def test_pods_run_the_models_image_with_the_version_that_answers_and_the_size_that_is_asked_for() -> None:
    config = stack(environment={"LOG": "info"})
    found = workloads.service("vision", config.models["vision"], facts(), workloads.declared(config, "dev"))
    assert found
    workload = found.workload
    assert workload.image == facts().image
    assert workload.version == facts().versions["approved"]
    assert (workload.size.cpu, workload.size.memory, workload.size.gpu) == ("3", "12Gi", 1)
    assert (workload.pool, workload.environment) == ("gpu", {"LOG": "info"})
    assert (found.scaling.minimum, found.scaling.maximum, found.scaling.metric) == (1, 1, None)


def test_a_metric_of_the_pods_own_reaches_the_autoscaler() -> None:
    pods = podded.VISION["pods"] | {"replicas": {"min": 1, "max": 2}, "scaleOn": {"metric": "in_flight", "target": "8"}}
    config = stack(pods=pods)
    found = workloads.service("vision", config.models["vision"], facts(), workloads.declared(config, "dev"))
    assert found
    assert found.scaling.metric == PodMetric(name="in_flight", target="8")


def test_jobs_keep_their_order_and_everything_that_the_file_says_of_them() -> None:
    again = podded.VISION["jobs"]["again"]
    sweep = {**again, "completions": 8, "parallelism": 4, "retries": 1, "deadlineMinutes": 10}
    del sweep["schedule"]
    config = stack(jobs={"sweep": sweep, "again": again})
    first, second = workloads.jobs("vision", config.models["vision"], facts(), workloads.declared(config, "dev"))
    assert (first.name, first.schedule, first.completions, first.parallelism) == ("sweep", "", 8, 4)
    assert (first.retries, first.deadline_seconds, first.arguments) == (1, 600, ("train",))
    assert (second.name, second.schedule, second.retries) == ("again", "0 2 * * 6", 3)
    assert first.workload.version == facts().versions["approved"]


def test_a_model_with_an_endpoint_has_no_pods_and_its_jobs_run_the_version_of_its_first_variant() -> None:
    told = podded.read("dev")
    job = {**podded.VISION["jobs"]["again"], "pool": "general"}
    told["models"]["breast-cancer"]["jobs"] = {"again": job}
    config = parse(told, "dev")
    model, known = config.models["breast-cancer"], sort(shipped.phased("dev", ["breast-cancer"]), "dev")
    pools = workloads.declared(config, "dev")
    assert workloads.service("breast-cancer", model, known["breast-cancer"], pools) is None
    (found,) = workloads.jobs("breast-cancer", model, known["breast-cancer"], pools)
    assert found.workload.version == known["breast-cancer"].versions["approved"]


def test_the_scheduler_sees_a_pool_for_each_tier() -> None:
    names = [pool.name for pool in workloads.declared(stack(), "dev")]
    assert names == ["dev-general", "dev-gpu-1", "dev-gpu-2"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pods": podded.VISION["pods"] | {"pool": "general"}}, r"^pods: pool: got 'general': size: "),
        ({"pods": podded.VISION["pods"] | {"gpu": 8}}, r"^pods: pool: got 'gpu': size: "),
        ({"jobs": {"again": podded.VISION["jobs"]["again"] | {"pool": "gpu"}}}, r"^jobs\.again: pool: .*toleration: "),
    ],
)
def test_what_would_not_land_on_its_pool_is_refused_with_its_place_in_the_models_entry(
    change: dict[str, Any], said: str
) -> None:
    config = stack(**change)
    with pytest.raises(ValueError, match=said) as caught:
        workloads.prove("vision", config.models["vision"], config, "dev")
    assert "; allowed: a pool of nodePools" in str(caught.value)


def test_what_would_land_where_it_is_meant_to_is_proven_without_a_word() -> None:
    for name in podded.STACKS:
        config = parse(podded.read(name), name)
        for model, entry in config.models.items():
            workloads.prove(model, entry, config, name)
