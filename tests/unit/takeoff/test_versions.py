"""takeoff models, versions, lineage, approve, rollback, freeze: what they say of an account and do to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from catalog.analysis import Analysis, Step
from catalog.candidates import Candidates, Release
from catalog.plan import Plan
from model_code.contract import VersionRecord
from takeoff import stack as stacks
from takeoff.__main__ import app
from takeoff.commands import operate, operations
from takeoff.lineage import Lineage
from takeoff.override import Operator
from takeoff.rollout import Progress
from takeoff.stack import CommandError, DeployedModel, DeployedStack
from takeoff.traffic import Answer

OLD, NEW = "a" * 12, "b" * 12
RUN = f"s3://features/runs/risk/0002-{'b' * 8}"
MODEL = DeployedModel(
    name="risk",
    code="risk",
    owner="o@example.com",
    traffic={"main": 100},
    versions=["approved"],
    endpoint="takeoff-test-risk",
    desired="/takeoff/test/risk/desired",
    registry="takeoff-test-risk",
)
FIXED = DeployedModel(name="fixed", code="risk", owner="o@example.com", traffic={"main": 100}, versions=["approved"])
STACK = DeployedStack(
    name="test", bucket="models", rollout="arn", models={"risk": MODEL, "fixed": FIXED}, features="features"
)
WISH = Candidates(
    endpoint="takeoff-test-risk",
    variant="main",
    instances=1,
    releases={version: Release(config=f"config-{version}", content=version, generation=1) for version in (OLD, NEW)},
    pinned="",
    plan=Plan(),
    analysis=Analysis(
        steps=(Step(percent=10, requests=50, seconds=60),),
        bake_seconds=60,
        look_seconds=30,
        tolerated=0.01,
        detect=0.05,
    ),
)


class Account:
    """The parts of an emulated account that commands read, and what they sent to functions and state machines."""

    def __init__(self) -> None:
        self.s3, self.ssm, self.sagemaker = map(boto3.client, ("s3", "ssm", "sagemaker"))
        self.s3.create_bucket(Bucket="features")
        for version, slot, run in ((OLD, "approved", ""), (NEW, "candidate", RUN)):
            record = VersionRecord(
                version=version,
                artifact=f"s3://m/{version}/model.tar.gz",
                algorithm="gb",
                metrics={"auc": 0.8},
                run=run,
            )
            for leaf in (f"versions/{version}", slot):
                self.put(leaf, json.loads(record.model_dump_json()))
        self.put("desired", json.loads(WISH.to_json()))

    def put(self, leaf: str, content: dict[str, Any]) -> None:
        name = f"/takeoff/test/risk/{leaf}"
        self.ssm.put_parameter(Name=name, Value=json.dumps(content), Type="String", Overwrite=True)

    def asks(self, group: str) -> None:
        """A new group's first package, whose gates asked for a person."""
        self.sagemaker.create_model_package_group(ModelPackageGroupName=group)
        self.sagemaker.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval")

    def leaf(self, name: str) -> dict[str, Any]:
        found = self.ssm.get_parameters(Names=[f"/takeoff/test/{name}"])["Parameters"]
        return json.loads(found[0]["Value"]) if found else {}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(stacks, "read", lambda name: STACK)
    with mock_aws():
        yield Account()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "300"})


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.usefixtures("account")
def test_models_says_what_is_live_and_what_comes_next() -> None:
    risk, fixed = told("models")
    assert (risk["live"], risk["candidate"], risk["frozen"]) == (OLD, NEW, "")
    assert fixed["live"] == ""


def test_versions_says_which_slot_each_has_and_what_was_decided(account: Account) -> None:
    account.put(f"decisions/{NEW}", {"version": NEW, "verdict": "rejected", "reason": "too many errors"})
    first, second = told("versions", "risk")["versions"]
    assert (first["version"], first["slot"], first["verdict"]) == (OLD, "approved", "")
    assert (second["version"], second["verdict"], second["reason"]) == (NEW, "rejected", "too many errors")


