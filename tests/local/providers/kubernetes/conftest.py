"""A real cluster for the tests that need one: one per session, with a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from local.cluster import control
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.state import State
from local.toolchain.progress import Progress
from tests.local.programs import require_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A cluster whose cloud has one CPU type; skipped where none can run."""
    require_cluster()
    state = State(tmp_path_factory.mktemp("cluster") / "state")
    control.start(state, ["c7i.xlarge"], Progress(sys.stderr))
    yield state
    control.stop(state)


@pytest.fixture(scope="session")
def api(cluster: State) -> Api:
    """The tests' own way to the cluster's API server."""
    return Api(Layout.of(cluster).kubeconfig)
