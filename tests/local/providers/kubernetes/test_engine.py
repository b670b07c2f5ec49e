"""The provider behind the real engine and before the real API server: what a program's objects become."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cluster.api import Api
from local.cluster.layout import Layout
from local.state import State
from local.toolchain import home
from local.toolchain.environment import environment
from local.toolchain.progress import Progress
from local.toolchain.ready import ready

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROGRAM = """
import pulumi, pulumi_kubernetes as k8s
config = pulumi.Config()
cluster = k8s.Provider("cluster", kubeconfig=config.require("kubeconfig"))
opts = pulumi.ResourceOptions(provider=cluster)
team = config.require("team")
node_class = k8s.apiextensions.CustomResource(
    "class", api_version="eks.amazonaws.com/v1", kind="NodeClass", metadata={"name": team}, opts=opts,
    spec={"role": config.get("role") or "node", "ephemeralStorage": {"size": "80Gi"}})
family = {"key": "eks.amazonaws.com/instance-family", "operator": "In", "values": ["c7i"]}
capacity = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]}
reference = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": node_class.metadata["name"]}
k8s.apiextensions.CustomResource(
    "pool", api_version="karpenter.sh/v1", kind="NodePool", metadata={"name": team}, opts=opts,
    spec={
        "limits": {"cpu": "100"},
        "disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "1s", "budgets": [{"nodes": "100%"}]},
        "template": {
            "metadata": {"labels": {"takeoff/pool": team}},
            "spec": {"nodeClassRef": reference, "requirements": [family, capacity], "expireAfter": "Never"}}})
namespace = k8s.core.v1.Namespace("team", metadata={"name": team}, opts=opts)
place = {"namespace": namespace.metadata.name}
settings = k8s.core.v1.ConfigMap("settings", metadata=place, data={"mode": config.get("mode") or "a"}, opts=opts)
k8s.core.v1.Secret("token", metadata=place, string_data={"token": config.require_secret("secret")}, opts=opts)
quota = k8s.core.v1.ResourceQuota("quota", metadata=place, spec={"hard": {"pods": "20"}}, opts=opts)
labels = {"app": config.get("app") or "web"}
container = {"name": "web", "image": "example/none", "resources": {"requests": {"cpu": "0.5"}}}
container["env"] = [{"name": "SETTINGS", "value": settings.metadata["name"]}]
web = k8s.apps.v1.Deployment(
    "web", metadata={**place, "name": "web", "labels": {"team": team}}, opts=opts,
    spec={
        "replicas": config.get_int("replicas") or 1,
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"node_selector": {"takeoff/pool": config.get("pool") or team}, "containers": [container]}}})
service = k8s.core.v1.Service("web", metadata=place, spec={"selector": labels, "ports": [{"port": 80}]}, opts=opts)
k8s.helm.v3.Release("keda", k8s.helm.v3.ReleaseArgs(
    chart="keda", version="2.17.0", namespace="keda", repository_opts={"repo": "https://kedacore.github.io/charts"}),
    opts=opts)
