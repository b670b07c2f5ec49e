"""Workloads of the scenarios are the declared ones, with what is said changed and nothing else."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from local.cluster.api import Api
from local.simulate import workloads
from tests.stacks.shipped import apps


def declared(kind: str) -> dict[str, Any]:
    """The first object of a kind that the shipped local stack declares for `vision`."""
    found = [each.inputs for each in apps("local").resources if each.inputs.get("kind") == kind]
    return copy.deepcopy(dict(next(each for each in found if each["metadata"]["namespace"] == "local-vision")))


def test_a_changed_template_differs_in_what_was_asked_for_alone() -> None:
    template = declared("Deployment")["spec"]["template"]
    before = copy.deepcopy(template)
    made = workloads.changed(template, "x", pool="spot", resources={"cpu": "1", "nvidia.com/gpu": "2"})
    assert template == before
    assert made["metadata"]["labels"] == {**template["metadata"]["labels"], "takeoff/simulation": "x"}
    assert made["spec"]["nodeSelector"] == {"takeoff/pool": "spot"}
    same = {"cpu": "1", "nvidia.com/gpu": "2"}
    assert made["spec"]["containers"][0]["resources"] == {"requests": same, "limits": same}
    assert made["spec"]["initContainers"][0]["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    made["metadata"] = template["metadata"]
    for each in (made, template):
        del each["spec"]["nodeSelector"]
        for container in (*each["spec"]["containers"], *each["spec"]["initContainers"]):
            del container["resources"]
    assert made == template


def test_members_that_are_not_wanted_are_left_out() -> None:
    template = declared("Deployment")["spec"]["template"]
    made = workloads.changed(template, "x", without=("topologySpreadConstraints",))
    assert "topologySpreadConstraints" in template["spec"]
    assert "topologySpreadConstraints" not in made["spec"]


def test_a_deployment_chooses_its_own_pods_alone() -> None:
    pods = workloads.changed(declared("Deployment")["spec"]["template"], "x")
    made = workloads.deployment("simulate-x", "one", pods, 3)
    chosen = made["spec"]["selector"]["matchLabels"]
    assert chosen == {"takeoff/simulation": "x", "app.kubernetes.io/name": "one"}
    assert chosen.items() <= made["spec"]["template"]["metadata"]["labels"].items()


def test_a_job_that_runs_once_is_taken_without_what_its_controller_wrote() -> None:
    job = declared("Job")
    written = {"controller-uid": "1", "batch.kubernetes.io/job-name": "parts", "job-name": "parts"}
    job["spec"]["selector"] = {"matchLabels": {"controller-uid": "1"}}
    job["spec"]["template"]["metadata"]["labels"] |= written
    scheduled = {"metadata": {"ownerReferences": [{"kind": "CronJob"}]}, "spec": {}}

    class Answers:
        def list(self, path: str, labels: str) -> list[dict[str, Any]]:
            assert (path, labels) == (
                "/apis/batch/v1/namespaces/local-vision/jobs",
                "app.kubernetes.io/component=job",
            )
            return [scheduled, job]

    found = workloads.job(cast(Api, Answers()), "local", "vision")
    assert found is not None
    assert "selector" not in found
    assert not written.keys() & found["template"]["metadata"]["labels"].keys()
    assert found["completions"] == 4


@pytest.mark.parametrize(("budget", "count"), [({"maxUnavailable": 1}, 1), ({"minAvailable": 4}, 2)])
def test_a_budget_lets_so_many_pods_go(budget: dict[str, int], count: int) -> None:
    assert workloads.breakable(budget, 6) == count


def test_a_budget_in_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: a number as maxUnavailable or minAvailable"):
        workloads.breakable({"maxUnavailable": "10%"}, 6)
