"""The provider behind the real engine: preview, up, refresh, destroy, and what becomes of it when the engine dies."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.state import State
from local.toolchain.environment import environment
from local.toolchain.progress import Progress
from local.toolchain.ready import ready
from tests.local.cloud.emulated import Cloud

pytestmark = pytest.mark.engine

PROGRAM = """
import json, pulumi, pulumi_aws as aws
config = pulumi.Config()
provider = aws.Provider("aws", region="us-east-1", default_tags={"tags": {"owner": config.require("owner")}})
opts = pulumi.ResourceOptions(provider=provider)
document = lambda **statement: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
trust = document(Principal={"Service": "sagemaker.amazonaws.com"}, Action="sts:AssumeRole")
role = aws.iam.Role("role", assume_role_policy=trust, opts=opts)
aws.iam.RolePolicy("run", role=role.id, policy=document(Action="s3:GetObject", Resource="*"), opts=opts)
aws.ssm.Parameter("secret", type="SecureString", value=config.require_secret("secret"), opts=opts)
model = aws.sagemaker.Model(
    "model", execution_role_arn=role.arn, primary_container={"image": config.require("image")}, opts=opts)
variant = {"model_name": model.name, "variant_name": "main", "initial_instance_count": 1}
aws.sagemaker.EndpointConfiguration(
    "config", production_variants=[{**variant, "instance_type": config.require("instance")}], opts=opts)
for number in range(config.get_int("many") or 0):
    aws.cloudwatch.LogGroup(f"log{number}", retention_in_days=7, opts=opts)
