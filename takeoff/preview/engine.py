"""The engine's preview as a stream of events, with policies, while somebody waits."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from takeoff.preview.verdict import Environment
from takeoff.stack import APPS, CommandError, own_file

STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
# Until then nobody wonders whether anything happens.
_PATIENCE = 2.0


def environment(pack: Path, stack: str) -> tuple[Environment, Path | None]:
    """The policy configuration of a stack and its file; none where it has no file, and everything is mandatory.

    Raises CommandError for a file that is no JSON object, and for a pack that is none.
    """
    if not (pack / "PulumiPolicy.yaml").exists():
        raise CommandError(
            f"--policy-pack: got {str(pack)!r}, which holds no PulumiPolicy.yaml; allowed: a policy pack's folder"
        )
    file = pack / "environments" / f"{stack}.json"
    if not file.exists():
        return Environment(), None
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise CommandError(f"{file}: got no JSON ({error}); allowed: the engine's policy configuration") from error
    if not isinstance(content, dict):
        raise CommandError(f"{file}: got {content!r}; allowed: the engine's policy configuration, a JSON object")
    return Environment(content), file


def require_stack_file(stack: str, folder: Path = Path("stacks")) -> None:
    """Raises CommandError for a stack without a file, naming those that have one; `<stack>-apps` has its stack's."""
    known = sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in folder.glob("Pulumi.*.yaml"))
    if not known:
        raise CommandError(f"stacks: got none in {folder.resolve()}; run it in the folder that holds Pulumi.yaml")
    if stack.removesuffix(APPS) not in known and "TAKEOFF_STACK_FILE" not in os.environ:
        raise CommandError(
            f"--stack: got {stack!r}; allowed: {', '.join(known)}; add stacks/Pulumi.{stack}.yaml for another"
        )


def events(stack: str, pack: Path, config: Path | None, say: Callable[[str], None]) -> list[str]:
    """The lines of the engine's event stream; what it says on stderr is its own, and shown when it wrote no event.

    `say` is told how far it is when that takes longer than 2 seconds. Raises CommandError when there is no engine, or
    when it ended without a single event.
    """
    command = ["pulumi", "preview", "--json", "--show-sames", "--non-interactive", "--stack", stack]
    command += [*own_file(stack), "--policy-pack", str(pack)]
    command += ["--policy-pack-config", str(config)] if config else []
    lines: list[str] = []
    with tempfile.TemporaryFile("w+") as errors:
        try:
            engine = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, STREAMING: "true"}
            )
        except FileNotFoundError:
            raise CommandError("pulumi: not on PATH; for an emulated account use `make preview`") from None
        with engine, _progress(lines, say):
            for line in engine.stdout or ():
                lines.append(line)
        errors.seek(0)
        if not any(line.startswith("{") for line in lines):
            said = errors.read().strip() or "".join(lines).strip() or "nothing"
            raise CommandError(f"`{' '.join(command[:2])}` on stack {stack} failed (exit {engine.returncode}): {said}")
    return lines


@contextmanager
def _progress(lines: Sequence[str], say: Callable[[str], None]) -> Iterator[None]:
    """Tell how many resources there are so far, every two seconds until the block ends."""
    began, ended = time.monotonic(), threading.Event()

    def tell() -> None:
        while not ended.wait(_PATIENCE):
            count = sum('"resourcePreEvent"' in line for line in lines)
            say(f"previewing: {count} resources after {time.monotonic() - began:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
