"""A CodeBuild buildspec: parsed, and each phase turned into one script for a shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")


class BuildspecError(ValueError):
    """A buildspec that CodeBuild would not read."""


@dataclass(frozen=True, kw_only=True)
class Buildspec:
    """What a version 0.2 buildspec says. https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""

    shell: str
    variables: dict[str, str]
    parameters: dict[str, str]
    exported: list[str]
    phases: dict[str, list[str]]


def parse(text: str) -> Buildspec:
    """Read a buildspec. Raises BuildspecError."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {error}") from error
    if not isinstance(found, dict) or str(found.get("version")) != "0.2":
        raise BuildspecError("YAML_FILE_ERROR: version: got none or another, allowed 0.2")
    env: dict[str, Any] = found.get("env") or {}
    if unknown := sorted(set(found) - {"version", "env", "phases"}) + sorted(
        set(env) - {"shell", "variables", "parameter-store", "exported-variables"}
    ):
        raise BuildspecError(f"YAML_FILE_ERROR: {unknown[0]}: the local stack does not serve it; see docs/limits.md")
    return Buildspec(
        shell=env.get("shell", "sh"),
        variables={name: str(value) for name, value in (env.get("variables") or {}).items()},
        parameters=dict(env.get("parameter-store") or {}),
        exported=list(env.get("exported-variables") or []),
        phases={name: _commands(name, body or {}) for name, body in (found.get("phases") or {}).items()},
    )


def script(commands: list[str]) -> str:
    """One shell for a phase; it leaves its variables, folder and the command that failed in $TAKEOFF_PHASE."""
    body = [
        'trap \'s=$?; env -0 >"$TAKEOFF_PHASE/variables"; pwd >"$TAKEOFF_PHASE/folder"; '
        'echo "$n" >"$TAKEOFF_PHASE/command"; exit $s\' EXIT',
        'n=0; cd "$(cat "$TAKEOFF_PHASE/folder")"',
    ]
    for number, command in enumerate(commands):
        said = shlex.quote(f"[Container] Running command {command.strip()}")
        body += [f"n={number}; printf '%s\\n' {said}", command.rstrip(), "s=$?; [ $s = 0 ] || exit $s"]
    return "\n".join(body) + "\n"


def _commands(name: str, body: dict[str, Any]) -> list[str]:
    # Runtimes are those of the machine: there is no image to choose them in.
    if name not in PHASES or set(body) - ({"commands", "runtime-versions"} if name == "install" else {"commands"}):
        raise BuildspecError(f"YAML_FILE_ERROR: phases.{name}: allowed here: `commands` of {', '.join(PHASES)}")
    return [str(command) for command in body.get("commands") or []]
