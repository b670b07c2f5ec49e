"""`make rollout-demo`, whole: three releases under load through the guardrails of the emulated account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.state import REPOSITORY

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_the_good_release_goes_live_and_the_others_return(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.demo.rollout", "--json"],
        cwd=REPOSITORY,
        env={**os.environ, "TAKEOFF_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    good, slow, failing = json.loads(done.stdout)
    assert (good["outcome"], good["failed"]) == ("succeeded", 0)
    assert good["answered"] > 100
    for bad, alarm in ((slow, "latency"), (failing, "errors")):
        assert (bad["outcome"], bad["live"]) == ("failed", "the old config")
        assert f"takeoff-local-breast-cancer-rollback-{alarm}-main" in bad["alarms"]
        assert bad["seconds_to_return"] is not None
