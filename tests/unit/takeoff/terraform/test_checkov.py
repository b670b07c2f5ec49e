"""The judge and its baseline: what is accepted has a reason, and a check that we rely on sees its property flipped."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from takeoff.terraform.plan import convert
from tests.unit.takeoff.terraform.digests import Digest, shipped_digest, state
from tools import terraform_names
from tools.checkov import __main__ as command
from tools.checkov import baseline, environment

RAW = "aws_s3_bucket.raw"
DAY = date(2026, 11, 23)
# The check that must fail, on which resource, once one property is other: type, name and path; None drops it.
FLIPS: list[tuple[str, str, str, str, str, Any]] = [
    ("CKV_AWS_7", "aws_kms_key.data", "aws:kms/key:Key", "data", "enableKeyRotation", False),
    (
        "CKV_AWS_66",
        "aws_cloudwatch_log_group.rollout",
        "aws:cloudwatch/logGroup:LogGroup",
        "rollout",
        "retentionInDays",
        None,
    ),
    (
        "CKV_AWS_51",
        "aws_ecr_repository.digits",
        "aws:ecr/repository:Repository",
        "digits",
        "imageTagMutability",
        "MUTABLE",
    ),
    (
        "CKV_AWS_136",
        "aws_ecr_repository.breast-cancer",
        "aws:ecr/repository:Repository",
        "breast-cancer",
        "encryptionConfigurations",
        None,
    ),
    (
        "CKV_AWS_26",
        "aws_sns_topic.alerts-critical",
        "aws:sns/topic:Topic",
        "alerts-critical",
        "kmsMasterKeyId",
        None,
    ),
    (
        "CKV_AWS_21",
        RAW,
        "aws:s3/bucketVersioning:BucketVersioning",
        "raw",
        "versioningConfiguration.status",
        "Suspended",
    ),
    (
        "CKV_AWS_145",
        RAW,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "raw",
        "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm",
        "AES256",
    ),
    (
        "CKV_AWS_54",
        "aws_s3_bucket_public_access_block.audit",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "audit",
        "blockPublicPolicy",
        False,
    ),
    # The bucket's own reference is gone, so the judge must no longer see the lifecycle that belongs to it.
    (
        "CKV2_AWS_61",
        "aws_s3_bucket.features",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "features",
        "bucket",
        "another",
    ),
]


def flip(digest: Digest, token: str, name: str, path: str, value: Any) -> None:
    """Set one property of one resource; None drops it."""
    found: Any = state(digest, token, name)["inputs"]
    *way, last = path.split(".")
    for part in way:
        found = found[int(part)] if isinstance(found, list) else found[part]
    assert found[last] != value
    if value is None:
        del found[last]
    else:
        found[last] = value


def judged(digest: Digest, folder: Path) -> set[tuple[str, str]]:
    file = folder / "plan.json"
    file.write_text(json.dumps(convert(digest).document))
    failed, passed = environment.failed_checks(file)
    assert passed > 200
    return {(each["check_id"], each["resource"]) for each in failed}


@pytest.fixture(scope="module")
def _checkov() -> None:
    try:
        environment.ready()
    except environment.UnavailableError as error:
        pytest.skip(f"checkov cannot be installed here: {error}")


@pytest.mark.slow
@pytest.mark.usefixtures("_checkov")
def test_each_check_passes_on_prod_and_fails_on_the_copy_with_that_property_flipped(tmp_path: Path) -> None:
    """All flips in one copy, on resources of their own, so that the judge is asked twice and not ten times."""
    whole = judged(shipped_digest("prod"), tmp_path)
    copy = shipped_digest("prod")
    for _, _, token, name, path, value in FLIPS:
        flip(copy, token, name, path, value)
    new = judged(copy, tmp_path) - whole
    wanted = {(check, address) for check, address, *_ in FLIPS}
    assert wanted & whole == set()
    assert wanted - new == set()
    # Nothing else fails by them: only the bucket itself, whose public access block has a hole.
    assert {address for _, address in new} - {address for _, address in wanted} == {"aws_s3_bucket.audit"}


@pytest.mark.slow
@pytest.mark.usefixtures("_checkov")
def test_every_accepted_check_still_fails_somewhere_on_prod(tmp_path: Path) -> None:
    failed = [{"check_id": check, "resource": address} for check, address in judged(shipped_digest("prod"), tmp_path)]
    assert baseline.judge(failed, baseline.read(), DAY).idle == ()


@pytest.mark.slow
def test_the_names_are_what_their_generator_writes() -> None:
    listed = json.loads(terraform_names.OUTPUT.read_text())
    assert terraform_names.OUTPUT.read_text() == terraform_names.render({*listed, *terraform_names.declared()})


def test_the_generators_rules_for_names() -> None:
    assert terraform_names.terraform_type("aws:ec2/vpcEndpoint:VpcEndpoint") == "aws_vpc_endpoint"
    assert terraform_names.terraform_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule") == (
        "aws_vpc_security_group_egress_rule"
    )
    assert [terraform_names.singular(each) for each in ("rules", "policies", "addresses", "data")] == [
        "rule",
        "policy",
        "address",
        "data",
    ]


def test_an_accepted_check_holds_for_the_resources_that_it_names_and_no_other() -> None:
    accepted = [baseline.Accepted(check="C1", resources=("aws_s3_bucket.*",), reason="r")]
    failed = [
        {"check_id": "C1", "resource": "aws_s3_bucket.raw"},
        {"check_id": "C1", "resource": "aws_sns_topic.raw"},
        {"check_id": "C2", "resource": "aws_s3_bucket.raw"},
    ]
    verdict = baseline.judge(failed, accepted, DAY)
    assert verdict.accepted == 1
    assert list(verdict.failed) == failed[1:]
    assert verdict.idle == ()


def test_a_reason_with_a_last_day_holds_until_its_end_and_no_longer() -> None:
    later = baseline.Accepted(check="C1", resources=("*",), reason="r", until=DAY)
    failed = [{"check_id": "C1", "resource": "aws_s3_bucket.raw"}]
    assert baseline.judge(failed, [later], DAY).failed == ()
    assert list(baseline.judge(failed, [later], DAY + timedelta(days=1)).failed) == failed


def test_a_reason_that_holds_for_nothing_is_told() -> None:
    idle = baseline.Accepted(check="C1", resources=("aws_s3_bucket.gone",), reason="r")
    assert baseline.judge([], [idle], DAY).idle == (idle,)


@pytest.mark.parametrize(
    "entry",
    [
        {"check": "C1", "resources": ["*"], "reason": ""},
        {"check": "C1", "resources": []},
        {"check": "C1", "resources": ["*"], "reason": "r", "until": "soon"},
        {"check": "C1", "resources": ["*"], "reason": "r", "owner": "me"},
    ],
)
def test_a_baseline_without_a_reason_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps([entry]))
    with pytest.raises(ValueError, match="allowed: check, resources and reason"):
        baseline.read(file)


def _digest(folder: Path, digest: Digest) -> str:
    file = folder / "digest.json"
    file.write_text(json.dumps(digest))
    return str(file)


def test_a_failed_check_that_nobody_accepted_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"check_id": "CKV_AWS_7", "resource": "aws_kms_key.data", "check_name": "rotation"}
    monkeypatch.setattr(command, "failed_checks", lambda plan: ([failed], 400))
    assert command.main(_digest(tmp_path, shipped_digest("dev"))) == 1
    assert "CKV_AWS_7" in capsys.readouterr().out


def test_no_failure_is_exit_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "failed_checks", lambda plan: ([], 400))
    assert command.main(_digest(tmp_path, shipped_digest("dev"))) == 0


def test_a_type_that_nobody_judges_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "failed_checks", lambda plan: ([], 400))
    digest = shipped_digest("dev")
    queue = {"urn": "urn:q::q", "type": "aws:sqs/queue:Queue", "custom": True, "inputs": {}}
    digest["steps"].append({"op": "create", "urn": "urn:q::q", "newState": queue})
    assert command.main(_digest(tmp_path, digest)) == 1
    assert "not judged: 1 aws:sqs/queue:Queue" in capsys.readouterr().out


def test_a_judge_that_cannot_be_had_is_exit_2_and_never_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(plan: Path) -> Any:
        raise environment.UnavailableError("no index")

    monkeypatch.setattr(command, "failed_checks", gone)
    assert command.main(_digest(tmp_path, shipped_digest("dev"))) == 2
    assert "no index" in capsys.readouterr().err
    assert command.main(str(tmp_path / "none.json")) == 2


@pytest.mark.parametrize(
    "said",
    [
        "nothing",
        "[]",
        '{"passed": 0}',
        '{"summary": {"passed": 0, "failed": 0, "parsing_errors": 0}, "results": {"failed_checks": []}}',
        '{"summary": {"passed": 9, "failed": 0, "parsing_errors": 1}, "results": {"failed_checks": []}}',
    ],
)
def test_an_answer_that_judged_nothing_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(environment, "ready", lambda: tmp_path / "python")
    monkeypatch.setattr(environment, "_run", lambda command, more: said)
    with pytest.raises(environment.UnavailableError):
        environment.failed_checks(tmp_path / "plan.json")
