"""The application on which large models are looked at, and who may do what with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from components.bucket import Bucket
from components.drift_monitor import DriftMonitor
from components.key import Key
from components.monitoring import Monitoring, MonitoringArgs
from components.placement import Placement
from components.spark import RELEASE, SparkApplication, SparkArgs
from tests.deployment import Deployment, deploy
from tests.unit.components.test_drift_monitor import SITE, args, reach, settings

IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/spark@sha256:{'b' * 64}"
NAME = "takeoff-test-spark"
APPLICATION = f"arn:aws:emrserverless:us-east-1:123456789012:application/{NAME}"  # as the mocks have it
ROOT = Path(__file__).resolve().parents[3]


def declared(**changes: Any) -> Deployment:
    def program() -> None:
        key = Key("data", site=SITE, purpose="p")
        captures, features = (Bucket(n, site=SITE, key=key, force_destroy=True) for n in ("captures", "features"))
        given: dict[str, Any] = {"image": IMAGE, "vcpus": 16, "owner": "a@example.com", "key": key}
        spark = SparkApplication("spark", SITE, SparkArgs(**given | changes))
        where: dict[str, Any] = {"key": key, "captures": captures, "features": features}
        monitoring = Monitoring("monitoring", SITE, MonitoringArgs(**where, owner="a@example.com", spark=spark))
        DriftMonitor("m", SITE, args(**where, monitoring=monitoring, spark=spark))

    return deploy(program)


@pytest.fixture(scope="module")
def whole() -> Deployment:
    return declared()


def test_the_application_starts_with_a_run_stops_after_it_and_has_a_bound(whole: Deployment) -> None:
    made = whole.one(aws.emrserverless.Application).inputs
    assert (made["type"], made["releaseLabel"], made["architecture"]) == ("spark", RELEASE, "X86_64")
    assert made["imageConfiguration"] == {"imageUri": IMAGE}
    assert made["maximumCapacity"] == {"cpu": "16 vCPU", "memory": "64 GB", "disk": "160 GB"}
    assert made["autoStartConfiguration"] == {"enabled": True}
    assert made["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 5}
    assert "initialCapacities" not in made
    assert "networkConfiguration" not in made
    assert made["tags"]["takeoff:owner"] == "a@example.com"


def test_its_log_is_the_stacks_own_and_encrypted(whole: Deployment) -> None:
    log = whole.one(aws.cloudwatch.LogGroup, "spark").inputs
    assert (log["retentionInDays"], "kmsKeyId" in log) == (90, True)
    told = whole.one(aws.emrserverless.Application).inputs["monitoringConfiguration"]
    assert told["cloudwatchLoggingConfiguration"] == {"enabled": True, "logGroupName": log["name"]}
    assert told["managedPersistenceMonitoringConfiguration"] == {"enabled": False}


def test_in_a_network_workers_are_in_its_subnets() -> None:
    place = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"])
    made = declared(placement=place).one(aws.emrserverless.Application).inputs
    assert made["networkConfiguration"] == {"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]}


def test_a_step_may_start_and_list_this_applications_runs_alone(whole: Deployment) -> None:
    for action in ("emr-serverless:StartJobRun", "emr-serverless:ListJobRuns"):
        (arn,) = reach(whole, "monitoring-step", action)
        assert arn == APPLICATION
    assert reach(whole, "monitoring-step", "emr-serverless:TagResource") == [f"{APPLICATION}/jobruns/*"]
    document = json.loads(whole.one(aws.iam.RolePolicy, "monitoring-step").inputs["policy"])
    passing = [one for one in document["Statement"] if "iam:PassRole" in one["Action"]]
    services = [one["Condition"]["StringEquals"]["iam:PassedToService"] for one in passing]
    assert services == ["sagemaker.amazonaws.com", "emr-serverless.amazonaws.com"]
    assert passing[1]["Resource"] == ["arn:aws:iam::123456789012:role/takeoff-test-*-drift-job"]


def test_a_runs_role_is_emrs_and_reads_its_models_things_and_writes_reports_and_the_log(whole: Deployment) -> None:
    trust = json.loads(whole.one(aws.iam.Role, "m-drift-job").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": "emr-serverless.amazonaws.com"}
    (written,) = reach(whole, "m-drift-job", "logs:PutLogEvents")
    assert written.endswith(":*")
    assert all("/m/" in arn or arn.endswith("/m") for arn in reach(whole, "m-drift-job", "s3:GetObject"))
    assert not reach(whole, "m-drift-job", "ecr:BatchGetImage")


def test_the_function_is_told_which_application(whole: Deployment) -> None:
    assert settings(whole).spark == NAME  # the mock's id


@pytest.mark.parametrize(
    ("change", "allowed"),
    [({"image": "spark:latest"}, "names its digest"), ({"vcpus": 8}, "12 or more")],
)
def test_what_emr_serverless_would_refuse_is_refused_before(change: dict[str, Any], allowed: str) -> None:
    given: dict[str, Any] = {"image": IMAGE, "vcpus": 16, "owner": "a@example.com", "key": None}
    with pytest.raises(ValueError, match=allowed):
        SparkArgs(**given | change)


def test_the_image_puts_the_driver_and_its_python_where_a_run_looks_for_them() -> None:
    dockerfile = (ROOT / "model_code/monitor/Dockerfile").read_text()
    request = (ROOT / "model_code/monitoring/spark.py").read_text()
    (driver,) = re.findall(r'"local://(/opt/takeoff)/(model_code/monitor/spark.py)"', request)
    assert f"WORKDIR {driver[0]}\n" in dockerfile
    assert (ROOT / driver[1]).is_file()
    assert "python3.11 -m pip install" in dockerfile
    assert "/usr/bin/python3.11" in request
