"""The local cluster's programs, for tests that need them."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cluster import build, namespace


def require_cluster() -> None:
    """Skip a test where this machine can run no cluster, or its programs are not built (minutes)."""
    if refusal := namespace.refusal():
        pytest.skip(f"no network namespace on this machine: {refusal}")
    require_programs()


def require_programs() -> Path:
    """Their folder; skips a test where there is none."""
    if made := build.present():
        return made
    pytest.skip("the cluster's programs are not built; `make cluster` builds them")
