"""The policy pack on the real engine: what passes, what stops a deployment, and that nothing was made by then."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import daemon
from local.state import REPOSITORY
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.stack.machine import Machine, end, machine

pytestmark = pytest.mark.engine
PACK = REPOSITORY / "policies"
# KMS lets nobody wait longer, so that no key keeps the rule: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
RULE = "kms-3-not-deleted-by-mistake"
BROKEN = {"enforcementLevel": "mandatory", "least": 31}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with an account in which nothing is."""
    with machine(tmp_path_factory.mktemp("policies")) as made:
        ready(made.state, Progress(sys.stderr))
        daemon.start(made.state, 0)
        ensure_stack(made.stack, made.inside())
        yield made


def judged(made: Machine, config: dict[str, Any], *command: str) -> subprocess.CompletedProcess[str]:
    """An engine's run with the pack, under a configuration."""
    path = made.root / "policies.json"
    path.write_text(json.dumps(config))
    return made.pulumi(*command, "--policy-pack", str(PACK), "--policy-pack-config", str(path))


def exempt(until: str) -> dict[str, Any]:
    return {**BROKEN, "exemptions": [{"resource": "*", "reason": "shown by a test", "until": until}]}


def test_a_stack_that_keeps_the_rules_passes_under_its_environment(empty: Machine) -> None:
    config = json.loads((PACK / "environments/local.json").read_text())
    done = judged(empty, config, "preview")
    assert done.returncode == 0, end(done)
    assert "takeoff@v" in done.stdout


def test_a_stack_that_breaks_a_mandatory_rule_is_stopped_before_anything_is_made(empty: Machine) -> None:
    before = empty.resources()
    done = judged(empty, {"all": "disabled", RULE: BROKEN}, "up", "--yes")
    assert done.returncode != 0
    assert "KMS.3" in done.stdout
    assert "allowed:" in done.stdout
    assert "fix:" in done.stdout
    assert empty.resources() == before


def test_an_update_without_a_preview_is_stopped_at_the_resource_that_breaks_the_rule(empty: Machine) -> None:
    done = judged(empty, {"all": "disabled", RULE: BROKEN}, "up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "KMS.3" in done.stdout
    assert [each for each in empty.resources() if each.startswith("key ")] == []


def test_the_same_rule_as_advice_lets_a_preview_pass(empty: Machine) -> None:
    done = judged(empty, {"all": "disabled", RULE: {**BROKEN, "enforcementLevel": "advisory"}}, "preview")
    assert done.returncode == 0, end(done)
    assert "KMS.3" in done.stdout


@pytest.mark.parametrize(("until", "passes"), [("2999-12-31", True), ("2020-01-31", False)])
def test_an_exemption_passes_over_a_resource_until_its_day(empty: Machine, until: str, passes: bool) -> None:
    done = judged(empty, {"all": "disabled", RULE: exempt(until)}, "preview")
    assert (done.returncode == 0) is passes, end(done)
    assert until in done.stdout
    assert ("has expired" in done.stdout) is not passes


def test_a_misspelt_rule_stops_before_the_program_runs(empty: Machine) -> None:
    done = judged(empty, {"kms-3-not-deleted-by-misteak": "mandatory"}, "preview")
    assert done.returncode != 0
    assert RULE in done.stdout + done.stderr
