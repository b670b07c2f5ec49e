from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cluster import build, control, namespace
from local.state import State

FAKE = Path(__file__).with_name("fake_part.py")
PARTS = ("etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kwok", "karpenter")
_REFUSAL = namespace.refusal()


@pytest.fixture
def alone() -> None:
    """For tests that need a network namespace."""
    if _REFUSAL:
        pytest.skip(f"no network namespace on this machine: {_REFUSAL}")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that only answer, in the place of the built ones."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in PARTS:
        (folder / name).write_text(f"#!{sys.executable} -SE\n{FAKE.read_text()}")
        (folder / name).chmod(0o755)
    (folder / build.DEFINITIONS).mkdir()
    (folder / build.DEFINITIONS / "pools.yaml").write_text(
        "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: pools.x}}"
    )
    monkeypatch.setattr(control, "build", lambda _progress: folder)
    return folder


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state")
    yield made
    control.stop(made)
