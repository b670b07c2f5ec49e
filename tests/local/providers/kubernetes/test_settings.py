"""Which clusters are served, and what of the official configuration works here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.kubeconfig import kubeconfig as of_eks
from local.cluster.api import ApiError
from local.cluster.layout import Layout
from local.providers.kubernetes.secrecy import secret_names, untold
from local.providers.kubernetes.settings import settings
from local.providers.values import UNKNOWN
from local.state import NotLocalError, State


def kubeconfig(server: str = "https://127.0.0.1:16443") -> str:
    user = {"client-certificate": "/pki/admin.crt", "client-key": "/pki/admin.key"}
    return json.dumps(
        {
            "clusters": [{"name": "local", "cluster": {"server": server, "certificate-authority": "/pki/ca.crt"}}],
            "users": [{"name": "local", "user": user}],
        }
    )


AWS = """
apiVersion: v1
kind: Config
clusters: [{name: eks, cluster: {server: "https://ABC.gr7.us-east-1.eks.amazonaws.com"}}]
users: [{name: eks, user: {exec: {command: aws, args: [eks, get-token]}}}]
"""


def test_a_kubeconfig_is_given_by_its_content_or_its_path(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig())
    by_content, by_path = settings({"kubeconfig": kubeconfig()}), settings({"kubeconfig": str(file)})
    assert by_content == by_path
    assert by_content.kubeconfig
    assert by_content.kubeconfig.server == "https://127.0.0.1:16443"


@pytest.mark.parametrize("text", [kubeconfig("https://10.0.0.1:443"), AWS, kubeconfig("https://127.0.0.1.nip.io")])
def test_a_server_that_is_not_on_this_machine_is_refused(text: str) -> None:
    with pytest.raises(NotLocalError, match=r"serves the local stack only.*got|serves the local stack only.*allowed"):
        settings({"kubeconfig": text})


EKS = of_eks("takeoff-local-cluster", "https://ABC.gr7.us-east-1.eks.amazonaws.com", "Y2E=", "us-east-1")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """The state that this process works on; no cluster was ever started in it."""
    monkeypatch.setenv("TAKEOFF_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("TAKEOFF_STACK", raising=False)
    return State.current()


def started(state: State, server: str = "https://127.0.0.1:16443") -> None:
    """Write the kubeconfig that a cluster of this state leaves."""
    file = Layout.of(state).kubeconfig
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(kubeconfig(server))


def test_a_cluster_of_ekss_is_the_cluster_of_the_stack_that_is_worked_on(state: State) -> None:
    """The emulated account has the cluster's name and no API server: the stack's own one answers for it."""
    started(state)
    found = settings({"kubeconfig": EKS}).kubeconfig
    assert found
    assert found.server == "https://127.0.0.1:16443"


def test_a_cluster_of_ekss_whose_stack_has_none_is_not_looked_for_anywhere_else(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(kubeconfig("https://192.0.2.1"))
    monkeypatch.setenv("KUBECONFIG", str(elsewhere))
    with pytest.raises((OSError, ValueError, RuntimeError)) as refused:
        settings({"kubeconfig": EKS})
    assert str(Layout.of(state).kubeconfig) in str(refused.value)


def test_what_stands_for_a_cluster_of_ekss_must_be_on_this_machine_too(state: State) -> None:
    started(state, "https://192.0.2.1")
    with pytest.raises(NotLocalError, match=r"192\.0\.2\.1"):
        settings({"kubeconfig": EKS})


def changed(**user: Any) -> str:
    """EKS's kubeconfig with another user."""
    document = json.loads(EKS)
    document["users"] = [{"name": "x", "user": user}] if user else []
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        changed(exec={"command": "aws", "args": ["sts", "get-caller-identity"]}),
        changed(exec={"command": "gcloud"}),
        changed(token="t"),
        changed(),
    ],
    ids=["another command of aws", "another exec", "a token", "nobody"],
)
def test_only_a_kubeconfig_whose_tokens_are_ekss_is_taken_for_one(state: State, text: str) -> None:
    started(state)
    with pytest.raises(NotLocalError, match="serves the local stack only"):
        settings({"kubeconfig": text})


def test_one_server_elsewhere_among_several_is_enough() -> None:
    both = json.loads(kubeconfig())
    both["clusters"].append({"name": "far", "cluster": {"server": "https://192.0.2.1"}})
    with pytest.raises(NotLocalError, match=r"192\.0\.2\.1"):
        settings({"kubeconfig": json.dumps(both)})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "got none.*no other cluster is looked for"),
        ("", "got none"),
        ("/nowhere/kubeconfig", "got /nowhere/kubeconfig, which cannot be read"),
        ("{]", "got a text that is none"),
        ("{}", "got a text that is none"),
    ],
)
def test_what_is_no_kubeconfig_is_told(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings({"kubeconfig": given})


def test_a_kubeconfig_that_is_not_known_yet_is_waited_for() -> None:
    assert settings({"kubeconfig": UNKNOWN}).kubeconfig is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"renderYamlToDirectory": "out"}, "got renderYamlToDirectory, allowed on the local stack: "),
        ({"context": "prod"}, "got context"),
        ({"enableServerSideApply": "false"}, "enableServerSideApply: got false, allowed true"),
    ],
)
def test_configuration_that_would_do_nothing_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings({"kubeconfig": kubeconfig()} | more)


def test_flags_arrive_as_the_engine_sends_them() -> None:
    found = settings(
        {
            "kubeconfig": kubeconfig(),
            "version": "4.34.2",
            "namespace": "team",
            "enableServerSideApply": "true",
            "enableConfigMapMutable": "true",
            "enableSecretMutable": "false",
            "upsertExistingObjects": True,
            "suppressDeprecationWarnings": "true",
        }
    )
    assert (found.namespace, found.upsert, found.force, found.mutable) == ("team", True, False, {"ConfigMap"})


def test_a_secrets_content_is_secret_and_so_is_what_the_program_calls_secret() -> None:
    assert secret_names({"apiVersion": "v1", "kind": "Secret"}, ()) == {"data", "stringData"}
    assert secret_names({"apiVersion": "v1", "kind": "ConfigMap"}, {"data"}) == {"data"}
    assert secret_names({"apiVersion": "v1", "kind": "ConfigMap"}, ()) == set()


def test_an_error_of_the_server_does_not_tell_a_secret() -> None:
    error = ApiError(422, "Invalid", 'data[a]: Invalid value: "hush hush": no', {"causes": [{"message": "hush hush"}]})
    with pytest.raises(ApiError) as told, untold({"data": {"a": ["hush hush"]}}, {"data"}):
        raise error
    assert "hush" not in f"{told.value}{told.value.details}"
    assert "data[a]: Invalid value" in str(told.value)
    assert told.value.status == 422
