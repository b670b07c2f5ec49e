"""`make up` where somebody has real accounts: nothing leaves this machine, and nothing of theirs is touched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.cloud import daemon, images
from local.state import State
from local.toolchain.environment import environment
from tests.local.providers.test_process import HOSTILE, PROFILE
from tests.local.stack.sockets import Seen, is_loopback, watched
from tests.tree import ROOT, Tree, copy

pytestmark = [pytest.mark.engine, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]
AUDIT = (ROOT / "tests/local/providers/sitecustomize_audit.py").read_text()
# Every place from which Python of ours starts: a person's commands and the daemon, model containers, functions.
HOOKS = {
    "commands": ".takeoff/site/sitecustomize.py",
    "containers": "local/cloud/container_site/sitecustomize.py",
    "functions": "local/cloud/function_worker.py",
}


@dataclass
class Deployed:
    """What is left when `up` was run in that environment, and what was seen meanwhile."""

    tree: Tree
    state: State
    home: Path
    env: dict[str, str]
    before: dict[str, bytes]
    seen: Seen
    done: subprocess.CompletedProcess[str]

    def audited(self, kind: str) -> set[str]:
        record = self.tree.root / ".takeoff" / kind
        return set(record.read_text().split("\n")) - {""} if record.exists() else set()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    root = tmp_path_factory.mktemp("safety")
    tree, state, home = copy(root / "tree"), State(root / "state"), root / "home"
    for kind, file in HOOKS.items():
        _hook(tree.root / file, tree.root / ".takeoff" / kind)
    for file, text in {".aws/config": PROFILE, ".pulumi/credentials.json": "{}", ".kube/config": "{}"}.items():
        (home / file).parent.mkdir(parents=True)
        (home / file).write_text(text)
    env = HOSTILE | {
        "HOME": str(home),
        "AWS_CONFIG_FILE": str(home / ".aws/config"),
        "KUBECONFIG": str(home / ".kube/config"),
        "PULUMI_ACCESS_TOKEN": "pul-" + "0" * 40,
        "PULUMI_BACKEND_URL": "https://elsewhere.invalid",
        "TAKEOFF_STATE": str(state.root),
        "TAKEOFF_PORT": "0",
    }
    for code in ("breast_cancer", "digits"):
        # What `pip install` of an image needs is downloaded once, as `make setup` does; that is the person's doing.
        images.build(ROOT, f"model_code/{code}/Dockerfile", State(root / "prepared"))
    before = _contents(home)
    try:
        with watched(state.root) as seen:
            done = tree.python("-m", "local", "up", **env)
        yield Deployed(tree, state, home, env, before, seen, done)
    finally:
        daemon.stop(state)


def _hook(file: Path, record: Path) -> None:
    """Put the audit hook where the processes of one kind begin; it blocks what is not loopback, too."""
    hook = AUDIT.replace('os.environ["TAKEOFF_AUDIT"]', repr(str(record)))
    assert hook != AUDIT
    text = file.read_text()
    start = text.find('if __name__ == "__main__":')
    file.write_text(f"{text}\n{hook}" if start < 0 else f"{text[:start]}{hook}\n\n{text[start:]}")


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_up_works_there(deployed: Deployed) -> None:
    assert deployed.done.returncode == 0, deployed.done.stdout + deployed.done.stderr
    assert "takeoff-local-breast-cancer" in deployed.done.stdout


@pytest.mark.parametrize("kind", ["commands", "functions"])
def test_no_python_of_ours_connects_to_anything_but_loopback(deployed: Deployed, kind: str) -> None:
    addresses = deployed.audited(kind)
    assert "127.0.0.1" in addresses, "the hook saw nothing at all"
    assert addresses <= {"127.0.0.1", "::1", "localhost", "None", "unix socket"}


def test_a_model_connects_to_nothing(deployed: Deployed) -> None:
    assert deployed.audited("containers") <= {"127.0.0.1", "None"}


def test_no_process_listens_or_connects_beyond_loopback_the_engine_included(deployed: Deployed) -> None:
    programs = " ".join(deployed.seen.programs)
    for part in ("local.cloud", "model_code.container serve", "function_worker", "local.providers.aws", "/engine "):
        assert part in programs, f"{part} was not watched"
    assert deployed.seen.listening
    assert deployed.seen.connected
    assert [a for a in deployed.seen.listening | deployed.seen.connected if not is_loopback(a)] == []


def test_the_users_home_is_as_it_was(deployed: Deployed) -> None:
    assert _contents(deployed.home) == deployed.before


def test_a_backend_that_lost_its_mark_is_refused(deployed: Deployed) -> None:
    inside = environment(deployed.state, deployed.state.endpoint(), deployed.tree.env | deployed.env)
    command = ["pulumi", "preview", "--stack", "local", "--non-interactive"]
    deployed.state.marker.unlink()
    done = subprocess.run(command, cwd=deployed.tree.root, env=inside, capture_output=True, text=True, check=False)
    deployed.state.marker.touch()
    assert done.returncode != 0
    assert "not marked as emulated" in done.stdout + done.stderr
