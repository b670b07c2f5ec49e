"""An approved package becomes a version and is deployed, once; what must not become one does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_code.admission.handler import WAIT
from model_code.contract import VersionRecord
from tests.unit.admission.fakes import ARN, MODEL, RECORD, VERDICT, VERSION, Account, Killed, refusal, take


def test_an_approved_version_becomes_the_candidate_and_is_deployed() -> None:
    account = Account()
    taken = take(account)
    assert account.get("candidate") == account.get(f"versions/{VERSION}") == RECORD
    assert (taken["status"], taken["build"]) == ("waiting", account.builds[0])
    assert (taken := take(account, taken))["status"] == "waiting"
    account.status = "SUCCEEDED"
    assert take(account, taken)["status"] == "succeeded"
    assert len(account.builds) == 1
    assert account.get("approved")["version"] == "1" * 12


def test_the_record_is_one_that_pulumi_reads() -> None:
    take(account := Account())
    found = VersionRecord.model_validate(account.get("candidate"))
    assert (found.version, found.run, found.package) == (VERSION, RECORD["run"], ARN)


def test_the_first_version_is_approved_at_once_and_left_to_whoever_trains_it() -> None:
    account = Account(live=None)
    assert take(account)["status"] == "succeeded"
    assert account.get("approved") == RECORD
    assert account.get("candidate") is None
    assert account.builds == []


def test_of_two_first_versions_at_once_the_second_becomes_the_candidate() -> None:
    account = Account(live=None)
    other = {**RECORD, "version": "b" * 12}
    real = account.get_parameters

    def late(Names: list[str]) -> dict[str, Any]:  # noqa: N803
        found = real(Names=Names)
        account.get_parameters = real  # type: ignore[method-assign]
        account.put("approved", other)
        return found

    account.get_parameters = late  # type: ignore[method-assign]
    taken = take(account)
    assert (taken["status"], taken["seconds"]) == ("waiting", 1)
    assert account.get("approved") == other
    assert "build" in take(account, taken)
    assert account.get("candidate") == RECORD


def test_a_second_event_of_one_approval_writes_nothing_new_and_builds_again() -> None:
    take(account := Account())
    before = dict(account.parameters)
    take(account)
    assert account.parameters == before
    assert len(account.builds) == 2


@pytest.mark.parametrize("call", [1, 2, 3])
def test_killed_after_any_call_it_ends_in_the_same_place(call: int) -> None:
    account = Account()
    account.die_after = call
    with pytest.raises(Killed):
        take(account)
    account.die_after = 0
    taken = take(account)
    assert (account.get("candidate"), taken["status"]) == (RECORD, "waiting")
    assert taken["build"] == account.builds[-1]


def test_a_busy_deployer_is_waited_for_since_its_build_may_have_read_the_account_before() -> None:
    account = Account()
    account.busy = True
    taken = take(account)
    assert (taken["status"], taken["seconds"], "build" in taken) == ("waiting", WAIT, False)
    account.busy = False
    assert take(account, taken)["build"] == account.builds[0]


def test_a_build_that_fails_fails_the_execution_and_names_it() -> None:
    taken = take(account := Account())
    account.status = "FAILED"
    ended = take(account, taken)
    assert ended["status"] == "failed"
    assert account.builds[0] in ended["reason"]


def test_without_a_deployer_the_version_waits_for_an_up() -> None:
    account = Account()
    assert take(account, deployer="")["status"] == "succeeded"
    assert account.get("candidate") == RECORD
    assert account.builds == []


@pytest.mark.parametrize("verdict", ["promoted", "rejected", "rolled-back"])
def test_a_version_on_which_there_is_a_verdict_is_not_tried_again(verdict: str) -> None:
    account = Account()
    account.put(f"decisions/{VERSION}", {"version": VERSION, "verdict": verdict, "reason": "slow"})
    assert_refused(account, verdict)


@pytest.mark.parametrize("place", ["/takeoff/test/freeze", "/takeoff/test/m/freeze"])
def test_while_it_is_frozen_a_version_is_left_and_unfreezing_takes_it_up(place: str) -> None:
    account = Account()
    account.parameters[place] = json.dumps({"who": "ann", "why": "audit"})
    ended = take(account)
    assert ended["status"] == "succeeded"
    assert "audit" in ended["reason"]
    assert (account.get("candidate"), account.builds) == (None, [])
    del account.parameters[place]
    assert "build" in take(account, {"model": MODEL})
    assert account.get("candidate") == RECORD


def test_the_live_version_is_left_alone() -> None:
    account = Account(live=VERSION)
    assert take(account)["reason"] == "it is the approved version"
    assert account.changes == 0


def test_a_model_without_an_approved_package_has_nothing_to_admit() -> None:
    account = Account()
    account.package["ModelApprovalStatus"] = "PendingManualApproval"
    assert take(account, {"model": MODEL})["status"] == "succeeded"
    assert take(account)["reason"] == "it is PendingManualApproval by now"
    assert account.changes == 0


def test_a_person_may_approve_what_the_gates_asked_about_but_not_what_they_refused() -> None:
    assert "build" in take(Account(verdict={**VERDICT, "outcome": "ask"}))
    assert_refused(Account(verdict={**VERDICT, "outcome": "refuse", "reasons": ["unfair"]}), "unfair")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({}, "names no model or no run"),
        ({"model": "m"}, "names no model or no run"),
        ({"model": "other", "run": "s3://features/runs/other/r1"}, "whose group is takeoff-test-other"),
        ({"model": "M/../x", "run": "s3://features/runs/m/r1"}, "lower-case letters"),
        ({"model": "m", "run": "s3://features/runs/other/r1"}, "below runs/m/"),
        ({"model": "m", "run": "s3://features/runs/m/none"}, "what the run's gates wrote"),
    ],
)
def test_a_package_that_is_not_the_models_own_is_refused(metadata: dict[str, str], said: str) -> None:
    account = Account()
    account.package["CustomerMetadataProperties"] = metadata
    assert_refused(account, said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "xyz"}, "12 hex digits"),
        ({"version": None}, "12 hex digits"),
        ({"algorithm": None}, "algorithm or metrics"),
        ({"metrics": {"accuracy": "high"}}, "algorithm or metrics"),
        ({"metrics": {"accuracy": float("nan")}}, "algorithm or metrics"),
        ({"metrics": [1]}, "algorithm or metrics"),
        ({"outcome": "perhaps"}, "'perhaps'"),
    ],
)
def test_a_verdict_that_says_too_little_is_refused(change: dict[str, Any], said: str) -> None:
    assert_refused(Account(verdict={**VERDICT, **change}), said)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]"])
def test_a_verdict_that_is_none_is_refused(body: bytes) -> None:
    account = Account()
    account.objects["features", "runs/m/r1/output/decide/verdict.json"] = body
    assert_refused(account, "")


def test_a_package_without_an_artifact_is_refused() -> None:
    account = Account()
    account.package["InferenceSpecification"] = {"Containers": [{}]}
    assert_refused(account, "artifact")


def test_what_is_no_answer_of_s3s_is_raised_so_that_the_step_is_tried_again() -> None:
    account = Account()

    def throttled(**_: Any) -> Any:
        raise refusal("SlowDown")

    account.get_object = throttled  # type: ignore[method-assign]
    with pytest.raises(Exception, match="SlowDown"):
        take(account)


def assert_refused(account: Account, said: str) -> None:
    ended = take(account)
    assert ended["status"] == "failed"
    assert said in ended["reason"]
    assert (account.changes, account.builds) == (0, [])
