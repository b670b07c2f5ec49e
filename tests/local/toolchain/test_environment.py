from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local.state import NotLocalError, State
from local.toolchain import shell
from local.toolchain.environment import environment

ENDPOINT = "http://127.0.0.1:4577"
THEIRS = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/home/somebody",
    "AWS_ACCESS_KEY_ID": "AKIA" + "REALLOOKING00000",
    "AWS_SECRET_ACCESS_KEY": "a-real-looking-secret",
    "AWS_SESSION_TOKEN": "a-real-looking-token",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.example",
    "AWS_CONFIG_FILE": "/home/somebody/.aws/config",
    "PULUMI_ACCESS_TOKEN": "pul-real",
    "PULUMI_BACKEND_URL": "s3://production-state",
    "PULUMI_CONFIG_PASSPHRASE": "theirs",
    "PULUMI_STACK": "prod",
    "TAKEOFF_STACK": "prod",
    "KUBECONFIG": "/home/somebody/.kube/config",
}


def test_nothing_that_leads_to_another_account_is_left(state: State) -> None:
    env = environment(state, ENDPOINT, THEIRS)
    kept = {key for key in env if env[key] == THEIRS.get(key)}
    assert kept == {"HOME"}
    assert "AWS_PROFILE" not in env
    assert "KUBECONFIG" not in env


def test_every_process_is_pointed_at_the_emulated_account(state: State) -> None:
    env = environment(state, ENDPOINT, THEIRS)
    wanted = {
        "PULUMI_HOME": str(state.home),
        "PULUMI_BACKEND_URL": f"file://{state.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase),
        "PULUMI_STACK": "local",
        "TAKEOFF_STACK": "local",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "TAKEOFF_STATE": str(state.root),
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_ACCESS_KEY_ID": "takeoff-local",
        "AWS_SECRET_ACCESS_KEY": "takeoff-local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    assert {key: env.get(key) for key in wanted} == wanted


def test_the_wrapper_and_the_virtual_environment_come_first_and_once(state: State) -> None:
    first = [str(state.root / "bin"), str(Path(sys.prefix) / "bin")]
    once = environment(state, None, THEIRS)
    assert once["PATH"].split(":") == [*first, "/usr/local/bin", "/usr/bin", "/bin"]
    assert environment(state, None, once) == once


def test_an_endpoint_elsewhere_is_refused(state: State) -> None:
    with pytest.raises(NotLocalError, match="loopback"):
        environment(state, "https://sagemaker.us-east-1.amazonaws.com", THEIRS)


def test_without_a_daemon_calls_go_to_loopback_and_fail_there(state: State) -> None:
    env = environment(state, None, THEIRS | {"AWS_ENDPOINT_URL": "https://aws.example"})
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9"


def test_loopback_never_goes_through_a_proxy(state: State) -> None:
    env = environment(state, ENDPOINT, THEIRS | {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intranet,localhost"})
    assert env["HTTPS_PROXY"] == "http://proxy:3128"
    assert env["NO_PROXY"] == env["no_proxy"] == "intranet,localhost,127.0.0.1,::1"


def evaluate(text: str, then: str) -> str:
    """What a shell that holds their environment prints after it evaluated the script."""
    program = f'eval "$1"; {then}'
    return subprocess.run(
        ["/bin/sh", "-c", program, "sh", text], env=THEIRS, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("seen", [THEIRS, {"PATH": THEIRS["PATH"], "HOME": THEIRS["HOME"]}])
def test_evaluating_the_script_gives_a_shell_exactly_that_environment_even_if_make_hid_theirs(
    seen: dict[str, str], state: State
) -> None:
    awkward = State(state.root.with_name("it's a folder"))
    python = f'{shlex.quote(sys.executable)} -c "import json, os; print(json.dumps(dict(os.environ)))"'
    got = json.loads(evaluate(shell.script(awkward, ENDPOINT, seen), python))
    the_shells_own = {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
    assert {key: got[key] for key in got if key not in the_shells_own} == environment(awkward, ENDPOINT, THEIRS)


def test_evaluating_the_script_twice_says_the_prompt_once(state: State) -> None:
    text = shell.script(state, ENDPOINT, THEIRS)
    assert evaluate(f"PS1='$ '\n{text}{text}", 'printf %s "$PS1"') == "(takeoff local) $ "


@pytest.mark.parametrize("name", ["bash", "sh"])
def test_the_sub_shell_has_the_prompt_and_our_path_after_the_persons_own_start_up_file(
    name: str, state: State, tmp_path: Path
) -> None:
    (tmp_path / ".bashrc").write_text("export PATH=/their/bin:$PATH AWS_PROFILE=production PS1='their prompt '\n")
    command, env = shell.interactive(
        state, ENDPOINT, {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SHELL": f"/bin/{name}"}
    )
    typed = 'echo "prompt=$PS1"; echo "path=$PATH"; echo "profile=$AWS_PROFILE."\n'
    answer = subprocess.run(
        command, env=env, input=typed, capture_output=True, text=True, check=True,
        start_new_session=True,
    )  # fmt: skip
    assert f"prompt={shell.PROMPT}" in answer.stdout
    assert "profile=." in answer.stdout
    assert f"path={state.root / 'bin'}{os.pathsep}" in answer.stdout


def test_zsh_reads_our_start_up_file_and_then_the_persons(state: State, tmp_path: Path) -> None:
    command, env = shell.interactive(state, ENDPOINT, {"HOME": str(tmp_path), "SHELL": "/bin/zsh"})
    assert command == ["/bin/zsh", "-i"]
    text = (Path(env["ZDOTDIR"]) / ".zshrc").read_text()
    assert text.index(str(tmp_path / ".zshrc")) < text.index("export PULUMI_HOME=") < text.index(shell.PROMPT)