pulumi.export("available", web.status.available_replicas)
pulumi.export("address", service.spec.cluster_ip)
pulumi.export("settings", settings.metadata.name)
"""


@dataclass
class Project:
    folder: Path
    env: dict[str, str]
    state: State
    api: Api
    team: str

    def run(self, *arguments: str, fails: bool = False) -> str:
        command = [str(self.state.root / "engine"), *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=240, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def set(self, **values: str) -> None:
        for key, value in values.items():
            self.run("config", "set", *(["--secret"] if key == "secret" else []), key, value)

    def up(self, *, fails: bool = False) -> str:
        return self.run("up", "--yes", "--skip-preview", fails=fails)

    def resources(self) -> dict[str, dict[str, Any]]:
        found = json.loads(self.run("stack", "export"))["deployment"].get("resources", [])
        # A deployment and a service are both called `web`.
        return {
            f"{each['type'].rpartition(':')[2]} {each['urn'].rpartition('::')[2]}": each
            for each in found
            if "kubernetes:" in each["urn"]
        }

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return found

    def deployment(self) -> dict[str, Any]:
        return self.api.get(f"/apis/apps/v1/namespaces/{self.team}/deployments/web")


_TEAMS = itertools.count(1)


@pytest.fixture
def project(tmp_path: Path, cluster: State, api: Api) -> Project:
    """A program of a few objects, in a namespace and a pool of its own."""
    state = State(tmp_path / "state")
    ready(state, Progress(sys.stderr))
    home.install_provider(state, "kubernetes")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: objects\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    env = environment(state, None) | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase)}
    made = Project(folder, env, state, api, f"team{next(_TEAMS)}")
    made.run("stack", "init", "local")
    made.set(kubeconfig=str(Layout.of(cluster).kubeconfig), team=made.team, secret="hush hush")
    return made


def test_a_program_comes_stays_changes_and_goes(project: Project) -> None:
    project.run("preview")
    project.up()
    assert project.outputs()["available"] == 1, "the deployment was waited for until its pod ran on a simulated node"
    assert project.outputs()["address"].startswith("10.")
    project.run("preview", "--expect-no-changes")
    project.run("refresh", "--yes", "--expect-no-changes")
    project.run("preview", "--expect-no-changes")
    kept = json.dumps(list(project.resources().values()))
    assert "hush hush" not in kept
    assert "aHVzaCBodXNo" not in kept
    project.set(replicas="3")
    project.up()
    assert project.deployment()["status"]["availableReplicas"] == 3
    project.run("destroy", "--yes", "--skip-preview")
    assert project.resources() == {}
    assert project.api.find(f"/api/v1/namespaces/{project.team}") is None
    assert project.api.find(f"/apis/karpenter.sh/v1/nodepools/{project.team}") is None


def test_a_class_of_auto_mode_becomes_the_simulators(project: Project) -> None:
    project.up()
    made = project.api.get(f"/apis/karpenter.kwok.sh/v1alpha1/kwoknodeclasses/{project.team}")
    assert made["spec"] == {"nodeRegistrationDelay": "2s"}
    pool = project.api.get(f"/apis/karpenter.sh/v1/nodepools/{project.team}")
    assert pool["spec"]["template"]["spec"]["requirements"][0]["key"] == "karpenter.kwok.sh/instance-family"
    project.set(role="another")
    said = project.run("preview", "--diff")
    assert "another" in said
    assert "kwok" not in said
    project.up()
    project.run("refresh", "--yes", "--expect-no-changes")
    project.run("destroy", "--yes", "--skip-preview")


def test_a_selector_and_a_config_maps_content_replace_and_only_they(project: Project) -> None:
    project.up()
    before, uid = project.resources(), project.deployment()["metadata"]["uid"]
    old = project.outputs()["settings"]
    project.set(app="other", mode="b")
    project.up()
    after = project.resources()
    changed = {name for name in before if before[name].get("id") != after[name].get("id")}
    assert changed == {"ConfigMap settings"}, "autonamed: a new one comes, then the old one goes"
    assert project.api.find(f"/api/v1/namespaces/{project.team}/configmaps/{old}") is None
    assert project.deployment()["metadata"]["uid"] != uid, "its name is the program's: the old one goes first"
    project.run("preview", "--expect-no-changes")
    project.run("destroy", "--yes", "--skip-preview")


def test_what_others_change_is_seen_and_a_conflict_is_told(project: Project) -> None:
    project.up()
    path = f"/apis/apps/v1/namespaces/{project.team}/deployments/web"
    project.api.patch(path, {"spec": {"replicas": 2}})
    assert "server-side apply conflict" in project.run("preview", fails=True)
    said = project.up(fails=True)
    assert "server-side apply conflict" in said
    assert ".spec.replicas" in said
    assert "pulumi.com/patchForce" in said
    project.run("refresh", "--yes")
    project.set(replicas="2")
    project.run("preview", "--expect-no-changes")
    project.run("destroy", "--yes", "--skip-preview")


def test_a_pod_that_no_pool_takes_is_told_in_the_schedulers_words(project: Project) -> None:
    project.set(pool="nowhere")
    source = (project.folder / "__main__.py").read_text()
    impatient = source.replace(
        '"labels": {"team": team}}, opts=opts,',
        '"labels": {"team": team}}, opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions('
        'custom_timeouts=pulumi.CustomTimeouts(create="3s"))),',
    )
    assert impatient != source
    lonely = impatient.replace("service = k8s", "service = None and k8s").replace("service.spec.cluster_ip", "None")
    (project.folder / "__main__.py").write_text(lonely)
    said = project.up(fails=True)
    assert "Deployment" in said
    assert "is not ready after 3 s: 0 of 1 replicas are available" in said
    assert "the scheduler says" in said
    assert "Deployment web" in project.resources(), "it is there, and the next up goes on with it"
    project.run("destroy", "--yes", "--skip-preview")


def test_a_manifest_that_the_server_refuses_stops_the_preview(project: Project) -> None:
    project.up()
    source = (project.folder / "__main__.py").read_text()
    (project.folder / "__main__.py").write_text(source.replace('"hard": {"pods": "20"}', '"hard": {"pods": "many"}'))
    said = project.run("preview", fails=True)
    assert "ResourceQuota" in said
    assert "many" in said or "quantities must match" in said
    (project.folder / "__main__.py").write_text(source)
    project.run("destroy", "--yes", "--skip-preview")
