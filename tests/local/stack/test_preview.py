"""`make preview` through the real engine, with the real policies: of nothing, of a change, of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.account import sort
from local.cloud import daemon
from local.preview import assume
from local.state import State
from tests.local.stack.machine import Machine, end, machine

pytestmark = pytest.mark.engine


def test_a_stack_that_is_not_deployed_is_previewed_in_an_account_that_is_gone_afterwards(tmp_path: Path) -> None:
    with machine(tmp_path, "prod") as prod:
        comment, page = tmp_path / "comment.md", tmp_path / "page.html"
        done = prod.run("preview", "--markdown", str(comment), "--html", str(page))
    first = done.stdout.splitlines()[0]
    assert first.startswith("prod: ")
    assert " to create, 0 to update, 0 to replace, 0 to delete; USD +" in first
    assert (done.returncode == 1) == ("REFUSED" in done.stdout), end(done)
    assert done.stderr.startswith("takeoff: nothing of prod is deployed on this machine; Assumed: an empty account")
    assert "note: Assumed: an empty account" in done.stdout
    for title in ("Replaced or destroyed: nothing", "Traffic and versions: 2 models", "Readiness: breast-cancer"):
        assert title in done.stdout
    assert "What failed" not in done.stdout
    assert "not judged" not in done.stdout, "the real policies have judged it"
    assert comment.read_text().startswith("<!-- takeoff preview: prod -->")
    assert len(comment.read_bytes()) < 60_000
    assert page.read_text().startswith("<!doctype html>")
    assert not (tmp_path / "preview" / "prod").exists()
    assert daemon.status(State(tmp_path / "preview" / "prod", "prod")) is None
    assert not prod.state.root.exists(), "the stack's own account was not touched"


def test_other_traffic_is_told_as_traffic_and_nothing_is_changed(fresh: Machine) -> None:
    fresh.deploy()
    before, wish = _lasting(fresh), fresh.wish()
    fresh.edit(lambda model: model.update(traffic={"main": 50, "candidate": 50}))
    done = fresh.run("preview")
    assert "breast-cancer: main 90 → 50 %, candidate 10 → 50 %" in done.stdout, end(done)
    assert "weights and counts only: no new config, no new process" in done.stdout
    assert "0 to create, 1 to update, 0 to replace, 0 to delete" in done.stdout
    assert (done.returncode, "READY" in done.stdout) == (0, True), done.stdout
    assert (_lasting(fresh), fresh.wish()) == (before, wish)
    assert daemon.status(fresh.state) is not None, "what ran before runs on"


def test_a_wrong_stack_file_is_refused_with_the_line_that_mends_it(tmp_path: Path) -> None:
    with machine(tmp_path, "prod") as prod:
        prod.edit(lambda model: model.update(traffic={"main": 95, "candidate": 10}))
        done = prod.run("preview")
    assert done.returncode == 1
    assert "REFUSED: the preview failed: takeoff:models.breast-cancer.traffic: got" in " ".join(done.stdout.split())
    assert "sums to 105" in done.stdout


def _lasting(account: Machine) -> list[str]:
    """What is in the account; Rollout writes its own parameters and logs when it likes."""
    return [each for each in account.resources() if not each.startswith(("parameter ", "log group "))]


class _Parameters:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def put_parameter(self, Name: str, Value: str, **_: object) -> None:  # noqa: N803 (boto3's names)
        self.kept[Name] = Value


def test_what_is_assumed_is_what_the_program_reads_pins_and_shadows_too() -> None:
    pin, ssm = "0123456789ab", _Parameters()
    assume(
        ssm, "qa", {"m": {"variants": [{"version": "approved"}, {"version": pin}], "shadow": {"version": "candidate"}}}
    )
    facts = sort(ssm.kept, "qa")["m"]
    assert facts.image.endswith(f"/takeoff-qa-m@sha256:{'0' * 64}")
    assert set(facts.versions) == {"approved", "candidate", pin}
    assert facts.versions[pin].version == pin
    assert facts.versions["approved"].version != facts.versions["candidate"].version
    assert facts.desired is None
