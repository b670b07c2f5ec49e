"""The judgement: what is found, what is passed over and what stays open, under any configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.configuration import Configuration, ConfigurationError, configuration, environment
from policies.declared import UNKNOWN, Declared, Graph, known
from policies.exemptions import exemption
from policies.judge import Finding, judge, judged, of_resource
from policies.rule import OWN, Broken, ResourceRule, Settings, StackRule
from tests.stacks.shipped import STACKS
from tests.unit.policies.case import declared

TODAY = date(2026, 11, 1)
BUCKET = "aws:s3/bucket:Bucket"


def too_small(resource: Declared, settings: Settings) -> str | None:
    size = known(resource.at("size"), "size")
    return None if size >= settings["least"] else f"size {size}"


def lonely(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    for bucket in graph.of(BUCKET):
        if known(bucket.at("friend"), "friend") is None:
            yield Broken(bucket, "no friend")


SIZE = ResourceRule(
    control="Takeoff.98",
    name="takeoff-98-size",
    severity="high",
    frameworks=(OWN,),
    title="a bucket is large",
    allowed="5 or more",
    fix="size: 5",
    source="https://example.com/size",
    settings={"least": 5},
    types=(BUCKET,),
    check=too_small,
)
FRIEND = StackRule(
    control="Takeoff.99",
    name="takeoff-99-friend",
    severity="low",
    frameworks=(OWN,),
    title="a bucket has a friend",
    allowed="a name",
    fix="friend: other",
    source="https://example.com/friend",
    types=(BUCKET,),
    check=lonely,
)
RULES = (SIZE, FRIEND)
SETTINGS = {rule.name: rule.settings for rule in RULES}


def bucket(name: str = "x", **props: Any) -> Declared:
    return declared(BUCKET, name, {"size": 9, "friend": "f"} | props)


def findings(*resources: Declared, rules: tuple[ResourceRule | StackRule, ...] = RULES, **config: Any) -> list[Finding]:
    content = {name.replace("_", "-"): value for name, value in config.items()}
    return judged(Graph(resources), configuration(content, SETTINGS), TODAY, rules)


def excuse(resource: str, until: str = "2026-12-31", reason: str = "moves in December") -> dict[str, str]:
    return {"resource": resource, "reason": reason, "until": until}


def test_a_violation_says_what_was_got_what_is_allowed_and_the_fix() -> None:
    (found,) = findings(bucket("small", size=1))
    assert (found.kind, found.resource, found.urn) == ("violation", "small", bucket("small").urn)
    assert found.message == "Takeoff.98 a bucket is large: small: got size 1; allowed: 5 or more; fix: size: 5"


def test_a_stack_that_keeps_the_rules_has_no_finding() -> None:
    assert findings(bucket()) == []


def test_a_setting_of_the_environment_takes_the_place_of_its_default() -> None:
    assert findings(bucket(size=9), takeoff_98_size={"least": 10})[0].kind == "violation"
    assert findings(bucket(size=1), takeoff_98_size={"least": 1}) == []


def test_a_rule_over_the_stack_finds_each_that_breaks_it() -> None:
    found = findings(bucket("a", friend=None), bucket("b"), bucket("c", friend=None))
    assert [(each.rule, each.resource) for each in found] == [(FRIEND, "a"), (FRIEND, "c")]


def test_a_rule_over_the_stack_judges_no_stack_without_its_types() -> None:
    def always(_graph: Graph, _settings: Settings) -> Iterator[Broken]:
        yield Broken(bucket(), "anything")

    rule = StackRule(**{**vars(FRIEND), "check": always})
    assert findings(declared("aws:sns/topic:Topic"), rules=(rule,)) == []
    assert len(findings(bucket(), rules=(rule,))) == 1
    everywhere = StackRule(**{**vars(rule), "types": ()})
    assert len(findings(declared("aws:sns/topic:Topic"), rules=(everywhere,))) == 1


def test_what_is_unknown_is_one_line_for_each_rule() -> None:
    (found,) = findings(*(bucket(name, size=UNKNOWN) for name in "abcde"))
    assert (found.kind, found.rule) == ("unknown", SIZE)
    assert "size" in found.message
    assert "5 resources: a, b, c ..." in found.message


def test_a_rule_over_the_stack_keeps_what_it_found_before_the_unknown() -> None:
    found = findings(bucket("a", friend=None), bucket("b", friend=UNKNOWN))
    assert [(each.kind, each.resource) for each in found] == [("violation", "a"), ("unknown", "")]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_that_raises_is_a_finding_that_names_the_error(rule: ResourceRule | StackRule) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("sizes")

    (found,) = findings(bucket(), rules=(type(rule)(**{**vars(rule), "check": broken}),))
    assert found.kind == "error"
    assert rule.name in found.message
    assert "KeyError: 'sizes'" in found.message


def test_an_exemption_is_no_excuse_for_a_rule_that_raises() -> None:
    found = findings(bucket("a", size=None), takeoff_98_size={"exemptions": [excuse("*")]})
    assert [each.kind for each in found] == ["error"]


def test_an_exemption_passes_over_what_it_names_and_says_why() -> None:
    exemptions = [excuse("old-*")]
    found = findings(bucket("old-a", size=1), bucket("new", size=1), takeoff_98_size={"exemptions": exemptions})
    assert [(each.kind, each.resource) for each in found] == [("exempt", "old-a"), ("violation", "new")]
    assert "moves in December" in found[0].message
    assert "2026-12-31" in found[0].message
    assert "size 1" in found[0].message


def test_an_exemption_covers_a_rule_over_the_stack_and_no_other_rule() -> None:
    found = findings(bucket("a", size=1, friend=None), takeoff_99_friend={"exemptions": [excuse("a")]})
    assert [(each.rule, each.kind) for each in found] == [(SIZE, "violation"), (FRIEND, "exempt")]


def test_an_exemption_holds_on_its_last_day_and_not_on_the_next() -> None:
    on = findings(bucket("a", size=1), takeoff_98_size={"exemptions": [excuse("a", "2026-11-01")]})
    after = findings(bucket("a", size=1), takeoff_98_size={"exemptions": [excuse("a", "2026-10-31")]})
    assert [each.kind for each in on] == ["exempt"]
    assert [each.kind for each in after] == ["violation", "expired"]
    assert "2026-10-31" in after[1].message


def test_an_expired_exemption_is_a_finding_even_where_nothing_breaks_its_rule() -> None:
    (found,) = findings(bucket(), takeoff_98_size={"exemptions": [excuse("gone", "2026-10-31")]})
    assert (found.kind, found.urn) == ("expired", "")


def test_an_exemption_for_nothing_is_said() -> None:
    (found,) = findings(bucket("a"), takeoff_98_size={"exemptions": [excuse("a")]})
    assert (found.kind, found.resource) == ("exempt", "")
    assert "for nothing" in found.message


def test_an_exemption_is_not_for_nothing_while_its_resource_is_unknown() -> None:
    exemptions = [excuse("a")]
    size = findings(bucket("a", size=UNKNOWN), takeoff_98_size={"exemptions": exemptions})
    friend = findings(bucket("a", friend=UNKNOWN), takeoff_99_friend={"exemptions": exemptions})
    assert [each.kind for each in (*size, *friend)] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "wrong",
    [
        "a",
        {},
        {"resource": "a", "until": "2026-12-31"},
        excuse("a", reason="  "),
        excuse("a", until="soon"),
        excuse("a", until="2026-02-30"),
        excuse("a", until="31.12.2026"),
        excuse("") | {"resource": ""},
        {**excuse("a"), "until": 20261231},
        {**excuse("a"), "note": "more"},
    ],
)
def test_an_exemption_that_is_none_is_a_finding_and_excuses_nothing(wrong: Any) -> None:
    with pytest.raises(ValueError, match="allowed"):
        exemption(wrong)
    found = findings(bucket("a", size=1), takeoff_98_size={"exemptions": [wrong]})
    assert [each.kind for each in found] == ["violation", "error"]
    assert SIZE.name in found[1].message
    assert "environments" in found[1].message


def test_exemptions_that_are_no_list_are_a_finding() -> None:
    found = findings(bucket("a", size=1), takeoff_98_size={"exemptions": excuse("a")})
    assert [each.kind for each in found] == ["violation", "error"]


def test_one_bad_exemption_takes_nothing_from_a_good_one() -> None:
    found = findings(bucket("a", size=1), takeoff_98_size={"exemptions": ["bad", excuse("a")]})
    assert [each.kind for each in found] == ["exempt", "error"]


def test_a_rule_that_is_off_finds_nothing() -> None:
    assert findings(bucket(size=1), takeoff_98_size="disabled") == []
    assert findings(bucket(size=1), all="disabled") == []


def test_one_resource_is_judged_as_in_its_stack() -> None:
    config = Configuration({SIZE.name: {"exemptions": [excuse("a")]}})
    assert [each.kind for each in of_resource(SIZE, bucket("a", size=1), config, TODAY)] == ["exempt"]
    assert [each.kind for each in of_resource(SIZE, bucket("b", size=1), config, TODAY)] == ["violation"]
    assert of_resource(SIZE, declared("aws:sns/topic:Topic"), config, TODAY) == []


@pytest.mark.parametrize(
    ("content", "level"),
    [
        ({}, "mandatory"),
        ({"all": "advisory"}, "advisory"),
        ({"all": "advisory", SIZE.name: "mandatory"}, "mandatory"),
        ({"all": "advisory", SIZE.name: {"least": 1}}, "advisory"),
        ({SIZE.name: {"enforcementLevel": "advisory"}}, "advisory"),
        ({"all": {"enforcementLevel": "disabled"}}, "disabled"),
        ({SIZE.name: "remediate"}, "mandatory"),
    ],
)
def test_what_no_configuration_says_is_mandatory(content: Mapping[str, Any], level: str) -> None:
    assert configuration(content, SETTINGS).level(SIZE) == level


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"takeoff-98-sise": "advisory"}, "takeoff-98-size"),
        ({SIZE.name: "optional"}, "advisory, mandatory, remediate, disabled"),
        ({"all": "off"}, "advisory, mandatory, remediate, disabled"),
        ({SIZE.name: {"most": 3}}, "least, exemptions"),
        ({SIZE.name: {"least": "3"}}, "number"),
        ({SIZE.name: {"least": True}}, "number"),
        ({SIZE.name: {"least": None}}, "number"),
        ({SIZE.name: 3}, "a level or an object"),
        ({"all": {"least": 3}}, "exemptions"),
    ],
)
def test_a_configuration_that_nobody_can_mean_is_refused(content: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        configuration(content, SETTINGS)
    assert "got" in str(caught.value)
    assert "environments" in str(caught.value)


def test_everything_wrong_with_a_configuration_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration({"nobody": "advisory", SIZE.name: {"most": 1, "least": "x"}}, SETTINGS)
    assert len(str(caught.value).splitlines()) == 3


def test_an_environment_without_a_file_leaves_all_mandatory() -> None:
    assert environment("nowhere") == {}


@pytest.mark.parametrize("text", ["{", "[]", '"mandatory"'])
def test_an_environment_whose_file_is_no_json_object_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.json").write_text(text)
    monkeypatch.setattr("policies.configuration.FOLDER", tmp_path)
    with pytest.raises(ConfigurationError, match=r"odd\.json: got .*allowed: a JSON object"):
        environment("odd")


@pytest.mark.parametrize("stack", STACKS)
def test_every_shipped_stack_has_a_configuration_that_rules_accept(stack: str) -> None:
    content = environment(stack)
    assert content["all"] == ("mandatory" if stack in ("staging", "prod") else "advisory")
    assert {each.kind for each in judge([], content, TODAY)} <= {"exempt"}
