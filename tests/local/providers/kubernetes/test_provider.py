"""The provider as the engine sees it, over an API server in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import pytest
from pulumi.runtime.proto import provider_pb2

from local.cluster.api import Api
from local.providers.kubernetes.provider import KubernetesProvider
from local.providers.values import UNKNOWN, Properties, decode, encode
from tests.local.providers.kubernetes.fake_api import FakeApi
from tests.local.providers.plugin import Context, RefusedError

KUBECONFIG = json.dumps(
    {
        "clusters": [{"cluster": {"server": "https://127.0.0.1:1", "certificate-authority": "/none"}}],
        "users": [{"user": {"client-certificate": "/none", "client-key": "/none"}}],
    }
)
WEB = "kubernetes:example.org/v1:Web"
MAP = "kubernetes:core/v1:ConfigMap"
POOL, CLASS = "kubernetes:karpenter.sh/v1:NodePool", "kubernetes:eks.amazonaws.com/v1:NodeClass"
NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


def web(**spec: Any) -> Properties:
    """An object that no official rule speaks of."""
    return {"apiVersion": "example.org/v1", "kind": "Web", "metadata": {"name": "web", "namespace": "n"}, "spec": spec}


@dataclass
class Made:
    id: str
    inputs: Properties
    state: Any


class Engine:
    """A configured provider of one cluster, and what the engine would remember."""

    def __init__(self, api: FakeApi, **config: Any) -> None:
        self.api = api
        self.provider = KubernetesProvider(lambda: None, lambda _: cast(Api, api))
        config = {"kubeconfig": KUBECONFIG} | config
        self.provider.Configure(provider_pb2.ConfigureRequest(args=encode(config)), Context())

    def check(self, token: str, inputs: Properties, olds: Properties | None = None) -> tuple[Properties, list[str]]:
        asked = provider_pb2.CheckRequest(
            type=token, name="web", news=encode(inputs), olds=encode(olds or {}), randomSeed=b"seed"
        )
        answer = self.provider.Check(asked, Context())
        return decode(answer.inputs)[0], [each.reason for each in answer.failures]

    def create(self, token: str, inputs: Properties, secrets: tuple[str, ...] = (), preview: bool = False) -> Made:
        asked = provider_pb2.CreateRequest(
            type=token, name="web", properties=encode(inputs, secrets), preview=preview, timeout=0.3
        )
        answer = self.provider.Create(asked, Context())
        return Made(answer.id, inputs, answer.properties)

    def diff(self, token: str, made: Made, news: Properties, *ignored: str) -> Any:
        asked = provider_pb2.DiffRequest(
            type=token,
            id=made.id,
            olds=made.state,
            old_inputs=encode(made.inputs),
            news=encode(news),
            ignoreChanges=ignored,
        )
        return self.provider.Diff(asked, Context())

    def update(self, token: str, made: Made, news: Properties, *ignored: str, preview: bool = False) -> Properties:
        asked = provider_pb2.UpdateRequest(
            type=token,
            id=made.id,
            olds=made.state,
            old_inputs=encode(made.inputs),
            news=encode(news),
            preview=preview,
            ignoreChanges=ignored,
            timeout=0.3,
        )
        return decode(self.provider.Update(asked, Context()).properties)[0]

    def read(self, token: str, id_: str, inputs: Properties | None = None) -> Any:
        asked = provider_pb2.ReadRequest(type=token, id=id_, inputs=encode(inputs or {}), properties=encode({}))
        return self.provider.Read(asked, Context())

    def delete(self, token: str, made: Made) -> None:
        asked = provider_pb2.DeleteRequest(type=token, id=made.id, properties=made.state, timeout=0.3)
        self.provider.Delete(asked, Context())


@pytest.fixture
def engine() -> Engine:
    return Engine(FakeApi())


def test_an_object_comes_stays_changes_and_goes(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1, old=1))
    assert made.id == "n/web"
    state, _ = decode(made.state)
    assert (state["spec"], state["metadata"]["uid"]) == ({"size": 1, "old": 1}, "u1")
    assert engine.diff(WEB, made, made.inputs).changes == NONE
    changed = engine.diff(WEB, made, web(size=2))
    assert (changed.changes, sorted(changed.detailedDiff)) == (SOME, ["spec.old", "spec.size"])
    assert list(changed.replaces) == []
    assert engine.update(WEB, made, web(size=2))["spec"] == {"size": 2}
    engine.delete(WEB, made)
    assert engine.api.objects == {}
    assert engine.api.calls[-1] == "delete /example.org/v1/namespaces/n/Web/web Foreground"


def test_a_preview_changes_nothing(engine: Engine) -> None:
    engine.create(WEB, web(size=1), preview=True)
    assert engine.api.objects == {}
    made = engine.create(WEB, web(size=1))
    assert engine.update(WEB, made, web(size=9), preview=True)["spec"] == {"size": 9}
    assert decode(
        engine.create(WEB, web(size=1) | {"metadata": {"name": "other", "namespace": "n"}}, preview=True).state
    )[0]["spec"] == {"size": 1}
    (live,) = engine.api.objects.values()
    assert live["spec"] == {"size": 1}


def test_what_others_changed_is_seen_without_a_refresh_and_conflicts_are_told(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    engine.api.change(made.inputs, "autoscaler", size=5)
    assert list(engine.diff(WEB, made, made.inputs).detailedDiff) == ["spec.size"]
    with pytest.raises(RefusedError, match=r'conflict with "autoscaler": \.spec\.size.*ignore_changes.*patchForce'):
        engine.update(WEB, made, made.inputs)
    forced = made.inputs | {"metadata": made.inputs["metadata"] | {"annotations": {"pulumi.com/patchForce": "true"}}}
    assert engine.update(WEB, made, forced)["spec"] == {"size": 1}


def test_the_configuration_can_force_every_field() -> None:
    engine = Engine(FakeApi(), enablePatchForce="true")
    made = engine.create(WEB, web(size=1))
    engine.api.change(made.inputs, "autoscaler", size=5)
    assert engine.update(WEB, made, made.inputs)["spec"] == {"size": 1}


def test_ignored_changes_leave_a_field_to_its_manager(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1, image="a"))
    engine.api.change(made.inputs, "autoscaler", size=5)
    assert engine.diff(WEB, made, made.inputs, "spec.size").changes == NONE
    assert engine.update(WEB, made, web(size=1, image="b"), "spec.size")["spec"] == {"size": 5, "image": "b"}


def test_what_is_gone_is_to_be_made_again(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    engine.api.objects.clear()
    found = engine.diff(WEB, made, made.inputs)
    assert (found.changes, list(found.replaces)) == (SOME, [])
    assert engine.update(WEB, made, made.inputs)["spec"] == {"size": 1}
    engine.api.objects.clear()
    assert engine.read(WEB, made.id, made.inputs).id == ""
    engine.delete(WEB, made)


def test_a_field_that_the_server_calls_immutable_replaces_and_the_old_object_goes_first() -> None:
    engine = Engine(FakeApi(immutable=("spec.size",)))
    made = engine.create(WEB, web(size=1))
    found = engine.diff(WEB, made, web(size=2))
    assert (list(found.replaces), found.deleteBeforeReplace) == (["spec.size"], True)
    assert found.detailedDiff["spec.size"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_a_replacement_under_a_name_of_its_own_comes_before_the_old_one_goes() -> None:
    engine = Engine(FakeApi(immutable=("spec.size",)))
    inputs, _ = engine.check(WEB, web(size=1) | {"metadata": {"namespace": "n"}})
    made = engine.create(WEB, inputs)
    again, _ = engine.check(WEB, web(size=2) | {"metadata": {"namespace": "n"}}, inputs)
    assert again["metadata"]["name"] == inputs["metadata"]["name"]
    found = engine.diff(WEB, made, again)
    assert (list(found.replaces), found.deleteBeforeReplace) == (["spec.size"], False)


def test_the_content_of_a_config_map_replaces_it_unless_the_configuration_says_otherwise() -> None:
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}, "data": {"k": "1"}}
    for config, wanted in (({}, ["data.k"]), ({"enableConfigMapMutable": "true"}, [])):
        engine = Engine(FakeApi(), **config)
        made = engine.create(MAP, inputs)
        assert list(engine.diff(MAP, made, inputs | {"data": {"k": "2"}}).replaces) == wanted


def test_a_move_to_another_namespace_replaces_and_does_not_ask_there(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    moved = web(size=1) | {"metadata": {"name": "web", "namespace": "not-there-yet"}}
    found = engine.diff(WEB, made, moved)
    assert (list(found.replaces), found.deleteBeforeReplace) == (["metadata.namespace"], False)


def test_what_is_not_known_yet_is_compared_by_the_inputs(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    before = list(engine.api.calls)
    found = engine.diff(WEB, made, web(size=UNKNOWN))
    assert list(found.detailedDiff) == ["spec.size"]
    assert engine.update(WEB, made, web(size=UNKNOWN), preview=True)["spec"]["size"] is UNKNOWN
    assert engine.api.calls == before


def test_a_kind_or_a_namespace_that_is_still_to_come_does_not_end_the_preview() -> None:
    engine = Engine(FakeApi(absent=("Web",)))
    inputs, problems = engine.check(WEB, web(size=1))
    assert problems == []
    assert decode(engine.create(WEB, inputs, preview=True).state)[0] == inputs
    with pytest.raises(RefusedError, match="no kind 'Web'"):
        engine.create(WEB, inputs)
    nowhere = web(size=1) | {"metadata": {"name": "web", "namespace": "later"}}
    engine = Engine(FakeApi())
    assert decode(engine.create(WEB, nowhere, preview=True).state)[0] == nowhere
    with pytest.raises(RefusedError, match='namespaces "later" not found'):
        engine.create(WEB, nowhere)


def test_what_exists_already_is_refused_or_taken_over(engine: Engine) -> None:
    engine.create(WEB, web(size=1))
    with pytest.raises(RefusedError, match=r"Web n/web already exists.*upsertExistingObjects"):
        engine.create(WEB, web(size=2))
    taking = Engine(engine.api, upsertExistingObjects="true")
    assert decode(taking.create(WEB, web(size=2)).state)[0]["spec"] == {"size": 2}


def test_an_object_that_does_not_become_ready_is_kept_with_the_reason(engine: Engine) -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "n"},
        "spec": {"replicas": 2},
    }
    with pytest.raises(RefusedError, match="Deployment n/web is not ready after 0 s: 0 of 2 replicas") as refused:
        engine.create("kubernetes:apps/v1:Deployment", deployment)
    assert refused.value.kept
    assert refused.value.kept.id == "n/web"
    assert decode(refused.value.kept.inputs)[0] == deployment


def test_waiting_ends_with_the_engine(engine: Engine) -> None:
    engine.provider.Cancel(None, None)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "namespace": "n"}, "spec": {}}
    with pytest.raises(RefusedError, match="cancelled while waiting for Job n/a to be ready"):
        engine.create("kubernetes:batch/v1:Job", job)


def test_a_refresh_shows_drift_and_an_import_the_whole_object(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    assert decode(engine.read(WEB, made.id, made.inputs).inputs)[0] == made.inputs
    engine.api.change(made.inputs, "autoscaler", size=5)
    assert decode(engine.read(WEB, made.id, made.inputs).inputs)[0] == web(size=5)
    found = engine.read(WEB, "n/web")
    assert decode(found.inputs)[0] == web(size=5)
    assert engine.diff(WEB, Made("n/web", decode(found.inputs)[0], found.properties), web(size=5)).changes == NONE


def test_a_pool_and_its_class_read_back_as_declared(engine: Engine) -> None:
    node_class = {
        "apiVersion": "eks.amazonaws.com/v1",
        "kind": "NodeClass",
        "metadata": {"name": "gpu"},
        "spec": {"role": "node"},
    }
    reference = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "gpu"}
    pool = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "gpu"},
        "spec": {"template": {"spec": {"nodeClassRef": reference}}},
    }
    for token, inputs in ((CLASS, node_class), (POOL, pool)):
        checked, problems = engine.check(token, inputs)
        assert (checked, problems) == (inputs, [])
        made = engine.create(token, inputs)
        assert decode(made.state)[0]["spec"] == inputs["spec"]
        assert engine.diff(token, made, inputs).changes == NONE
        assert decode(engine.read(token, made.id, inputs).inputs)[0] == inputs
    assert {live["kind"] for live in engine.api.objects.values()} == {"KWOKNodeClass", "NodePool"}
    (made_pool,) = [live for live in engine.api.objects.values() if live["kind"] == "NodePool"]
    assert made_pool["spec"]["template"]["spec"]["nodeClassRef"]["kind"] == "KWOKNodeClass"
    made = Made("gpu", node_class, encode(node_class))
    bigger = node_class | {"spec": {"role": "other"}}
    assert list(engine.diff(CLASS, made, bigger).detailedDiff) == ["spec.role"]


def test_secrets_stay_secret(engine: Engine) -> None:
    inputs = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "namespace": "n"},
        "data": {"k": "aHVzaA=="},
    }
    made = engine.create("kubernetes:core/v1:Secret", inputs)
    assert decode(made.state)[1] == {"data"}
    assert decode(engine.create(WEB, web(key="hush"), secrets=("spec",)).state)[1] == {"spec"}


def test_how_an_object_goes_is_said_by_its_annotation(engine: Engine) -> None:
    metadata = {"name": "web", "namespace": "n", "annotations": {"pulumi.com/deletionPropagationPolicy": "orphan"}}
    made = engine.create(WEB, web(size=1) | {"metadata": metadata})
    engine.delete(WEB, made)
    assert engine.api.calls[-1].endswith("Orphan")


def test_an_object_whose_definition_is_gone_is_gone(engine: Engine) -> None:
    made = engine.create(WEB, web(size=1))
    engine.api.absent = ("Web",)
    engine.delete(WEB, made)


def test_a_release_is_remembered_and_nothing_is_installed(engine: Engine) -> None:
    token = "kubernetes:helm.sh/v3:Release"
    inputs, problems = engine.check(token, {"chart": "keda", "namespace": "keda", "version": "2.17.0"})
    assert problems == []
    made = engine.create(token, inputs)
    assert made.id == f"keda/{inputs['name']}"
    assert engine.diff(token, made, inputs).changes == NONE
    assert list(engine.diff(token, made, inputs | {"version": "2.18.0"}).replaces) == []
    assert list(engine.diff(token, made, inputs | {"namespace": "other"}).replaces) == ["namespace"]
    assert engine.update(token, made, inputs)["chart"] == "keda"
    engine.delete(token, made)
    assert engine.api.calls == []


@pytest.mark.parametrize("method", ["Invoke", "Construct"])
def test_charts_and_files_are_refused_with_a_clear_text(engine: Engine, method: str) -> None:
    request = provider_pb2.InvokeRequest(tok="kubernetes:helm:template")
    with pytest.raises(RefusedError, match="on AWS only: the local stack installs no charts"):
        getattr(engine.provider, method)(request, Context())


def test_nothing_is_answered_for_a_backend_that_is_not_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    provider = KubernetesProvider()
    for method, request in {
        "Configure": provider_pb2.ConfigureRequest(args=encode({"kubeconfig": KUBECONFIG})),
        "Create": provider_pb2.CreateRequest(type=WEB, name="web", properties=encode(web(size=1))),
        "Delete": provider_pb2.DeleteRequest(type=WEB, id="n/web", properties=encode(web(size=1))),
    }.items():
        with pytest.raises(RefusedError, match=r"kubernetes provider serves the local stack only.*s3://states"):
            getattr(provider, method)(request, Context())


def test_a_kubeconfig_that_is_not_known_yet_leaves_the_preview_to_the_inputs() -> None:
    engine = Engine(FakeApi(), kubeconfig=UNKNOWN)
    assert decode(engine.create(WEB, web(size=1), preview=True).state)[0] == web(size=1)
    with pytest.raises(RefusedError, match="kubeconfig: it is not known yet"):
        engine.create(WEB, web(size=1))
