"""A person's shell in the local stack's environment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local.state import State
from local.toolchain.environment import STALE, environment, is_stale
from local.toolchain.home import write

PROMPT = "(takeoff local) "
# The shell itself looks for what must go: `make` has cleaned its own environment before we could see it.
_UNSET = (
    f"for takeoff_key in $(env | sed -n -E 's/^({STALE})=.*/\\1/p'); do unset \"$takeoff_key\"; done; unset takeoff_key"
)
# A shell without a prompt is not a person's: leave it alone. Evaluating twice must not say it twice.
_PROMPT_LINE = f"""case "${{PS1-}}" in '' | *'{PROMPT}'*) ;; *) PS1='{PROMPT}'"$PS1" ;; esac"""


def script(state: State, endpoint: str | None, base: Mapping[str, str] = os.environ) -> str:
    """Lines for any POSIX shell that put it into the local stack, whatever it held before: `eval "$(make env)"`."""
    wanted = environment(state, endpoint, base)
    ours = sorted(key for key in wanted if is_stale(key) or key.lower() in {"path", "no_proxy"})
    exports = [f"export {key}={shlex.quote(wanted[key])}" for key in ours]
    return "\n".join([_UNSET, *exports, _PROMPT_LINE, ""])


def interactive(
    state: State, endpoint: str | None, base: Mapping[str, str] = os.environ
) -> tuple[list[str], dict[str, str]]:
    """The command and the environment of an interactive sub-shell with our prompt: bash or zsh as $SHELL says, else sh.

    The person's own start-up file runs first, and whatever it changed of our environment is put back after it.
    """
    folder = state.root / "shell"
    shell = base.get("SHELL") or "/bin/sh"
    env = environment(state, endpoint, base)
    home = Path(base.get("HOME", "/"))
    ours = script(state, endpoint, base)
    match Path(shell).name:
        case "bash":
            write(folder / "bashrc", _after(home / ".bashrc", ours))
            return [shell, "--rcfile", str(folder / "bashrc"), "-i"], env
        case "zsh":
            theirs = Path(base.get("ZDOTDIR") or home)
            write(folder / ".zshrc", f"ZDOTDIR={shlex.quote(str(theirs))}\n{_after(theirs / '.zshrc', ours)}")
            return [shell, "-i"], env | {"ZDOTDIR": str(folder)}
        case _:
            write(folder / "shrc", _after(Path(os.devnull), ours))
            return ["/bin/sh", "-i"], env | {"ENV": str(folder / "shrc")}


def _after(start: Path, ours: str) -> str:
    file = shlex.quote(str(start))
    return f'[ ! -r {file} ] || . {file}\n: "${{PS1:=$ }}"\n{ours}'
