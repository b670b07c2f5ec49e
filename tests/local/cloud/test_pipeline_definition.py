"""Definitions without a machine: what a value stands for, what is refused, and the order that an execution works in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, strategies

from local.cloud import pipeline_record, pipeline_run
from local.cloud.account import Account
from local.cloud.clock import Clock
from local.cloud.pipeline_calls import job_name
from local.cloud.pipeline_definition import Definition, DefinitionError, Step, parse, values
from local.cloud.pipeline_expressions import ExpressionError, Values, gets, holds, resolve
from local.cloud.pipeline_run import Run

KNOWN = Values(
    parameters={"Run": "s3://b/run", "Count": 2},
    execution={"PipelineExecutionId": "abc"},
    steps={"Train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/m"}, "List": [{"A": 1}]}},
    files={("Decide", "verdict"): {"outcome": "ask", "deep": {"numbers": [1, 2]}}},
)
FILE = {"Get": "Steps.Decide.PropertyFiles.verdict"}


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": FILE, "Path": path}}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Get": "Parameters.Count"}, 2),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}, "s3://b/m"),
        ({"Get": "Steps.Train.List[0].A"}, 1),
        ({"Get": "Steps.Train.ModelArtifacts['S3ModelArtifacts']"}, "s3://b/m"),
        (json_get("outcome"), "ask"),
        (json_get("$.deep.numbers[1]"), 2),
        (
            {"Std:Join": {"On": "/", "Values": [{"Get": "Parameters.Run"}, "x", {"Get": "Parameters.Count"}]}},
            "s3://b/run/x/2",
        ),
        ([{"a": {"b": {"Get": "Parameters.Count"}}}, "text", None], [{"a": {"b": 2}}, "text", None]),
    ],
)
def test_an_expression_is_what_it_stands_for_wherever_it_stands(value: Any, found: Any) -> None:
    assert resolve({"within": [value]}, KNOWN) == {"within": [found]}


@pytest.mark.parametrize(
    "value",
    [
        {"Get": "Parameters.Other"},
        {"Get": "Steps.Other.ModelArtifacts"},
        {"Get": "Steps.Train.Nothing"},
        {"Get": "Steps.Train.List[5]"},
        {"Get": "Steps.Train.PropertyFiles.verdict"},
        {"Get": "Nothing"},
        json_get("missing"),
        {"Std:Sum": [1, 2]},
        {"Std:JsonGet": {"S3Uri": "s3://b/x", "Path": "a"}},
    ],
)
def test_an_expression_without_a_value_says_which_it_is(value: Any) -> None:
    with pytest.raises(ExpressionError, match=r"\w"):
        resolve(value, KNOWN)


@given(
    strategies.recursive(
        strategies.none() | strategies.integers() | strategies.text("ab"),
        lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text("ab"), inner),
        max_leaves=9,
    )
)
def test_what_holds_no_expression_stays_as_it_is(value: Any) -> None:
    assert resolve(value, KNOWN) == value
    assert gets(value) == []


def is_(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (is_("Equals", json_get("outcome"), "ask"), True),
        (is_("Equals", json_get("outcome"), "approve"), False),
        (is_("GreaterThan", {"Get": "Parameters.Count"}, 1), True),
        (is_("GreaterThanOrEqualTo", 2, {"Get": "Parameters.Count"}), True),
        (is_("LessThan", {"Get": "Parameters.Count"}, 2), False),
        (is_("LessThanOrEqualTo", {"Get": "Parameters.Count"}, 2), True),
        ({"Type": "In", "QueryValue": json_get("outcome"), "Values": ["approve", "ask"]}, True),
        ({"Type": "In", "QueryValue": "refuse", "Values": ["approve", "ask"]}, False),
        ({"Type": "Not", "Expression": is_("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [is_("Equals", 1, 2), is_("Equals", 1, 1)]}, True),
        ({"Type": "Or", "Conditions": [is_("Equals", 1, 2)]}, False),
    ],
)
def test_a_condition_is_true_or_false(condition: dict[str, Any], outcome: bool) -> None:
    assert holds(condition, KNOWN) is outcome


@pytest.mark.parametrize("condition", [is_("LessThan", "a", 1), {"Type": "And", "Conditions": []}])
def test_a_condition_that_cannot_be_told_is_an_error(condition: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError, match=r"cannot be compared|allowed: Equals"):
        holds(condition, KNOWN)


def fail(name: str, *after: str, said: Any = "x", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": said}, "DependsOn": list(after), **more}


def condition(name: str, *branch: dict[str, Any], test: Any = None) -> dict[str, Any]:
    arguments = {"Conditions": [test or is_("Equals", 1, 1)], "IfSteps": list(branch), "ElseSteps": []}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def text(*steps: dict[str, Any], parameters: Any = ()) -> str:
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ("{", "Unable to parse pipeline definition"),
        ("[]", "Unable to parse pipeline definition"),
        ('{"Steps": [{"Name": "A"}]}', "Unable to parse pipeline definition. KeyError: 'Type'"),
        (text(fail("A"), condition("C", fail("A"))), "step names must be unique: A"),
        (text(fail("A", "B")), "step A depends on B, which is no step"),
        (text(fail("A", said={"Get": "Steps.B.X"})), "step A depends on B"),
        (text(fail("A", "B"), fail("B", "A")), "depend on each other in a circle: A, B"),
        (text(fail("A", said={"Get": "Parameters.P"})), "step A: parameters P are not declared"),
        (text(condition("C", condition("D"))), "nested condition steps are not supported: D"),
        (text({"Name": "T", "Type": "Transform", "Arguments": {}}), r"step T is of type Transform.*docs/limits\.md"),
        (text(fail("A", CacheConfig={"Enabled": True})), "no cache and no retries"),
        (text(fail("A"), fail("B", {"Step": "A", "Trigger": "Failed"})), "serves names"),  # type: ignore[arg-type]
    ],
)
def test_a_definition_that_cannot_run_is_refused_when_it_is_made(definition: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        parse(definition)


TYPED = [{"Name": name, "Type": name} for name in ("String", "Integer", "Float", "Boolean")]
GIVEN = {"String": "s", "Integer": "3", "Float": "0.5", "Boolean": "true"}


def pairs(given: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in given.items()]


def test_parameters_have_their_types_and_their_defaults() -> None:
    defaults = parse(text(parameters=[one | {"DefaultValue": "7"} for one in TYPED[:2]]))
    assert values(parse(text(parameters=TYPED)), pairs(GIVEN)) == {
        "String": "s",
        "Integer": 3,
        "Float": 0.5,
        "Boolean": True,
    }
    assert values(defaults, pairs({"Integer": "1"})) == {"String": "7", "Integer": 1}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Other": "x"}, r"\[Other\] are not defined in the pipeline; it has: Boolean, Float, Integer, String"),
        ({"String": ""}, "too short"),
        ({"Integer": "1.5"}, "allowed: a value of type Integer"),
        ({"Boolean": "maybe"}, "allowed: a value of type Boolean"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(changed: Mapping[str, str], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        values(parse(text(parameters=TYPED)), pairs(GIVEN | changed))


def test_a_jobs_name_is_as_aws_makes_it_and_short_enough() -> None:
    name = job_name("abcdefghijkl", "A" * 80)
    assert (len(name), name.startswith("pipelines-abcdefghijkl-AAAA"), name[-11]) == (63, True, "-")
    assert job_name("abcdefghijkl", "Train") != job_name("abcdefghijkl", "Train")


class Service:
    """An account whose jobs end as they are told to, each at its second look."""

    def __init__(self, ends: Mapping[str, str], refuses: str = "") -> None:
        self.ends, self.refuses, self.calls, self.looks = ends, refuses, list[str](), dict[str, int]()
        self.stopped: set[str] = set()

    def start(self, kind: str, name: str, arguments: Mapping[str, Any]) -> str:
        step = name.split("-")[2]
        if step == self.refuses:
            raise ClientError({"Error": {"Code": "ResourceLimitExceeded", "Message": "no more"}}, "Create")
        self.calls.append(f"start {step}")
        return f"arn:{name}"

    def describe(self, kind: str, name: str) -> dict[str, Any]:
        step = name.split("-")[2]
        self.looks[step] = self.looks.get(step, 0) + 1
        status = "InProgress" if self.looks[step] < 2 else self.ends.get(step, "Completed")
        return {f"{kind}JobStatus": "Stopped" if name in self.stopped else status, "FailureReason": "broke"}

    def stop(self, kind: str, name: str) -> None:
        self.stopped.add(name)

    def register(self, token: str, arguments: Mapping[str, Any]) -> str:
        self.calls.append(f"register {arguments['Name']}")
        return "arn:package"

    def file(self, step: Step, name: str, job: Mapping[str, Any]) -> Any:
        return {"outcome": "approve"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Works on a definition with a fake account and answers the execution's record and the service."""
    monkeypatch.setattr(pipeline_run, "LEAST", 0.0)
    monkeypatch.setattr(pipeline_run, "refusal", lambda *_: None)

    def put(entries: Any) -> None:
        heard.append(json.loads(entries[0]["Detail"])["currentPipelineExecutionStatus"])

    heard: list[str] = []
    backend = {"us-east-1": SimpleNamespace(put_events=put)}
    monkeypatch.setattr(pipeline_record, "events_backends", {pipeline_record.ACCOUNT: backend})

    def work(definition: Definition, service: Service, *, stopping: bool = False) -> Any:
        execution = SimpleNamespace(
            arn="arn:p/execution/e",
            pipeline_execution_description=None,
            pipeline_execution_display_name=None,
            start_time=datetime(2026, 1, 1),
        )
        pipeline_record.begin(execution, SimpleNamespace(arn="arn:p"), [], "us-east-1")
        known = Values(parameters={}, execution={"PipelineExecutionId": "e"}, steps={}, files={})
        one = Run(execution, definition, known, "role", service, Account(), Clock(speed=1000))
        if stopping:
            start = service.start

            def begun(kind: str, name: str, arguments: Mapping[str, Any]) -> str:
                execution.pipeline_execution_status = "Stopping"
                return start(kind, name, arguments)

            monkeypatch.setattr(service, "start", begun)
        one.run()
        execution.heard = heard
        return execution

    return work


