"""The trial: each mutant before the rules of the controls that must see it, and the twin before all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from typing import Any, Literal

from policies.configuration import Configuration, configuration
from policies.declared import Declared, Graph
from policies.judge import STOPPING, Finding, judged
from policies.proof.equivalents import MOST, idle, reason
from policies.proof.mutant import Mutant
from policies.proof.refused import refused
from policies.rule import Rule
from policies.rules import RULES

Outcome = Literal["invalid", "equivalent", "killed", "survived"]
CHUNK = 40


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant. `by` names the rules that saw it, `said` is what the first of them said."""

    mutant: Mutant
    outcome: Outcome
    by: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True)
class Proof:
    """All verdicts over one stack.

    `false` are findings on the stack itself, `seen` equivalents that a rule sees, so that they are none, and `idle`
    patterns of equivalents that no mutant of this stack has.
    """

    verdicts: tuple[Verdict, ...]
    false: tuple[str, ...]
    seen: tuple[str, ...]
    idle: tuple[str, ...]
    seed: int
    rules: int

    def of(self, outcome: Outcome) -> list[Verdict]:
        return [each for each in self.verdicts if each.outcome == outcome]

    @property
    def share(self) -> float:
        """The equivalent mutants among those that pulumi-aws accepts, 0 to 1."""
        valid = len(self.verdicts) - len(self.of("invalid"))
        return len(self.of("equivalent")) / valid if valid else 0.0

    @property
    def holds(self) -> bool:
        """Nothing survived, nothing of the stack was found fault with, and few mutants are equivalent, rightly so."""
        return bool(self.of("killed")) and not (self.of("survived") or self.false or self.seen or self.share > MOST)


@dataclass(frozen=True)
class Court:
    """The twin and the rules by control, under one configuration and on one day.

    `before` is what they find in the twin, and `false` what of it would stop a stack that is as it should be.
    """

    twin: Sequence[Declared]
    config: Configuration
    today: date
    rules: Mapping[str, tuple[Rule, ...]]
    before: frozenset[tuple[str, str, str]]
    false: tuple[str, ...]

    def try_(self, mutant: Mutant) -> Verdict:
        """A mutant is killed where a rule of a control that must see it finds what it did not find in the twin."""
        if refused(mutant):
            return Verdict(mutant, "invalid")
        rules = [rule for control in mutant.controls for rule in self.rules.get(control, ())]
        graph = Graph(mutant.applied(self.twin))
        found = judged(graph, self.config, self.today, rules)
        seen = [each for each in found if each.kind == "violation" and _key(each) not in self.before]
        by = tuple(dict.fromkeys(each.rule.name for each in seen))
        if reason(mutant) is not None:
            return Verdict(mutant, "equivalent", by)
        return Verdict(mutant, "killed" if seen else "survived", by, seen[0].message if seen else "")


def court(twin: Sequence[Declared], content: Mapping[str, Any], today: date, rules: Sequence[Rule] = RULES) -> Court:
    """Where the mutants of a stack are tried, under a policy configuration. Raises ConfigurationError."""
    by_control: Mapping[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_control[rule.control].append(rule)
    config = configuration(content, {rule.name: rule.settings for rule in rules})
    found = judged(Graph(twin), config, today, rules)
    return Court(
        twin=twin,
        config=config,
        today=today,
        rules={control: tuple(each) for control, each in by_control.items()},
        before=frozenset(map(_key, found)),
        false=tuple(each.message for each in found if each.kind in STOPPING),
    )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.name, finding.urn, finding.message


def proof(
    twin: Sequence[Declared],
    mutants: Sequence[Mutant],
    content: Mapping[str, Any],
    today: date,
    *,
    seed: int,
    jobs: int = 1,
    told: Callable[[int, int], None] = lambda *_: None,
    rules: Sequence[Rule] = RULES,
) -> Proof:
    """Try every mutant of a stack under a policy configuration. `told` hears how many are done, of how many.

    Raises ConfigurationError where the configuration is none.
    """
    before = court(twin, content, today, rules)
    verdicts: list[Verdict] = []
    for some in _tried(before, mutants, jobs):
        verdicts += some
        told(len(verdicts), len(mutants))
    seen = [each.mutant.id for each in verdicts if each.outcome == "equivalent" and each.by]
    return Proof(tuple(verdicts), before.false, tuple(seen), tuple(idle(mutants)), seed, len(rules))


# What a worker tries: it takes this over with the process, so that no stack is sent to one.
_docket: tuple[Court, Sequence[Mutant]]


def _tried(before: Court, mutants: Sequence[Mutant], jobs: int) -> Iterator[list[Verdict]]:
    global _docket
    _docket = (before, mutants)
    chunks = [range(at, min(at + CHUNK, len(mutants))) for at in range(0, len(mutants), CHUNK)]
    if jobs <= 1:
        yield from map(_try, chunks)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        yield from pool.map(_try, chunks)


def _try(chunk: range) -> list[Verdict]:
    before, mutants = _docket
    return [before.try_(mutants[at]) for at in chunk]
