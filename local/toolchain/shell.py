"""A person's shell in the local stack's environment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.state import State
from local.toolchain.environment import environment, is_stale
from local.toolchain.home import write

PROMPT = "(takeoff local) "
# A shell without a prompt is not a person's: leave it alone. Evaluating twice must not say it twice.
_PROMPT_LINE = f"""case "${{PS1-}}" in '' | *'{PROMPT}'*) ;; *) PS1='{PROMPT}'"$PS1" ;; esac"""


def script(state: State, endpoint: str | None, base: Mapping[str, str] = os.environ) -> str:
    """Lines for any POSIX shell that put it into the local stack: `eval "$(make env)"`."""
    wanted = environment(state, endpoint, base)
    lines = [f"unset {key}" for key in sorted(base) if is_stale(key) and key not in wanted]
    lines += [f"export {key}={shlex.quote(wanted[key])}" for key in sorted(wanted) if wanted[key] != base.get(key)]
    return "\n".join([*lines, _PROMPT_LINE, ""])


def interactive(
    state: State, endpoint: str | None, base: Mapping[str, str] = os.environ
) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of an interactive sub-shell with our prompt: bash or zsh as $SHELL says, else sh.

    The person's own start-up file runs first, and what it changed of our environment is put back after it.
    """
    folder = state.root / "shell"
    shell = base.get("SHELL") or "/bin/sh"
    wanted = environment(state, endpoint, base)
    ours = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in sorted(wanted.items()) if _matters(key))
    theirs = Path(base.get("HOME", "/"))
    match Path(shell).name:
        case "bash":
            write(folder / "bashrc", _after(theirs / ".bashrc", ours))
            return [shell, "--rcfile", str(folder / "bashrc"), "-i"], wanted
        case "zsh":
            theirs = Path(base.get("ZDOTDIR") or theirs)
            write(folder / ".zshrc", f"ZDOTDIR={shlex.quote(str(theirs))}\n" + _after(theirs / ".zshrc", ours))
            return [shell, "-i"], wanted | {"ZDOTDIR": str(folder)}
        case _:
            write(folder / "shrc", f"PS1='$ '\n{ours}{_PROMPT_LINE}\n")
            return ["/bin/sh", "-i"], wanted | {"ENV": str(folder / "shrc")}


def _matters(key: str) -> bool:
    return key == "PATH" or is_stale(key)


def _after(start: Path, ours: str) -> str:
    file = shlex.quote(str(start))
    return f'[ ! -r {file} ] || . {file}\n{ours}: "${{PS1:=$ }}"\n{_PROMPT_LINE}\n'