def test_lineage_goes_from_the_data_set_to_the_decision(account: Account) -> None:
    record = {"data": "v7", "cause": "alarm", "by": "takeoff-test-risk-retrain", "reason": "drift"}
    for name, content in (("record.json", record), ("output/decide/verdict.json", {"outcome": "approve"})):
        account.s3.put_object(Bucket="features", Key=f"{RUN[14:]}/{name}", Body=json.dumps(content).encode())
    account.put(f"decisions/{NEW}", {"version": NEW, "verdict": "promoted", "reason": "as good", "live": OLD})
    _endpoint(account)
    stages = {stage["name"]: stage["facts"] for stage in told("lineage", "risk", NEW[:4])}
    assert list(stages) == ["data set", "training run", "gates", "version", "endpoint", "decision"]
    assert stages["data set"] == {"S3 version": "v7"}
    assert stages["training run"]["cause"] == "alarm"
    assert stages["gates"] == {"outcome": "approve", "reasons": "none"}
    assert stages["endpoint"]["config"] == f"config-{NEW}"
    assert stages["endpoint"]["serves"] == "declared, not live by itself"
    assert stages["decision"]["verdict"] == "promoted"


def test_a_stage_without_a_record_is_shown_as_such(account: Account) -> None:
    _endpoint(account)
    result = run("lineage", "risk")
    assert "data set: nothing on record" in result.stdout
    assert "live: main at weight 1" in result.stdout


def test_lineage_says_what_a_registered_versions_card_says_of_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = {"purpose_of_model": "says which payments go bad", "risk_rating": "High"}
    package = {
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"commit": "abc", "data": "v7"},
        "ModelCard": {"ModelCardContent": json.dumps({"intended_uses": uses}), "ModelCardStatus": "Draft"},
    }
    monkeypatch.setattr(Lineage, "_package", lambda _, arn: package)
    _endpoint(account)
    stages = {stage["name"]: stage["facts"] for stage in told("lineage", "risk", OLD)}
    version = stages["version"]
    assert (version["commit"], version["purpose"], version["risk"]) == ("abc", uses["purpose_of_model"], "High")
    assert (version["model card"], stages["data set"]) == ("Draft", {"S3 version": "v7"})


@pytest.mark.usefixtures("account")
def test_a_version_that_nobody_registered_is_refused_with_those_that_are() -> None:
    result = run("lineage", "risk", "c")
    assert isinstance(result.exception, CommandError)
    assert f"allowed: one of {OLD}, {NEW}" in str(result.exception)


