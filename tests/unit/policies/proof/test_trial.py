"""A mutant is killed only by a rule of a control that must see it, and only where its twin passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.declared import UNKNOWN, Declared, known
from policies.proof import trial
from policies.proof.__main__ import main
from policies.proof.equivalents import EQUIVALENTS
from policies.proof.operators import mutants
from policies.proof.properties import Property
from policies.proof.table import data, markdown, plain, rows
from policies.proof.trial import Proof, proof
from policies.rule import OWN, ResourceRule, Rule
from tests.unit.policies.case import declared as resource

TODAY = date(2026, 11, 23)
TYPE = "aws:s3/bucketVersioning:BucketVersioning"
TWIN = [resource(TYPE, "raw", on=True, versioningConfiguration={"status": "Enabled"})]
FLIP = Property(type=TYPE, path="on", kind="boolean", why="", safe=True, operators={"flip": ("X.1", "X.2")})
DROP = Property(type=TYPE, path="versioningConfiguration", kind="presence", why="", operators={"drop": ("X.1",)})


@pytest.fixture(autouse=True)
def _no_equivalents(monkeypatch: pytest.MonkeyPatch) -> None:
    for pattern in list(EQUIVALENTS):
        monkeypatch.delitem(EQUIVALENTS, pattern)


def rule(control: str, check: Callable[[Declared], str | None]) -> Rule:
    return ResourceRule(
        control=control,
        name=f"{control.lower().replace('.', '-')}-on",
        severity="low",
        frameworks=(OWN,),
        title="is on",
        allowed="on",
        fix="on=True",
        source="https://docs.aws.amazon.com",
        types=(TYPE,),
        check=lambda each, _: check(each),
    )


def is_on(each: Declared) -> str | None:
    return None if known(each.at("on"), "on") else "off"


def run(*rules: Rule, of: Sequence[Property] = (FLIP,), twin: Sequence[Declared] = TWIN, **more: Any) -> Proof:
    return proof(twin, mutants(twin, of), more.pop("config", {}), TODAY, seed=5, rules=rules, **more)


@pytest.mark.parametrize("control", ["X.1", "X.2"])
def test_a_rule_of_any_control_that_is_named_kills(control: str) -> None:
    found = run(rule(control, is_on))

    assert [each.outcome for each in found.verdicts] == ["killed"]
    assert found.verdicts[0].by == (f"{control.lower().replace('.', '-')}-on",)
    assert "got off" in found.verdicts[0].said
    assert found.holds


def test_a_rule_of_another_control_does_not_kill() -> None:
    found = run(rule("X.3", is_on))

    assert [each.outcome for each in found.verdicts] == ["survived"]
    assert not found.holds


def test_what_a_rule_finds_in_the_twin_too_does_not_kill_and_is_a_false_positive() -> None:
    found = run(rule("X.1", lambda _: "something"))

    assert [each.outcome for each in found.verdicts] == ["survived"]
    assert len(found.false) == 1
    assert not found.holds


def test_a_false_positive_fails_a_proof_in_which_nothing_survives() -> None:
    found = run(rule("X.1", is_on), rule("X.9", lambda _: "something"))

    assert (len(found.of("killed")), len(found.false), found.holds) == (1, 1, False)


@pytest.mark.parametrize(
    "check",
    [lambda each: None if each.at("on") else known(UNKNOWN, "on"), lambda each: None if each.at("on") else 1 / 0],
    ids=["does not know", "fails"],
)
def test_a_rule_that_does_not_know_or_fails_does_not_kill(check: Callable[[Declared], str | None]) -> None:
    assert [each.outcome for each in run(rule("X.1", check)).verdicts] == ["survived"]


def test_a_rule_that_an_environment_switches_off_or_exempts_does_not_kill() -> None:
    exemption = {"resource": "raw", "reason": "why not", "until": "2027-01-01"}

    for entry in ("disabled", {"exemptions": [exemption]}):
        found = run(rule("X.1", is_on), config={"x-1-on": entry})
        assert [each.outcome for each in found.verdicts] == ["survived"]


def test_a_mutant_that_the_sdk_refuses_is_invalid_whatever_the_rules_say() -> None:
    found = run(rule("X.1", is_on), of=(FLIP, DROP))

    assert [each.outcome for each in found.verdicts] == ["killed", "invalid"]
    assert found.holds


def test_an_equivalent_mutant_is_counted_apart_and_too_many_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EQUIVALENTS, "flip BucketVersioning raw *", "it is on anyway")

    found = run(rule("X.3", is_on))

    assert [each.outcome for each in found.verdicts] == ["equivalent"]
    assert (found.share, found.seen, found.idle, found.holds) == (1.0, (), (), False)
    assert "| `flip BucketVersioning raw *` | 1 | it is on anyway |" in markdown(found, "today")


def test_an_equivalent_that_a_rule_sees_fails_the_proof_and_one_that_no_mutant_has_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(EQUIVALENTS, "flip *", "wrongly")
    monkeypatch.setitem(EQUIVALENTS, "fold *", "nothing is called so")

    found = run(rule("X.1", is_on))

    assert (found.seen, found.idle) == (("flip BucketVersioning raw on",), ("fold *",))
    assert not found.holds


def test_a_proof_without_a_killed_mutant_does_not_hold() -> None:
    assert not run(rule("X.1", is_on), of=()).holds


def test_processes_change_nothing_and_progress_reaches_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "CHUNK", 1)
    twin = [resource(TYPE, name, on=True) for name in ("a", "b", "c")]
    told: list[tuple[int, int]] = []
    rules = (rule("X.1", lambda each: is_on(each) if each.name != "b" else None),)

    alone = run(*rules, twin=twin)
    together = run(*rules, twin=twin, jobs=2, told=lambda done, of: told.append((done, of)))

    assert [each.outcome for each in together.verdicts] == ["killed", "survived", "killed"]
    assert [(v.mutant.id, v.outcome, v.said) for v in together.verdicts] == [
        (v.mutant.id, v.outcome, v.said) for v in alone.verdicts
    ]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_table_counts_by_operator_and_names_survivors_with_their_controls() -> None:
    twin = [resource(TYPE, name, on=True, versioningConfiguration={}) for name in "abcdefghij"]
    found = run(rule("X.1", lambda each: is_on(each) if each.name != "b" else None), of=(FLIP, DROP), twin=twin)
    held = [each.mutant.held_out(5) for each in found.verdicts]

    (flips, drops, whole) = rows(found)

    assert flips[:6] == ("flip", "10", "0", "0", "9", "1")
    assert drops[:6] == ("drop", "10", "10", "0", "0", "0")
    assert whole[:7] == ("all", "20", "10", "0", "9", "1", str(sum(held)))
    assert 0 < sum(held) < 20
    assert "survived: flip BucketVersioning b on; should have been seen by X.1 or X.2" in plain(found)
    assert plain(found).splitlines()[-1].startswith("FAILS: 1 rules, 10 mutants that pulumi-aws accepts, 9 killed")


def test_everything_is_there_for_a_machine() -> None:
    found = json.loads(json.dumps(data(run(rule("X.1", is_on)))))

    assert found["holds"] is True
    assert found["mutants"][0] | {"held out": None} == {
        "id": "flip BucketVersioning raw on",
        "urn": TWIN[0].urn,
        "path": "on",
        "controls": ["X.1", "X.2"],
        "outcome": "killed",
        "by": ["x-1-on"],
        "said": "X.1 is on: raw: got off; allowed: on; fix: on=True",
        "held out": None,
    }


@pytest.mark.parametrize(
    ("content", "config", "says"),
    [
        (None, None, "No such file"),
        ("Diagnostics: none", None, "--show-sames"),
        ("preview", "{", "Expecting"),
        ("preview", '{"nobody-has-this": "advisory"}', "nobody-has-this"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    content: str | None, config: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest, settings = tmp_path / "digest.json", tmp_path / "config.json"
    arguments = [str(digest), "--jobs", "1"]
    if content:
        digest.write_text(preview() if content == "preview" else content)
    if config:
        settings.write_text(config)
        arguments += ["--config", str(settings)]

    assert main(arguments) == 2
    assert says in capsys.readouterr().err


def test_a_survivor_is_exit_status_1_and_the_table_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest, out = tmp_path / "digest.json", tmp_path / "out.json"
    digest.write_text(preview())

    # A vault lock that no rule of ours speaks of: nothing is killed, so nothing is proved.
    assert main([str(digest), "--jobs", "1", "--json", str(out)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAILS")
    assert json.loads(out.read_text())["holds"] is False


def preview() -> str:
    urn = "urn:pulumi:prod::takeoff::aws:x/vault:Vault::a"
    return json.dumps({"steps": [{"op": "same", "urn": urn, "newState": {"urn": urn, "type": "aws:x/vault:Vault"}}]})
