"""What the report holds, and in which order."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date

from policies.declared import UnknownError
from policies.exemptions import Exemption
from policies.judge import _unknown  # its words are a contract with the report
from policies.rules import RULES
from takeoff.preview.document import Report, Section
from takeoff.preview.judgement import EXEMPT, UNKNOWN
from takeoff.preview.report import build
from takeoff.preview.risks import BUCKET, KEY
from takeoff.preview.verdict import Environment
from tests.unit.takeoff.preview.events import Events, desired, release, wish_changes

ENVIRONMENT = Environment({"all": "advisory"})
TOPIC = "aws:sns/topic:Topic"


def report(events: Events, result: str = "succeeded", *, cut: bool = False) -> Report:
    return build(events.preview(result, cut=cut), ENVIRONMENT)


def section(found: Report, title: str) -> Section:
    return next(each for each in found.sections if each.title == title)


def test_what_is_lost_comes_first_and_unfolded_then_traffic_and_money() -> None:
    events = wish_changes(desired("1-x", main=(90, 2), c=(10, 1)), desired("1-x", main=(50, 2), c=(50, 1)))
    events.delete(KEY, "key", {})
    found = report(events)
    titles = [each.title for each in found.sections]
    assert titles[:4] == ["Replaced or destroyed", "Traffic and versions", "Cost", "Risks"]
    assert [each.title for each in found.sections if not each.folded] == [*titles[:4], "Policy"]
    assert section(found, "Traffic and versions").lines[0].text == "breast-cancer: main 90 → 50 %, c 10 → 50 %"


def test_what_failed_comes_before_everything_and_cost_and_readiness_are_left_out() -> None:
    config = {"takeoff:models": {"breast-cancer": {"traffic": {"main": 100}}}}
    for found in (report(_broken(config), "failed"), report(Events(config=config), cut=True)):
        titles = [each.title for each in found.sections]
        assert titles[0] == "What failed"
        assert not {"Cost", "Readiness"} & set(titles)
        assert any("a part" in note for note in found.notes)


def _broken(config: Mapping[str, object]) -> Events:
    events = Events(config=config)
    events.says("error", "boom")
    return events


def test_data_and_endpoints_come_before_alarms_and_what_stays_comes_last() -> None:
    events = Events()
    events.delete("aws:sagemaker/model:Model", "left", {}, old_state={"retainOnDelete": True})
    events.delete(TOPIC, "topic", {})
    events.delete(BUCKET, "bucket", {}, old_state={"protect": True})
    lines = [line.text for line in section(report(events), "Replaced or destroyed").lines]
    assert lines == [
        "s3.Bucket bucket: destroyed, protected",
        "sns.Topic topic: destroyed",
        "sagemaker.Model left: kept in the account, no longer managed",
    ]


def test_nothing_replaced_or_destroyed_is_said() -> None:
    assert section(report(Events()), "Replaced or destroyed").summary == "nothing"


def test_policies_are_told_by_control_and_a_rules_further_findings_are_folded() -> None:
    events = Events()
    events.create(TOPIC, "a", {})
    for number, urn in ((22, "b"), (4, "b"), (4, "a")):
        events.policy(f"sagemaker-{number}-x", f"SageMaker.{number} of {urn}", urn=urn)
    lines = section(report(events), "Policy").lines
    assert [line.text for line in lines] == ["SageMaker.4 of a (and 1 more of this rule)", "SageMaker.22 of b"]
    assert lines[0].details == "SageMaker.4 of b"


def test_advice_is_folded_and_what_only_the_deployment_decides_comes_last() -> None:
    events = Events()
    events.policy("a-1-x", "A.1 title: not known before deployment, or secret: policy; judged again then", "advisory")
    events.policy("b-1-x", "exempt until 2027-01-31 (a pilot): B.1 title: x: got y", "advisory")
    events.policy("c-1-x", "C.1 title: x: got y", "advisory")
    found = report(events)
    assert section(found, "Policy").summary == "0 mandatory, 1 advisory, 1 exempt, 1 decided at deployment"
    advice = section(found, "Policy: advice")
    assert advice.folded
    assert [line.text[:3] for line in advice.lines] == ["C.1", "exe", "A.1"]


def test_the_words_of_the_judge_are_the_ones_that_the_report_looks_for() -> None:
    assert UNKNOWN in _unknown(RULES[0], UnknownError("policy"))
    assert str(Exemption("x", "y", date(2027, 1, 31))).startswith(EXEMPT)


def test_unchanged_resources_are_counted_and_components_are_not() -> None:
    events = Events()
    events.same(TOPIC, "a", {})
    events.same("takeoff:data:DataLake", "lake", {})
    events.create(TOPIC, "b", {})
    assert section(report(events), "Changes").summary == "1 resource; 1 unchanged"


def test_cost_is_split_by_model_owner_and_pool_and_what_has_no_price_is_named() -> None:
    tags = {"takeoff:model": "m", "takeoff:owner": "o@example.com"}
    events = Events()
    events.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    events.same(KEY, "shared", {})
    events.create(KEY, "own", {"tags": tags})
    events.create("aws:mystery/box:Box", "box", {"tags": tags})
    found = report(events)
    cost = section(found, "Cost")
    (table,) = cost.tables
    assert table.headings == ("model", "before", "after", "change")
    assert {row[0] for row in table.rows} == {"m", "platform"}
    assert any("m: aws:mystery/box:Box" in line.text for line in cost.lines)
    owners, pools = section(found, "Cost by owner and pool").tables
    assert {row[0] for row in owners.rows} == {"o@example.com", "nobody's"}
    assert {row[0] for row in pools.rows} == {"without instances"}


def test_the_price_of_an_endpoint_follows_the_wish_and_not_the_state() -> None:
    endpoint = {"name": "takeoff-prod-breast-cancer", "endpointConfigName": "1-x"}
    events = wish_changes(desired("1-x", main=(100, 1)), desired("2-x", main=(100, 3)))
    events.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    events.same("aws:sagemaker/endpoint:Endpoint", "breast-cancer", endpoint)
    release(events, "delete", "1-x", main=("1", "ml.m5.large"))
    release(events, "create", "2-x", main=("1", "ml.m5.large"))
    (row,) = section(report(events), "Cost").tables[0].rows
    before, after = (float(cell.replace(",", "")) for cell in row[1:3])
    assert before > 0
    assert 2.9 < after / before < 3.1


ENTRY = {
    "code": "digits",
    "traffic": {"main": 100},
    "owner": "o@example.com",
    "variants": [{"name": "main", "version": "approved", "instanceType": "ml.m5.large"}],
}


def test_a_pilot_is_compared_and_warned_of_outside_three_to_five() -> None:
    events = Events(config={"takeoff:models": {"m": {**ENTRY, "pilotMonthlyCost": 1000}}})
    events.create(KEY, "own", {"tags": {"takeoff:model": "m"}})
    events.same("pulumi:providers:aws", "aws", {"region": "us-east-1"})
    (line,) = [each for each in section(report(events), "Cost").lines if "pilot" in each.text]
    assert line.text == "m: production costs 0.0 times its pilot of USD 1,000 a month, outside 3 to 5"
    assert line.tone == "warn"


def test_readiness_says_what_is_missing_and_the_lines_that_add_it() -> None:
    events = Events(config={"takeoff:models": {"m": ENTRY}})
    found = section(report(events), "Readiness")
    assert found.summary.startswith("m ")
    assert any(line.about == "what adds it" and line.details for line in found.lines)


def test_warnings_are_kept_and_folded() -> None:
    events = Events()
    events.says("warning", "mind\nthe gap")
    assert [line.text for line in section(report(events), "Warnings").lines] == ["mind the gap"]


def test_a_report_on_a_thousand_changes_takes_less_than_a_second() -> None:
    events = Events()
    for number in range(1000):
        events.update(TOPIC, f"t{number}", {"policy": "a " * 500}, {"policy": f"b{number} " * 500})
    preview = events.preview()
    began = time.process_time()
    build(preview, ENVIRONMENT)
    assert time.process_time() - began < 1
