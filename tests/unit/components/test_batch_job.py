"""What a job on Kubernetes declares and refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.unit.components.clustered import IMAGE, clustered, job, of, workload


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return clustered(jobs=(job(), job(name="sweep", schedule="", completions=8, parallelism=4, retries=2)))


def test_a_schedule_starts_no_run_beside_another_and_leaves_a_late_one_out(whole: Deployment) -> None:
    spec = of(whole, "CronJob")["spec"]
    assert (spec["schedule"], spec["timeZone"], spec["concurrencyPolicy"]) == ("15 3 * * *", "Etc/UTC", "Forbid")
    assert spec["startingDeadlineSeconds"] == 3600
    assert spec["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] == 86_400


def test_pods_of_one_run_find_their_number_among_how_many(whole: Deployment) -> None:
    spec = of(whole, "Job")["spec"]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (8, 4, "Indexed")
    environment = spec["template"]["spec"]["containers"][0]["env"]
    assert {"name": "JOB_COMPLETIONS", "value": "8"} in environment


def test_a_run_is_given_up_after_so_many_failures_or_seconds(whole: Deployment) -> None:
    spec = of(whole, "Job")["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (2, 86_400)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_a_pod_that_made_room_is_no_failure_and_one_that_cannot_start_ends_the_run(whole: Deployment) -> None:
    ignore, fail = of(whole, "Job")["spec"]["podFailurePolicy"]["rules"]
    assert ignore == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert fail == {"action": "FailJob", "onExitCodes": {"containerName": "model", "operator": "In", "values": [2]}}
    assert of(whole, "Job")["spec"]["template"]["spec"]["containers"][0]["name"] == "model"


def test_a_run_of_its_own_is_removed_by_nobody_but_the_stack_which_does_not_wait_for_it(whole: Deployment) -> None:
    found = of(whole, "Job")
    assert "ttlSecondsAfterFinished" not in found["spec"]
    assert found["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}


def test_another_content_is_another_run_and_the_same_one_is_not() -> None:
    def named(**change: Any) -> str:
        name = of(clustered(jobs=(job(name="once", **{"schedule": "", **change}),)), "Job")["metadata"]["name"]
        return str(name)

    first = named()
    assert first.startswith("once-")
    assert named() == first
    image = workload(image=IMAGE.replace("a" * 64, "b" * 64))
    assert len({first, named(arguments=["serve"]), named(workload=image), named(retries=1)}) == 4


def test_a_schedule_keeps_its_name() -> None:
    assert of(clustered(jobs=(job(retries=1),)), "CronJob")["metadata"]["name"] == "score"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Night"}, "jobs.Night.name: got 'Night'"),
        ({"name": "n" * 31}, "30 at most"),
        ({"arguments": []}, "jobs.score.command: got []"),
        ({"completions": 0}, "jobs.score.completions: got 0; allowed: 1 to 10000"),
        ({"completions": 2, "parallelism": 3}, "jobs.score.parallelism: got 3; allowed: 1 to 2"),
        ({"retries": 21}, "jobs.score.retries: got 21; allowed: 0 to 20"),
        ({"deadline_seconds": 5}, "jobs.score.deadline: got 5"),
        ({"schedule": "rate(1 day)"}, "2 fields, not 5"),
        ({"schedule": "61 3 * * *"}, "'61' for the minute, which is 0 to 59"),
    ],
)
def test_a_job_that_kubernetes_would_refuse_is_refused_before(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        job(**change)
    assert "allowed: " in str(caught.value)
