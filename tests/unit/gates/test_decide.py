"""The approval rule over reports, and what a report is once it is read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_code.gates.decide import decide
from model_code.gates.report import GATES, Finding, Identity, Report, ReportError, Severity

ABOUT = Identity(data="v2", model="0123456789ab", commit="c0ffee")
SEVERITIES: list[Severity] = ["stop", "ask", "note"]


def report(gate: str, *severities: Severity) -> Report:
    findings = tuple(Finding(name="x", severity=one, text="t") for one in severities)
    return Report(gate=gate, identity=replace(ABOUT, model="") if gate == "data" else ABOUT, findings=findings)


CLEAN = [report(gate) for gate in GATES]


def test_four_clean_reports_about_the_same_things_approve() -> None:
    verdict = decide(CLEAN)
    assert verdict.passed
    assert verdict.reasons == ()


@given(st.lists(st.lists(st.sampled_from(SEVERITIES), max_size=3), min_size=4, max_size=4))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_worst_finding_decides(findings: list[list[Severity]]) -> None:
    verdict = decide([report(gate, *found) for gate, found in zip(GATES, findings, strict=True)])
    every = [one for found in findings for one in found]
    assert verdict.outcome == ("refuse" if "stop" in every else "ask" if "ask" in every else "approve")
    assert verdict.passed == ("stop" not in every and "ask" not in every)


@pytest.mark.parametrize("gate", GATES)
def test_silence_never_approves(gate: str) -> None:
    missing = [one for one in CLEAN if one.gate != gate]
    assert decide(missing).outcome == "refuse"
    assert decide(missing, [one for one in GATES if one != gate]).passed
    assert decide([*CLEAN, report(gate)]).outcome == "refuse"
    assert decide([]).outcome == "refuse"


@pytest.mark.parametrize("what", ["data", "model", "commit"])
@pytest.mark.parametrize("gate", GATES[1:])
def test_reports_about_different_things_refuse(gate: str, what: str) -> None:
    other = [replace(one, identity=replace(ABOUT, **{what: "other"})) if one.gate == gate else one for one in CLEAN]
    verdict = decide(other)
    assert verdict.outcome == "refuse"
    assert f"different {what}" in verdict.reasons[0]


def test_a_report_that_names_no_version_refuses() -> None:
    assert decide([replace(one, identity=Identity(data="v2")) for one in CLEAN]).outcome == "refuse"


def test_a_report_comes_back_from_its_json() -> None:
    one = report("evaluate", "note", "stop")
    assert Report.read(one.to_json()) == one


def test_a_report_whose_verdict_was_edited_is_refused() -> None:
    text = report("evaluate", "stop").to_json()
    with pytest.raises(ReportError, match="says passed=True"):
        Report.read(json.dumps({**json.loads(text), "passed": True}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"gate": "data"}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="not a gate's report"):
        Report.read(text)


def test_a_gate_or_a_severity_that_does_not_exist_is_refused() -> None:
    for text in (report("luck").to_json(), report("data", "note").to_json().replace('"note"', '"hint"')):
        with pytest.raises(ReportError):
            Report.read(text)
