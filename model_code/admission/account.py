"""Admission's edge to AWS: packages, the verdicts of runs, a model's parameters, and the Deployer's builds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from catalog.naming import parameter_name, physical_name
from model_code.admission.decide import Admit, Known, Package


def newest(sagemaker: Any, stack: str, model: str) -> str:
    """The ARN of the newest approved package of a model's group; empty when there is none."""
    found = sagemaker.list_model_packages(
        ModelPackageGroupName=physical_name("takeoff", stack, model),
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"]
    return str(found[0]["ModelPackageArn"]) if found else ""


def describe(sagemaker: Any, arn: str) -> Package:
    """One package."""
    found = sagemaker.describe_model_package(ModelPackageName=arn)
    told = found.get("CustomerMetadataProperties") or {}
    (container, *_) = found.get("InferenceSpecification", {}).get("Containers") or [{}]
    return Package(
        arn=arn,
        group=found.get("ModelPackageGroupName", ""),
        status=found.get("ModelApprovalStatus", ""),
        model=told.get("model", ""),
        run=told.get("run", "").rstrip("/"),
        artifact=container.get("ModelDataUrl", ""),
    )


def verdict(s3: Any, run: str) -> Mapping[str, Any]:
    """What the gates of a run decided. Raises ValueError when they left nothing that says so."""
    place = urlsplit(f"{run}/output/decide/verdict.json")
    try:
        body = s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    except ClientError as error:
        # Whoever may not list a bucket is told AccessDenied for what is not there.
        if error.response.get("Error", {}).get("Code") not in ("NoSuchKey", "NoSuchBucket", "AccessDenied"):
            raise
        raise ValueError(f"verdict: got nothing at {place.geturl()}; allowed: what the run's gates wrote") from error
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError(f"verdict: got {found!r} at {place.geturl()}; allowed: what the run's gates wrote")
    return found


def known(ssm: Any, stack: str, model: str, version: str) -> Known:
    """What the account knows of a model and of one version."""
    leaves = ("approved", "candidate", "freeze", f"decisions/{version}")
    names = {parameter_name(stack, model, leaf): leaf for leaf in leaves} | {f"/takeoff/{stack}/freeze": "stack"}
    found = {names[each["Name"]]: each["Value"] for each in ssm.get_parameters(Names=[*names])["Parameters"]}
    return Known(
        approved=json.loads(found["approved"])["version"] if "approved" in found else "",
        candidate=json.loads(found["candidate"]) if "candidate" in found else None,
        frozen=found.get("freeze") or found.get("stack", ""),
        decision=found.get(f"decisions/{version}", ""),
    )


def write(ssm: Any, stack: str, model: str, admitted: Admit, before: Known) -> bool:
    """Keep a version's record and put it into its slot; False when another took the empty slot `approved` meanwhile.

    What is there already is not written again, so that a second event of one approval changes nothing.
    """
    text = json.dumps(admitted.record, sort_keys=True)
    ssm.put_parameter(
        Name=parameter_name(stack, model, f"versions/{admitted.record['version']}"),
        Value=text,
        Type="String",
        Overwrite=True,
    )
    if admitted.slot == "candidate" and before.candidate == admitted.record:
        return True
    try:
        ssm.put_parameter(
            Name=parameter_name(stack, model, admitted.slot),
            Value=text,
            Type="String",
            Overwrite=admitted.slot == "candidate",
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ParameterAlreadyExists":
            raise
        return False
    return True


def start_build(codebuild: Any, project: str) -> str:
    """Start the Deployer; the build's id, or empty while another build of it runs."""
    try:
        return str(codebuild.start_build(projectName=project)["build"]["id"])
    except ClientError as error:
        # What a project answers at its concurrentBuildLimit.
        if error.response.get("Error", {}).get("Code") != "AccountLimitExceededException":
            raise
        return ""


def build_status(codebuild: Any, build: str) -> str:
    """IN_PROGRESS, SUCCEEDED, or how else a build ended."""
    return str(codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"])
