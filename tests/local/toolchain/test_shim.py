from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.state import State
from local.toolchain import home
from local.toolchain.environment import environment

Pulumi = Callable[..., subprocess.CompletedProcess[str]]
SALT, INSIDE = "encryptionsalt: v1:c2FsdA==:v1:check\n", "encryptionsalt: v1:aW5zaWRl:v1:check\n"
STACK_FILE = "# kept\nconfig:\n  takeoff:who: world"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "stacks").mkdir(parents=True)
    (folder / "infra").mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: 'takeoff'\nruntime: python\nmain: infra/\nstackConfigDir: stacks # ours\n"
    )
    (folder / "stacks" / "Pulumi.local.yaml").write_text(STACK_FILE)
    return folder


@pytest.fixture
def pulumi(state: State, project: Path, executable: Callable[[str, str], Path]) -> Pulumi:
    """Calls the wrapper around an engine that prints its arguments and the stack file it would read."""
    body = 'printf "%s|" "$@"; [ -z "$PULUMI_OPTION_CONFIG_FILE" ] || cat "$PULUMI_OPTION_CONFIG_FILE"'
    home.prepare(state, executable("engine", body), None)
    home.write(state.root / "stacks" / "takeoff" / "Pulumi.local.yaml", SALT)
    home.write(state.root / "stacks" / "takeoff" / "Pulumi.local-apps.yaml", INSIDE)

    def call(*arguments: str, cwd: Path = project, **extra: str) -> subprocess.CompletedProcess[str]:
        env = environment(state, None, os.environ) | extra
        return subprocess.run(["pulumi", *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)

    return call


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "-s", "prod"],
        ["up", "-sprod"],
        ["up", "-s=prod"],
        ["up", "-ys", "prod"],
        ["-yfsprod", "up"],
        ["up", "--stack", "prod"],
        ["--stack=organization/takeoff/prod", "preview"],
        ["stack", "select", "prod"],
        ["stack", "rm", "prod", "--yes"],
        ["stack", "remove", "--yes", "prod"],
        ["--color", "never", "stack", "select", "prod"],
        ["up", "-s", "prod-apps"],
        ["--stack=organization/takeoff/prod-apps", "preview"],
        ["stack", "rm", "prod-apps", "--yes"],
    ],
)
def test_a_stack_other_than_local_is_refused_with_what_is_allowed(arguments: list[str], pulumi: Pulumi) -> None:
    answer = pulumi(*arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert re.search(r"prod(-apps)?', allowed 'local'\.", answer.stderr)
    assert "leave this one with `exit`" in answer.stderr


@pytest.mark.parametrize("name", ["apps", "local-app", "local-apps-apps", "-apps", "my-local-apps", "local-apps/prod"])
def test_a_name_that_only_looks_like_the_siblings_is_refused(name: str, pulumi: Pulumi) -> None:
    answer = pulumi("up", f"--stack={name}")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"got '{name}', allowed 'local'" in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [["up", "-s", "local-apps"], ["up", "-yslocal-apps"], ["up", "--stack=organization/takeoff/local-apps"]],
)
def test_the_sibling_has_the_stack_file_of_the_stack_and_a_salt_of_its_own(
    arguments: list[str], pulumi: Pulumi, state: State, project: Path
) -> None:
    answer = pulumi(*arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"{''.join(f'{each}|' for each in arguments)}{STACK_FILE}\n\n{INSIDE}"
    assert pulumi("up").stdout == f"up|{STACK_FILE}\n\n{SALT}", "each has a salted file of its own"
    assert not (project / "stacks" / "Pulumi.local-apps.yaml").exists()


def test_the_sibling_can_be_chosen_by_the_environment(pulumi: Pulumi) -> None:
    assert pulumi("up", PULUMI_STACK="local-apps").stdout == f"up|{STACK_FILE}\n\n{INSIDE}"


def test_a_sibling_that_nobody_made_is_named(pulumi: Pulumi, state: State) -> None:
    (state.root / "stacks" / "takeoff" / "Pulumi.local-apps.yaml").unlink()
    answer = pulumi("up", "-s", "local-apps")
    assert "the stack 'local-apps' does not exist yet; `make up` makes it" in answer.stderr
    assert STACK_FILE not in answer.stdout


def test_an_environments_sibling_is_served_beside_it_and_no_others(prod: Pulumi, state: State) -> None:
    home.write(state.root / "stacks" / "takeoff" / "Pulumi.prod-apps.yaml", INSIDE)
    answer = prod("up", "--stack", "prod-apps")
    assert (answer.returncode, answer.stdout) == (0, f"up|--stack|prod-apps|config: {{}}\n\n{INSIDE}")
    assert prod("up", "--stack", "local-apps").returncode == 2


def test_a_stack_of_another_name_in_the_environment_is_refused(pulumi: Pulumi) -> None:
    answer = pulumi("up", PULUMI_STACK="prod")
    assert answer.returncode == 2
    assert "PULUMI_STACK names another stack; got 'prod', allowed 'local'" in answer.stderr


@pytest.fixture
def prod(state: State, project: Path, executable: Callable[[str, str], Path]) -> Pulumi:
    """Calls the wrapper as `make up STACK=prod BACKEND=emulated` does."""
    named = State(state.root, "prod")
    home.prepare(named, executable("engine", 'printf "%s|" "$@"; cat "$PULUMI_OPTION_CONFIG_FILE"'), None)
    home.write(named.root / "stacks" / "takeoff" / "Pulumi.prod.yaml", SALT)
    (project / "stacks" / "Pulumi.prod.yaml").write_text("config: {}")

    def call(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        env = environment(named, None, os.environ) | extra
        return subprocess.run(["pulumi", *arguments], cwd=project, env=env, capture_output=True, text=True, check=False)

    return call


def test_an_environment_named_for_the_emulated_backend_is_served_with_its_own_stack_file(prod: Pulumi) -> None:
    answer = prod("up", "--stack", "prod")
    assert (answer.returncode, answer.stdout) == (0, f"up|--stack|prod|config: {{}}\n\n{SALT}")


@pytest.mark.parametrize("stack", ["local", "staging"])
def test_only_the_environment_that_was_named_is_served(stack: str, prod: Pulumi) -> None:
    answer = prod("up", "--stack", stack)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"got '{stack}', allowed 'prod'" in answer.stderr


def test_an_environment_is_refused_in_a_backend_that_is_not_marked_as_emulated(prod: Pulumi, state: State) -> None:
    state.marker.unlink()
    answer = prod("up", "--stack", "prod")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "not marked as emulated" in answer.stderr


def test_another_backend_is_refused(pulumi: Pulumi, state: State) -> None:
    answer = pulumi("up", PULUMI_BACKEND_URL="s3://production-state")
    assert answer.returncode == 2
    assert f"got 's3://production-state', allowed 'file://{state.backend}'" in answer.stderr


@pytest.mark.parametrize("verb", ["init", "new", "rename"])
def test_stacks_are_made_by_make_up_alone(verb: str, pulumi: Pulumi) -> None:
    answer = pulumi("stack", verb, "local")
    assert answer.returncode == 2
    assert "`make up` makes the stack" in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["up", "-s", "local", "--yes"],
        ["preview", "-slocal"],
        ["preview", "--stack", "organization/takeoff/local"],
        ["stack", "select", "local"],
        ["stack", "output", "prod"],
        ["up", "-m", "a message with prod in it"],
        ["import", "--", "-s", "prod"],
        ["stack"],
        [],
    ],
)
def test_every_other_call_reaches_the_engine_as_it_was_typed(arguments: list[str], pulumi: Pulumi) -> None:
    answer = pulumi(*arguments)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("".join(f"{each}|" for each in arguments) or "|")


