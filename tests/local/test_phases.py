"""What `make up` does for models without a version: trains them once, and waits for no person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

import local.phases as module
import local.up as end
from local.phases import PhaseError, prepare, waiting
from local.state import REGION

SAID = "model risk: package 1 waits for approval: `takeoff approve risk --package 1 --why ... --stack test`; "


def entry(**more: Any) -> dict[str, Any]:
    """A model whose image is named and whose one version training fills."""
    return {"code": "risk", "owner": "a@b", "traffic": {"main": 100}, "versions": ["approved"], **more}


class Account:
    """A deployed stack of two models, and the commands that were run in it: one has a pipeline and one has none.

    `approves` is the pipeline's rule: its versions are approved and admitted, or wait for a person.
    """

    def __init__(self) -> None:
        self.name, self.env = "test", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        self.ssm, self.sagemaker = (boto3.client(name, region_name=REGION) for name in ("ssm", "sagemaker"))
        self.sagemaker.create_model_package_group(ModelPackageGroupName="registry-risk")
        self.models = {"risk": entry(training="pipeline", registry="registry-risk"), "plain": entry()}
        self.approves, self.admits, self.packages = False, True, list[str]()
        self.ran: list[tuple[str, ...]] = []

    def outputs(self) -> dict[str, Any]:
        return {"models": self.models}

    def takeoff(self, _env: Any, *arguments: str) -> None:
        self.ran.append(arguments[:2])
        if arguments[0] == "retrain":
            status = "Approved" if self.approves else "PendingManualApproval"
            made = self.sagemaker.create_model_package(
                ModelPackageGroupName="registry-risk", ModelApprovalStatus=status
            )
            self.packages.append(made["ModelPackageArn"])
        if arguments[0] == "train" or (arguments[0] == "retrain" and self.approves and self.admits):
            self.put(arguments[1])

    def put(self, model: str) -> None:
        self.ssm.put_parameter(Name=f"/takeoff/test/{model}/approved", Value="{}", Type="String")

    def judge(self, status: str) -> None:
        self.sagemaker.update_model_package(ModelPackageArn=self.packages[-1], ModelApprovalStatus=status)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws():
        made = Account()
        monkeypatch.setattr(module, "_ADMITTED", 2)
        monkeypatch.setattr(module, "client", lambda _, service: boto3.client(service, region_name=REGION))
        for each in (module, end):
            monkeypatch.setattr(each, "takeoff", made.takeoff)
        yield made


def prepared(account: Account) -> list[str]:
    return prepare(account)  # type: ignore[arg-type]


def said(account: Account) -> list[str]:
    return waiting(account)  # type: ignore[arg-type]


def test_a_first_version_that_waits_for_a_person_is_said_and_holds_nobody_up(account: Account) -> None:
    assert said(account) == []
    assert len(prepared(account)) == 2
    assert sorted(account.ran) == [("dataset", "upload"), ("retrain", "risk"), ("train", "plain")]
    (line,) = said(account)
    assert line.startswith(SAID)
    assert "next `up`" in line


def test_what_waits_for_a_person_is_not_trained_again(account: Account) -> None:
    prepared(account)
    assert prepared(account) == []
    assert len(account.ran) == 3


def test_once_it_is_approved_nothing_is_due_and_nothing_is_said(account: Account) -> None:
    prepared(account)
    account.judge("Approved")
    account.put("risk")
    assert (prepared(account), said(account)) == ([], [])


def test_once_it_is_rejected_the_model_is_trained_again(account: Account) -> None:
    prepared(account)
    account.judge("Rejected")
    assert said(account) == []
    account.approves = True
    assert prepared(account) == ["risk: trained and registered 1 versions"]
    assert (prepared(account), said(account)) == ([], [])


def test_of_several_that_wait_the_newest_is_named(account: Account) -> None:
    prepared(account)
    account.takeoff({}, "retrain", "risk")
    (line,) = said(account)
    assert "package 2 waits" in line


def test_a_later_version_that_waits_is_no_matter_of_the_phases(account: Account) -> None:
    account.put("risk")
    account.put("plain")
    account.takeoff({}, "retrain", "risk")
    assert (prepared(account), said(account)) == ([], [])


def test_a_version_that_is_approved_and_never_admitted_fails(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.approves, account.admits = True, False
    monkeypatch.setattr(module, "_ADMITTED", 0)
    with pytest.raises(PhaseError, match="risk: its first version was registered and not admitted"):
        prepared(account)


def shown(account: Account) -> list[str]:
    account.ran.clear()
    return end.show(account)  # type: ignore[arg-type]


def test_the_end_shows_the_endpoints_that_there_are_and_says_who_waits(account: Account) -> None:
    prepared(account)
    account.models["plain"]["endpoint"] = "e"
    (line,) = shown(account)
    assert line.startswith(SAID)
    assert account.ran == [("predict", "--stack")]


def test_a_stack_whose_only_model_waits_for_a_person_is_up_without_predictions(account: Account) -> None:
    prepared(account)
    del account.models["plain"]
    assert len(shown(account)) == 1
    assert account.ran == []


def test_a_stack_without_an_endpoint_for_another_reason_says_so_by_the_command(account: Account) -> None:
    account.put("risk")
    account.put("plain")
    assert shown(account) == []
    assert account.ran == [("predict", "--stack")]