def test_a_model_whose_first_version_waits_for_a_person_says_so_and_not_to_train_again(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.asks("takeoff-test-risk")
    young = replace(MODEL, endpoint="", desired="", training="takeoff-test-risk-training", next="takeoff retrain risk")
    monkeypatch.setattr(stacks, "read", lambda _: replace(STACK, models={"risk": young}))
    next_ = "package 1 waits for approval: `takeoff approve risk --package 1 --why ... --stack test`"
    assert told("models")[0]["next"] == next_
    assert f"risk: no endpoint yet; next: {next_}" in str(run("predict", "--wait", "5").exception)


def test_a_later_version_that_waits_changes_nothing_of_what_is_next(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.asks("takeoff-test-risk")
    served = replace(MODEL, training="takeoff-test-risk-training")
    monkeypatch.setattr(stacks, "read", lambda _: replace(STACK, models={"risk": served}))
    assert told("models")[0]["next"] == ""


def test_predictions_are_of_what_has_an_endpoint_and_the_rest_says_what_is_next(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.asks("takeoff-test-young")
    waits = replace(MODEL, name="young", endpoint="", desired="", registry="takeoff-test-young", training="p")
    monkeypatch.setattr(stacks, "read", lambda _: replace(STACK, models={"risk": MODEL, "young": waits}))
    asked: list[str] = []

    def send(endpoint: str, *_: object) -> list[Answer]:
        asked.append(endpoint)
        return [Answer(variant="main", right=True)]

    monkeypatch.setattr(operations, "send", send)
    result = run("predict")
    assert (result.exit_code, asked) == (0, ["takeoff-test-risk"])
    assert "model young: no endpoint yet; next: package 1 waits for approval: `takeoff approve young" in result.stderr


def test_approving_lets_the_only_package_that_waits_go_on(account: Account) -> None:
    account.sagemaker.create_model_package_group(ModelPackageGroupName="takeoff-test-risk")
    arn = account.sagemaker.create_model_package(
        ModelPackageGroupName="takeoff-test-risk", ModelApprovalStatus="PendingManualApproval"
    )["ModelPackageArn"]
    assert "takeoff approve risk --package 1" in run("versions", "risk").stdout
    assert run("approve", "risk", "--why", "read the report").exit_code == 0
    described = account.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert "none waits" in str(run("approve", "risk", "--why", "again").exception)


class Started:
    """Rollouts that are only started."""

    models: ClassVar[list[str]] = []

    def __init__(self, _: DeployedStack) -> None: ...

    def start(self, model: DeployedModel) -> None:
        self.models.append(model.name)


def test_a_freeze_says_who_and_why_until_it_is_taken_away(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("freeze", "risk", "--why", "audit").exit_code == 0
    assert account.leaf("risk/freeze")["why"] == "audit"
    assert "audit" in told("models")[0]["frozen"]
    assert told("models")[1]["frozen"] == ""
    monkeypatch.setattr(operate, "Rollouts", Started)
    assert run("unfreeze", "risk").exit_code == 0
    assert not account.leaf("risk/freeze")
    assert Started.models == ["risk"]


def test_freezing_the_stack_freezes_every_model(account: Account) -> None:
    run("freeze", "--why", "incident 7")
    assert account.leaf("freeze")["why"] == "incident 7"
    assert all("the whole stack" in each["frozen"] for each in told("models"))


@pytest.mark.parametrize("action", ["pause", "abort"])
def test_a_word_to_rollout_names_the_live_version_who_and_why(account: Account, action: str) -> None:
    assert run("rollout", action, "risk", "--why", "looks odd").exit_code == 0
    word = account.leaf("risk/override")
    assert (word["action"], word["version"], word["why"]) == (action, OLD, "looks odd")
    assert word["who"].startswith("arn:aws:")
    assert run("rollout", "resume", "risk").exit_code == 0
    assert account.leaf("risk/override")["action"] == "none"


def test_a_rollback_waits_until_another_version_is_live(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    class Rollouts:
        """Rollout as it answers while the old version comes back."""

        looks = 0

        def __init__(self, _: DeployedStack) -> None: ...

        def progress(self, _: DeployedModel) -> Progress:
            Rollouts.looks += 1
            if Rollouts.looks == 2:
                account.put("approved", json.loads(account_record(account, NEW)))
            return Progress(
                model="risk",
                status="succeeded",
                reason="",
                endpoint="e",
                config="c",
                desired_config="c",
                traffic={"main": 100},
            )

    monkeypatch.setattr(operate, "Rollouts", Rollouts)
    monkeypatch.setattr("takeoff.commands.operate.time.sleep", lambda _: None)
    result = run("rollback", "risk", "--why", "complaints")
    assert result.exit_code == 0, result.output
    assert f"{NEW} is live again" in result.stdout
    assert account.leaf("risk/override")["action"] == "rollback"
    assert Rollouts.looks == 3


@pytest.mark.usefixtures("account")
def test_a_model_whose_versions_the_stack_file_names_takes_no_word() -> None:
    with pytest.raises(CommandError, match="allowed: a model with `analysis:`"):
        Operator(STACK).say(FIXED, "pause", "why")


def test_a_pinned_model_is_not_rolled_back(account: Account) -> None:
    account.put("desired", {**json.loads(WISH.to_json()), "pinned": OLD})
    with pytest.raises(CommandError, match=f"pinned to {OLD}"):
        Operator(STACK).say(MODEL, "rollback", "why")


def test_the_only_version_is_not_rolled_back(account: Account) -> None:
    wish = json.loads(WISH.to_json())
    account.put("desired", {**wish, "releases": {OLD: wish["releases"][OLD]}})
    with pytest.raises(CommandError, match="has only"):
        Operator(STACK).say(MODEL, "rollback", "why")


def account_record(account: Account, version: str) -> str:
    return json.dumps(account.leaf(f"risk/versions/{version}"))


def _endpoint(account: Account) -> None:
    """The endpoint, live on the old version's config."""
    account.sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/m")
    account.sagemaker.create_endpoint_config(
        EndpointConfigName=f"config-{OLD}",
        ProductionVariants=[
            {
                "VariantName": "main",
                "ModelName": "m",
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": 1.0,
            }
        ],
    )
    account.sagemaker.create_endpoint(EndpointName="takeoff-test-risk", EndpointConfigName=f"config-{OLD}")
