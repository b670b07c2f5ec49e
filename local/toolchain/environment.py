"""What every process of the local stack finds in its environment, and what it must not find."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from local.state import REGION, State, require_loopback

# An extended regular expression: sed reads it too (shell.py).
STALE = "AWS_[A-Za-z0-9_]*|PULUMI_[A-Za-z0-9_]*|TAKEOFF_STATE|TAKEOFF_STACK|KUBECONFIG"
_KEY = "takeoff-local"
_NOBODY = "http://127.0.0.1:9"  # the discard port
_LOOPBACK = ["127.0.0.1", "localhost", "::1"]


def environment(state: State, endpoint: str | None, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of the local stack, made from `base`: the emulated account's settings and no other account's.

    Without an endpoint a call of AWS's fails on this machine: it is sent to a port of loopback that nobody serves.
    """
    env = {key: value for key, value in base.items() if not is_stale(key)}
    env |= _tools(state, env.get("PATH", os.defpath)) | _pulumi(state) | _aws(endpoint) | _direct(env)
    return env


def enter(state: State) -> None:
    """Put this process into the local stack: no profile or endpoint of the shell may lead it elsewhere."""
    env = environment(state, None)
    os.environ.clear()
    os.environ.update(env)


def is_stale(key: str) -> bool:
    """Whether a variable could lead a process of the local stack to an account, a backend or a cluster."""
    return re.fullmatch(STALE, key) is not None


def _tools(state: State, search: str) -> dict[str, str]:
    first = [str(state.root / "bin"), str(Path(sys.prefix) / "bin")]
    rest = [folder for folder in search.split(os.pathsep) if folder and folder not in first]
    return {"PATH": os.pathsep.join(first + rest), "TAKEOFF_STATE": str(state.root), "TAKEOFF_STACK": state.stack}


def _pulumi(state: State) -> dict[str, str]:
    return {
        "PULUMI_HOME": str(state.home),
        "PULUMI_BACKEND_URL": f"file://{state.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase),
        "PULUMI_STACK": state.stack,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Plugins come from PULUMI_HOME alone: nothing on PATH serves the local stack, and nothing is downloaded for it.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # The stack file is committed and holds no salt (docs/adr/0002): the state says how its secrets are encrypted,
        # and removing the stack must not remove the file.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_OPTION_PRESERVE_CONFIG": "true",
    }


def _aws(endpoint: str | None) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": require_loopback(endpoint or _NOBODY),
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _direct(env: Mapping[str, str]) -> dict[str, str]:
    """A proxy of the machine stays, for pip; loopback never goes through it."""
    listed = [name for name in (env.get("no_proxy") or env.get("NO_PROXY") or "").split(",") if name]
    value = ",".join(listed + [name for name in _LOOPBACK if name not in listed])
    return {"no_proxy": value, "NO_PROXY": value}
