"""One machine of a test's own: a state folder, a port, a stack file, and the commands that a person would type."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from catalog.desired import Desired
from local.cloud import daemon
from local.cluster import control
from local.phases import prepare
from local.stack import LocalStack
from local.state import LOCAL, REPOSITORY, State
from local.toolchain.environment import environment
from local.toolchain.home import ensure_stack
from local.toolchain.progress import Progress
from local.toolchain.ready import ready

ENDPOINT = "takeoff-local-breast-cancer"
MODEL = "breast-cancer"
PATIENCE = 600
# `up` asks a canary 40 of 157 held-out rows, and eight threads' order decides which: a candidate that is right on 145
# of them falls below this in one run of fifty million (hypergeometric). Always the larger class is right in 0.63.
CANARY_ACCURACY = 0.7
# One model and nothing around it: most tests are about the machinery, and deploy it often.
SMALL = Path(__file__).with_name("Pulumi.small.yaml")


@dataclass
class Load:
    """What a background load saw."""

    answered: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


@dataclass
class Machine:
    """An emulated account under `root`, with a stack file that the test may change."""

    root: Path
    stack: str = LOCAL

    @property
    def state(self) -> State:
        return State(self.root / "state", self.stack)

    @property
    def endpoint_name(self) -> str:
        return f"takeoff-{self.stack}-{MODEL}"

    @property
    def stack_file(self) -> Path:
        return self.root / f"Pulumi.{self.stack}.yaml"

    @property
    def env(self) -> dict[str, str]:
        outside = {**os.environ, "TAKEOFF_PORT": "0", "TAKEOFF_STACK_FILE": str(self.stack_file), "COLUMNS": "200"}
        return {**outside, "TAKEOFF_STATE": str(self.state.root)}

    def inside(self) -> dict[str, str]:
        """The environment of the local shell."""
        return environment(self.state, self.state.endpoint(), self.env)

    def run(self, *arguments: str, timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """A `make` target of the local stack, by the command behind it."""
        return subprocess.run(
            [sys.executable, "-m", "local", *arguments, "--stack", self.stack],
            cwd=REPOSITORY,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def up(self) -> str:
        """`make up`, which must succeed; what it printed."""
        done = self.run("up")
        assert done.returncode == 0, end(done)
        return done.stdout + done.stderr

    def deploy(self) -> None:
        """The phases of `make up` without its end: nobody waits for the rollout, and nobody starts a lost one."""
        ready(self.state, Progress(sys.stderr))
        daemon.start(self.state, 0)
        ensure_stack(self.stack, self.inside())
        stack = LocalStack(self.state, self.inside())
        stack.up(refresh=False)
        prepare(stack)
        stack.up(refresh=False)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`pulumi` as in `make shell`, on the machine's stack unless the arguments choose another."""
        chosen = [] if "--stack" in arguments else ["--stack", self.stack]
        return subprocess.run(
            ["pulumi", *arguments, *chosen, "--non-interactive"],
            cwd=REPOSITORY,
            env=self.inside(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the breast-cancer entry of the stack file."""
        content = yaml.safe_load(self.stack_file.read_text())
        change(content["config"]["takeoff:models"][MODEL])
        self.stack_file.write_text(yaml.safe_dump(content))

    def client(self, service: str) -> Any:
        """boto3 on the emulated account, without retries: a failed request must be seen."""
        return _client(service, self.state.endpoint())

    def endpoint(self) -> dict[str, Any]:
        return dict(self.client("sagemaker").describe_endpoint(EndpointName=self.endpoint_name))

    def wish(self) -> Desired:
        """What the endpoint should be, as Pulumi wrote it."""
        found = self.client("ssm").get_parameter(Name=f"/takeoff/{self.stack}/{MODEL}/desired")
        return Desired.from_json(found["Parameter"]["Value"])

    def weights(self) -> dict[str, float]:
        return {v["VariantName"]: v["CurrentWeight"] for v in self.endpoint()["ProductionVariants"]}

    def settled(self) -> bool:
        """Whether Rollout has written that it fulfilled the wish that stands now."""
        ssm, names = self.client("ssm"), [f"/takeoff/{self.stack}/{MODEL}/{leaf}" for leaf in ("desired", "outcome")]
        found = {p["Name"]: p for p in ssm.get_parameters(Names=names)["Parameters"]}
        if set(found) != set(names):
            return False
        outcome = json.loads(found[names[1]]["Value"])
        return (outcome["status"], outcome["desired_version"]) == ("succeeded", found[names[0]]["Version"])

    def pids(self) -> list[int]:
        """The processes that serve the endpoint."""
        found = daemon.status(self.state)
        assert found
        variants = found["endpoints"][self.endpoint_name]["variants"].values()
        return sorted(pid for variant in variants for pid in variant["pids"])

    def resources(self) -> list[str]:
        """Everything in the account, listed service by service; not by the code under test."""
        if daemon.status(self.state) is None:
            daemon.start(self.state, 0)
        sagemaker, s3, ssm = self.client("sagemaker"), self.client("s3"), self.client("ssm")
        kms, states, iam, ec2 = (self.client(name) for name in ("kms", "stepfunctions", "iam", "ec2"))
        keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        watch, registries = self.client("cloudwatch"), sagemaker.list_model_package_groups()
        groups = ec2.describe_security_groups()["SecurityGroups"]
        parameters = ssm.get_paginator("describe_parameters").paginate()
        alarms = watch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        listed = {
            "endpoint": [e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]],
            "config": [e["EndpointConfigName"] for e in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
            "model": [m["ModelName"] for m in sagemaker.list_models()["Models"]],
            "bucket": [b["Name"] for b in s3.list_buckets()["Buckets"]],
            "parameter": [p["Name"] for page in parameters for p in page["Parameters"]],
            "role": [r["RoleName"] for r in iam.list_roles()["Roles"]],
            "key": [k["KeyId"] for k in keys if k["KeyState"] == "Enabled" and k["KeyManager"] == "CUSTOMER"],
            "alias": [a["AliasName"] for a in kms.list_aliases()["Aliases"] if "alias/aws/" not in a["AliasName"]],
            "machine": [m["name"] for m in states.list_state_machines()["stateMachines"]],
            "rule": [r["Name"] for r in self.client("events").list_rules()["Rules"]],
            "function": [f["FunctionName"] for f in self.client("lambda").list_functions()["Functions"]],
            "topic": [t["TopicArn"] for t in self.client("sns").list_topics()["Topics"]],
            "alarm": [a["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for a in alarms.get(kind, [])],
            "dashboard": [d["DashboardName"] for d in watch.list_dashboards()["DashboardEntries"]],
            "repository": [r["repositoryName"] for r in self.client("ecr").describe_repositories()["repositories"]],
            "project": self.client("codebuild").list_projects()["projects"],
            "cluster": self.client("eks").list_clusters()["clusters"],
            "pipeline": [p["PipelineName"] for p in sagemaker.list_pipelines()["PipelineSummaries"]],
            "registry": [g["ModelPackageGroupName"] for g in registries["ModelPackageGroupSummaryList"]],
            "card": [c["ModelCardName"] for c in sagemaker.list_model_cards()["ModelCardSummaries"]],
            "schedule": [s["Name"] for s in self.client("scheduler").list_schedules()["Schedules"]],
            "database": [d["Name"] for d in self.client("glue").get_databases()["DatabaseList"]],
            "lake": [r["ResourceArn"] for r in self.client("lakeformation").list_resources()["ResourceInfoList"]],
            "network": [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]],
            "subnet": [s["CidrBlock"] for s in ec2.describe_subnets()["Subnets"] if not s["DefaultForAz"]],
            "firewall": [g["GroupName"] for g in groups if g["GroupName"].startswith("takeoff-")],
            "log group": [g["logGroupName"] for g in self.client("logs").describe_log_groups()["logGroups"]],
        }
        return sorted(f"{kind} {name}" for kind, names in listed.items() for name in names)

    @contextmanager
    def load(self, threads: int = 4, seconds: float = 120) -> Iterator[Load]:
        """Predictions without a pause while the block runs, at most `seconds` long."""
        client, seen = self.client("sagemaker-runtime"), Load()
        stop, end = threading.Event(), time.monotonic() + seconds
        body = json.dumps({"instances": [held_out()[0][0]]})

        def ask() -> None:
            while not stop.is_set() and time.monotonic() < end:
                try:
                    answer = client.invoke_endpoint(
                        EndpointName=self.endpoint_name, ContentType="application/json", Body=body
                    )
                    answer["Body"].read()
                    seen.answered[answer["InvokedProductionVariant"]] += 1
                except (ClientError, BotoCoreError) as error:
                    seen.errors.append(str(error))

        workers = [threading.Thread(target=ask) for _ in range(threads)]
        for worker in workers:
            worker.start()
        try:
            yield seen
        finally:
            stop.set()
            for worker in workers:
                worker.join()


@cache
def _client(service: str, endpoint: str) -> Any:
    """Making one takes longer than most questions."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=16),
    )


def held_out() -> tuple[list[list[float]], list[int]]:
    from model_code.breast_cancer.data import held_out as rows

    values, labels = rows()
    return [[float(value) for value in row] for row in values], [int(label) for label in labels]


def end(done: subprocess.CompletedProcess[str]) -> str:
    """What a command printed last: where it says why it failed."""
    return "\n".join([*done.stdout.splitlines()[-60:], *done.stderr.splitlines()[-20:]])


def changes(output: str) -> dict[str, int]:
    """The engine's own counts, {'created': 3, 'unchanged': 20}: of the output's last deployment of each stack."""
    last = dict(re.findall(r"^\w+ing \(([\w-]+)\):$(.*?)^Duration:", output, re.MULTILINE | re.DOTALL))
    counted: Counter[str] = Counter()
    for deployment in last.values():
        summary = deployment.rpartition("Resources:")[2]
        for count, what in re.findall(r"(\d+) (created|updated|replaced|deleted|unchanged)", summary):
            counted[what] += int(count)
    return dict(counted)


def predictions(output: str) -> dict[tuple[str, str], list[str]]:
    """The table that `up` ends with: (endpoint, variant) → version, asked, observed, accuracy, p50."""
    rows = [[cell.strip() for cell in re.split("[│┃|]", line) if cell.strip()] for line in output.splitlines()]
    return {(row[0], row[1]): row[2:] for row in rows if len(row) == 7 and row[-1].endswith(" ms")}


@contextmanager
def machine(root: Path, stack: str = LOCAL, *, shipped: bool = False) -> Iterator[Machine]:
    """A machine whose daemon and cluster are stopped at the end: the local stack with a small file, or the shipped one.

    Any other stack has its shipped file.
    """
    root.mkdir(parents=True, exist_ok=True)
    made = Machine(root, stack)
    file = REPOSITORY / f"stacks/Pulumi.{stack}.yaml" if shipped or stack != LOCAL else SMALL
    made.stack_file.write_text(file.read_text())
    try:
        yield made
    finally:
        daemon.stop(made.state)
        control.stop(made.state)
