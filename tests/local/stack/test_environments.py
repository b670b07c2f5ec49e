"""Every stack file but local, whole, into an emulated account of its own: `make up STACK=... BACKEND=emulated`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from local.cloud import daemon
from local.state import LOCAL, REPOSITORY
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.stack.forgetting import unfound
from tests.local.stack.machine import Machine, changes, end, machine

pytestmark = [pytest.mark.engine, pytest.mark.slow]
STACKS = sorted(file.name.split(".")[1] for file in (REPOSITORY / "stacks").glob("Pulumi.*.yaml"))
ENVIRONMENTS = [stack for stack in STACKS if stack != LOCAL]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    with machine(tmp_path, request.param) as made:
        yield made


def protected(environment: Machine) -> set[str]:
    """Physical ids of what the state protects; read from the engine, not by the code under test."""
    exported = environment.pulumi("stack", "export")
    assert exported.returncode == 0, exported.stderr
    return {r["id"] for r in json.loads(exported.stdout)["deployment"]["resources"] if r.get("protect") and r.get("id")}


def change_the_model(environment: Machine) -> None:
    """Other traffic where there are two variants to share it, else one more instance."""

    def change(model: dict[str, object]) -> None:
        traffic, variants = model["traffic"], model["variants"]
        assert isinstance(traffic, dict)
        assert isinstance(variants, list)
        if len(traffic) > 1:
            first, second = list(traffic)[:2]
            model["traffic"] = {**traffic, first: traffic[first] - 5, second: traffic[second] + 5}
        else:
            variants[0]["instances"] = variants[0]["instances"] + 1

    environment.edit(change)


def test_an_environment_goes_up_stays_changes_and_is_destroyed_only_when_it_is_confirmed(environment: Machine) -> None:
    environment.up()
    assert set(changes(environment.up())) == {"unchanged"}
    assert unfound(environment) == set(), "a kill would leave it"
    change_the_model(environment)
    assert {"updated", "created", "replaced"} & set(changes(environment.up()))
    assert environment.settled()

    guarded = protected(environment)
    assert environment.endpoint_name in guarded
    before = environment.resources()
    refused = environment.run("down")
    assert refused.returncode == 1
    missing = {each for each in guarded if each not in refused.stderr}
    assert missing == set(), "every protected resource is named"
    assert environment.resources() == before, "a refusal touches nothing"

    done = environment.run("down", "--unprotect", environment.stack)
    assert done.returncode == 0, end(done)
    assert_only_what_is_kept_on_purpose_stays(environment, done.stdout)


def assert_only_what_is_kept_on_purpose_stays(environment: Machine, report: str) -> None:
    """Buckets and repositories that hold data, their keys and the facts about them; each is reported."""
    left = environment.resources()
    kinds = {name.split()[0] for name in left}
    assert kinds <= {"bucket", "repository", "key", "alias", "parameter"}, left
    flat = re.sub(r"[\s│]+", "", report)
    assert [
        name for name in left if name.startswith(("bucket ", "repository ", "key ")) and name.split()[1] not in flat
    ] == []
    retained = yaml.safe_load(environment.stack_file.read_text())["config"].get("takeoff:retainData", True)
    assert any(name.startswith("bucket ") for name in left) == retained


def test_the_local_shell_serves_no_environment(environment: Machine) -> None:
    local = Machine(environment.root)
    ready(environment.state, Progress(sys.stderr))
    daemon.start(environment.state, 0)
    done = local.pulumi("preview", "--stack", environment.stack)
    assert done.returncode == 2
    assert f"got '{environment.stack}', allowed 'local'" in done.stderr