def job(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Processing", "Arguments": {}, "DependsOn": list(after), **more}


def statuses(execution: Any) -> dict[str, str]:
    return {each["StepName"]: each["StepStatus"] for each in execution.steps}


def test_a_step_begins_when_all_that_it_waits_for_has_succeeded(run: Callable[..., Any]) -> None:
    service = Service({})
    execution = run(parse(text(job("C", "A", "B"), job("A"), job("B", "A"))), service)
    assert service.calls == ["start A", "start B", "start C"]
    assert (execution.pipeline_execution_status, execution.heard) == ("Succeeded", ["Executing", "Succeeded"])
    assert execution.steps[0]["Metadata"]["ProcessingJob"]["Arn"].startswith("arn:pipelines-e-A-")


def test_a_step_that_fails_lets_what_runs_end_and_begins_nothing_more(run: Callable[..., Any]) -> None:
    service = Service({"A": "Failed"})
    execution = run(parse(text(job("A"), job("B"), job("C", "B"))), service)
    assert statuses(execution) == {"A": "Failed", "B": "Succeeded"}
    assert execution.steps[0]["FailureReason"] == "ClientError: broke"
    assert (execution.pipeline_execution_status, execution.reason) == (
        "Failed",
        "Step failure: One or multiple steps failed.",
    )


def test_a_job_that_the_account_refuses_fails_its_step(run: Callable[..., Any]) -> None:
    execution = run(parse(text(job("A"), job("B", "A"))), Service({}, refuses="A"))
    assert statuses(execution) == {"A": "Failed"}
    assert "no more" in execution.steps[0]["FailureReason"]


def test_a_branch_runs_and_the_other_does_not(run: Callable[..., Any]) -> None:
    register = {"Name": "Yes", "Type": "RegisterModel", "Arguments": {"Name": "yes"}}
    decide = job("Decide", PropertyFiles=[{"PropertyFileName": "verdict", "OutputName": "o", "FilePath": "v"}])
    yes = condition("If", register, test=is_("Equals", json_get("outcome"), "approve"))
    no = condition("Not", fail("No"), test=is_("Equals", json_get("outcome"), "refuse"))
    service = Service({})
    execution = run(parse(text(yes, no, decide)), service)
    assert service.calls == ["start Decide", "register yes"]
    assert statuses(execution) == dict.fromkeys(("Decide", "If", "Not", "Yes"), "Succeeded")
    assert execution.steps[-1]["Metadata"] == {"RegisterModel": {"Arn": "arn:package"}}


def test_a_fail_step_gives_the_execution_its_message_and_nothing_begins_after_it(run: Callable[..., Any]) -> None:
    service = Service({})
    execution = run(parse(text(fail("Stop", said="not good"), job("A"))), service)
    assert (execution.pipeline_execution_status, execution.reason, service.calls) == ("Failed", "not good", [])


def test_what_is_stopped_stops_its_jobs_and_begins_nothing_more(run: Callable[..., Any]) -> None:
    service = Service({})
    execution = run(parse(text(job("A"), job("B", "A"))), service, stopping=True)
    assert statuses(execution) == {"A": "Stopped"}
    assert (execution.pipeline_execution_status, execution.reason) == ("Stopped", None)