def test_the_engine_reads_the_stack_file_with_this_machines_salt_and_the_file_stays_clean(
    pulumi: Pulumi, project: Path
) -> None:
    assert pulumi("up").stdout == f"up|{STACK_FILE}\n\n{SALT}"
    assert (project / "stacks" / "Pulumi.local.yaml").read_text() == STACK_FILE


def test_a_salt_that_somehow_got_into_the_stack_file_is_not_read(pulumi: Pulumi, project: Path) -> None:
    (project / "stacks" / "Pulumi.local.yaml").write_text("encryptionsalt: v1:another\n" + STACK_FILE)
    assert pulumi("up").stdout == f"up|{STACK_FILE}\n\n{SALT}"


@pytest.mark.parametrize("where", [["-C", "project"], ["-Cproject"], ["--cwd=project/infra"], ["--cwd", "project"]])
def test_the_project_is_found_from_the_folder_that_the_person_names(
    where: list[str], pulumi: Pulumi, project: Path
) -> None:
    assert SALT in pulumi(*where, "up", cwd=project.parent).stdout
    assert SALT not in pulumi("up", cwd=project.parent).stdout


def test_the_project_is_found_from_a_folder_inside_it(pulumi: Pulumi, project: Path) -> None:
    assert SALT in pulumi("up", cwd=project / "infra").stdout


def test_config_edits_the_committed_file(pulumi: Pulumi) -> None:
    assert pulumi("config", "set", "who", "moon").stdout == "config|set|who|moon|"


def test_history_which_reads_a_salt_but_takes_no_config_file_runs_beside_the_salt(
    state: State, project: Path, executable: Callable[[str, str], Path]
) -> None:
    home.write(state.root / "stacks" / "takeoff" / "Pulumi.local.yaml", SALT)
    home.prepare(state, executable("engine", "pwd"), None)
    env = environment(state, None, os.environ)
    for arguments, folder in (
        (["stack", "history"], state.root / "stacks" / "takeoff"),
        (["stack", "output"], project),
    ):
        assert subprocess.check_output(["pulumi", *arguments], cwd=project, env=env, text=True).strip() == str(folder)


def test_the_wrapper_becomes_the_engine_so_that_a_signal_reaches_it(
    state: State, project: Path, executable: Callable[[str, str], Path]
) -> None:
    home.prepare(state, executable("engine", "echo $$"), None)
    env = environment(state, None, os.environ)
    with subprocess.Popen(["pulumi", "up"], cwd=project, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert int(process.stdout.read()) == process.pid
