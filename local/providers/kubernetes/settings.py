"""The provider's configuration: which API server, and what the program asks of every object."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from local.cluster.kubeconfig import Kubeconfig
from local.cluster.layout import Layout
from local.providers.values import UNKNOWN
from local.state import NotLocalError, State, require_loopback

_IGNORED: Final = {
    "clusterIdentifier",
    "helmReleaseSettings",
    "kubeClientSettings",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
}
"""What changes nothing here: there is one cluster, no Helm, and nothing deprecated is warned of."""
_USED: Final = {
    "enableConfigMapMutable",
    "enablePatchForce",
    "enableSecretMutable",
    "enableServerSideApply",
    "kubeconfig",
    "namespace",
    "upsertExistingObjects",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the provider resource says; `kubeconfig` is None while a preview does not know it yet."""

    kubeconfig: Kubeconfig | None
    namespace: str = "default"
    """Of an object in a namespace that names none."""
    force: bool = False
    """Take fields over from other managers instead of refusing."""
    upsert: bool = False
    """Take an existing object over instead of refusing to create it."""
    mutable: frozenset[str] = frozenset()
    """Kinds whose content changes in place: ConfigMap, Secret."""


def settings(config: Mapping[str, Any]) -> Settings:
    """The configuration that the engine sends. Raises ValueError, and NotLocalError for a server elsewhere."""
    given = {name: value for name, value in config.items() if value is not None and name != "version"}
    if unknown := sorted(given.keys() - _USED - _IGNORED):
        raise ValueError(
            f"kubernetes provider: got {', '.join(unknown)}, allowed on the local stack: "
            f"{', '.join(sorted(_USED | _IGNORED))}"
        )
    if not _flag(given, "enableServerSideApply", default=True):
        raise ValueError(
            "kubernetes provider: enableServerSideApply: got false, allowed true: the local provider knows no other way"
        )
    kinds = {"ConfigMap": "enableConfigMapMutable", "Secret": "enableSecretMutable"}
    return Settings(
        kubeconfig=_kubeconfig(given.get("kubeconfig")),
        namespace=str(given.get("namespace") or "default"),
        force=_flag(given, "enablePatchForce"),
        upsert=_flag(given, "upsertExistingObjects"),
        mutable=frozenset(kind for kind, name in kinds.items() if _flag(given, name)),
    )


def _kubeconfig(given: Any) -> Kubeconfig | None:
    """The kubeconfig, given as its content or as a file's path; None if it is not known yet."""
    if given is UNKNOWN:
        return None
    if not isinstance(given, str) or not given.strip():
        raise ValueError(
            "kubernetes provider: kubeconfig: got none, allowed the path or the content of the local cluster's; "
            "no other cluster is looked for, neither in KUBECONFIG nor in ~/.kube"
        )
    if _is_eks(given):
        return Kubeconfig.load(Layout.of(State.current()).kubeconfig)
    text = given
    if not given.lstrip().startswith("{") and "\n" not in given:
        path = Path(given).expanduser()
        try:
            text = path.read_text()
        except OSError as error:
            raise ValueError(
                f"kubernetes provider: kubeconfig: got {given}, which cannot be read ({error.strerror}); "
                "`python -m local.cluster start` writes the local cluster's"
            ) from error
    _require_local(text)
    return Kubeconfig.parse(text)


def _is_eks(text: str) -> bool:
    """Whether a kubeconfig is that of a cluster of EKS's, whose tokens the AWS command-line interface makes.

    EKS is the emulated account's here, and its only cluster with an API server is the local stack's own.
    """
    try:
        users = json.loads(text)["users"]
        return bool(users) and all("get-token" in each["user"]["exec"]["args"] for each in users)
    except (ValueError, KeyError, TypeError):
        return False


def _require_local(text: str) -> None:
    """Raises NotLocalError if any cluster of a kubeconfig, whoever wrote it, is not on this machine."""
    try:
        found = yaml.safe_load(text)
        servers = [str(each["cluster"]["server"]) for each in found["clusters"]]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(
            f"kubernetes provider: kubeconfig: got a text that is none ({type(error).__name__}: {error})"
        ) from error
    for server in servers:
        try:
            require_loopback(server)
        except NotLocalError as error:
            raise NotLocalError(
                f"this kubernetes provider serves the local stack only: kubeconfig names the server {server!r}, "
                "allowed https://127.0.0.1:PORT; use the official plugin for other clusters"
            ) from error


def _flag(given: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = given.get(name, default)
    return value is True or str(value).lower() == "true"


def forget_environment() -> None:
    """Removes from this process whatever could name another cluster or a proxy."""
    for name in list(os.environ):
        if name.startswith(("KUBE", "PULUMI_K8S_", "HELM_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
