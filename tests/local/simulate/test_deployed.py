"""What is refused before anything is played, and how the stack is left."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from local.cluster.api import Api
from local.simulate.deployed import FOUND, NotDeployedError, require_cluster, require_workloads, resting
from local.simulate.mirror import Mirror
from local.simulate.size import SMALL
from local.simulate.stage import Stage
from local.simulate.timeline import Timeline
from local.state import State
from tests.local.simulate.fake_api import FakeApi


def stage(fake: FakeApi, tmp_path: Path) -> Stage:
    api = cast(Api, fake)
    mirror = Mirror(api)
    timeline = Timeline(mirror, lambda _at, _text: None)
    return Stage(state=State(tmp_path), api=api, mirror=mirror, timeline=timeline, pools={}, size=SMALL)


def test_without_a_cluster_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotDeployedError, match=r"no cluster runs: `make cluster` builds and starts it, then `make up`"):
        require_cluster(State(tmp_path))


def test_a_stack_that_has_no_cluster_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotDeployedError, match="got stack 'prod'; allowed: 'local'"):
        require_cluster(State(tmp_path, "prod"))


def test_a_cluster_without_the_stacks_workloads_is_refused() -> None:
    with pytest.raises(NotDeployedError, match=r"no Deployment local-vision-gpu/vision-gpu, no a NodePool; `make up`"):
        require_workloads(cast(Api, FakeApi(vision=2)), "local", {})
    require_workloads(cast(Api, FakeApi(**{"vision": 2, "vision-gpu": 1})), "local", {"general": object()})


def test_services_rest_meanwhile_and_are_back_afterwards(tmp_path: Path) -> None:
    fake = FakeApi(**{"vision": 2, "vision-gpu": 1})
    with resting(stage(fake, tmp_path)):
        assert fake.replicas() == {"vision": 0, "vision-gpu": 0}
    assert fake.replicas() == {"vision": 2, "vision-gpu": 1}
    assert fake.annotations() == [{}, {}]


def test_a_scenario_that_breaks_leaves_them_as_they_were_too(tmp_path: Path) -> None:
    fake = FakeApi(vision=2)
    with pytest.raises(KeyError), resting(stage(fake, tmp_path)):
        raise KeyError
    assert fake.replicas() == {"vision": 2}


def test_what_a_killed_run_noted_counts_and_not_what_it_left(tmp_path: Path) -> None:
    fake = FakeApi(vision=0)
    fake.annotations()[0][FOUND] = "3"
    with resting(stage(fake, tmp_path)):
        pass
    assert fake.replicas() == {"vision": 3}
    assert fake.annotations() == [{}]
