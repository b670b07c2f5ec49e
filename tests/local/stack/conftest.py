"""Machines for tests: a shared one that is up, and fresh ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.stack.machine import Machine, machine


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the local stack was deployed from nothing. Tests put back what they change."""
    with machine(tmp_path_factory.mktemp("shared")) as made:
        made.up()
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which nothing was deployed yet."""
    with machine(tmp_path) as made:
        yield made