found = aws.ssm.get_parameters_by_path(path="/none", opts=pulumi.InvokeOptions(provider=provider))
pulumi.export("found", len(found.names))
pulumi.export("tags", role.tags_all)
"""


# What others made, taken over: by a program that says so, and by the command.
EXISTING = """
import json, pulumi, pulumi_aws as aws
config = pulumi.Config()
rule, arn = config.require("rule"), "arn:aws:states:us-east-1:123456789012:stateMachine:one"
imported = lambda by: pulumi.ResourceOptions(import_=by)
aws.cloudwatch.LogGroup("log", name=config.require("log"), retention_in_days=7, opts=imported(config.require("log")))
aws.cloudwatch.EventTarget("target", rule=rule, target_id="one", arn=arn, opts=imported(f"{rule}/one"))
"""


# Everything that a network is made of, and what runs in it.
NETWORK = """
import pulumi, pulumi_aws as aws
from components.key import Key
from components.network import Network, NetworkArgs
from components.site import Site
site = Site(stack="engine", account="123456789012", region="us-east-1", partition="aws")
services = frozenset({"logs", "sagemaker.runtime"})
key = Key("data", site=site, purpose="Logs")
args = NetworkArgs(cidr="10.0.0.0/16", zones=["us-east-1a", "us-east-1b"], nat="single", services=services, key=key)
network = Network("network", site, args)
pulumi.export("subnets", pulumi.Output.all(*network.placement.subnet_ids))
"""


@dataclass
class Project:
    folder: Path
    env: dict[str, str]
    state: State

    def run(self, *arguments: str, fails: bool = False) -> str:
        # Straight to the engine: the wrapper is for the repository's own project.
        command = [str(self.state.root / "engine"), *arguments, "--non-interactive"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def set(self, **values: str) -> None:
        for key, value in values.items():
            self.run("config", "set", *(["--secret"] if key == "secret" else []), key, value)

    def resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("stack", "export"))["deployment"].get("resources", [])
        return found


@pytest.fixture
def project(tmp_path: Path, cloud: Cloud) -> Project:
    """A program of a few lines, and an account that holds nothing of it."""
    state = State(tmp_path / "state")
    ready(state, Progress(sys.stderr))
    state.cloud.mkdir(parents=True)
    state.daemon_file.write_text(json.dumps({"endpoint": cloud.endpoint}))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: engine-test\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    env = environment(state, cloud.endpoint) | {"PULUMI_CONFIG_PASSPHRASE_FILE": str(state.passphrase)}
    project = Project(folder, env, state)
    project.run("stack", "init", "local")
    project.set(secret="hush hush", owner="tests", image=cloud.image, instance="ml.m5.large")
    return project


def test_a_program_comes_stays_changes_and_goes(project: Project, cloud: Cloud) -> None:
    project.run("up", "--yes", "--skip-preview")
    project.run("preview", "--expect-no-changes")
    project.run("refresh", "--yes", "--expect-no-changes")
    assert "hush hush" not in json.dumps(project.resources())
    assert json.loads(project.run("stack", "output", "--json")) == {"found": 0, "tags": {"owner": "tests"}}
    before = {resource["urn"]: resource.get("id") for resource in project.resources()}
    project.set(owner="others", instance="ml.c5.large")
    project.run("up", "--yes", "--skip-preview")
    after = {resource["urn"]: resource.get("id") for resource in project.resources()}
    assert {urn.rpartition("::")[2] for urn in before if after[urn] != before[urn]} == {"config"}
    config = next(id_ for urn, id_ in after.items() if urn.endswith("::config"))
    described = cloud.client("sagemaker").describe_endpoint_config(EndpointConfigName=config)
    assert described["ProductionVariants"][0]["InstanceType"] == "ml.c5.large"
    assert json.loads(project.run("stack", "output", "--json"))["tags"] == {"owner": "others"}
    project.run("destroy", "--yes", "--skip-preview")
    assert [resource for resource in project.resources() if resource.get("id")] == []


def test_a_wrong_instance_type_stops_the_preview(project: Project) -> None:
    project.set(instance="ml.m5.larg")
    said = project.run("preview", fails=True)
    assert 'productionVariants[0].instanceType: got "ml.m5.larg", allowed ml.m5.large' in said
    assert "in us-east-1" in said


def test_what_is_destroyed_behind_its_back_is_made_again(project: Project, cloud: Cloud) -> None:
    project.run("up", "--yes", "--skip-preview")
    gone = next(r["id"] for r in project.resources() if r["type"] == "aws:ssm/parameter:Parameter")
    ssm = cloud.client("ssm")
    ssm.delete_parameter(Name=gone)
    project.run("up", "--yes", "--skip-preview", "--refresh")
    made = next(r["id"] for r in project.resources() if r["type"] == "aws:ssm/parameter:Parameter")
    assert ssm.get_parameter(Name=made, WithDecryption=True)["Parameter"]["Value"] == "hush hush"


def test_what_others_made_is_taken_over_without_a_change(project: Project, cloud: Cloud) -> None:
    logs, events, name = cloud.client("logs"), cloud.client("events"), f"existing-{next(cloud.names)}"
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["ours"]}))
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:one"
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": arn}])
    (project.folder / "__main__.py").write_text(EXISTING)
    project.run("config", "set", "aws:region", "us-east-1")
    project.set(log=name, rule=name)
    said = project.run("up", "--yes", "--skip-preview", "--json")
    project.run("preview", "--expect-no-changes")
    ids = {resource["urn"].rpartition("::")[2]: resource.get("id") for resource in project.resources()}
    assert (ids["log"], ids["target"]) == (name, f"{name}-one"), said
    group = "aws:cloudwatch/logGroup:LogGroup"
    other = f"other-{next(cloud.names)}"
    logs.create_log_group(logGroupName=other)
    project.run("import", group, "other", other, "--yes", "--skip-preview", "--generate-code=false", "--protect=false")
    assert any(resource.get("id") == other for resource in project.resources())


def test_a_whole_network_comes_stays_and_goes(project: Project, cloud: Cloud) -> None:
    (project.folder / "__main__.py").write_text(NETWORK)
    project.run("config", "set", "aws:region", "us-east-1")
    project.run("up", "--yes", "--skip-preview")
    project.run("preview", "--expect-no-changes")
    project.run("refresh", "--yes", "--expect-no-changes")
    subnets = json.loads(project.run("stack", "output", "--json"))["subnets"]
    found = cloud.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"]
    assert {subnet["AvailabilityZone"] for subnet in found} == {"us-east-1a", "us-east-1b"}
    project.run("destroy", "--yes", "--skip-preview")
    assert [resource for resource in project.resources() if resource.get("id")] == []
