"""Nodes and pods over time, in the table and on the page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import cast

import pytest
from rich.console import Console

from local.cluster.api import Api
from local.simulate.bill import Bill
from local.simulate.chart import page
from local.simulate.mirror import Mirror
from local.simulate.outcome import Outcome
from local.simulate.table import table
from local.simulate.timeline import Timeline
from scenarios.verdict import Fact, Verdict
from tests.local.simulate.objects import machine, pod


class Said(list[str]):
    """What was said, and a clock that goes on by two seconds a look."""

    def __init__(self) -> None:
        self._times: Iterator[float] = iter(float(second) for second in range(0, 1000, 2))

    def __call__(self, at: float, text: str) -> None:
        self.append(text)

    def clock(self) -> float:
        return next(self._times)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def timeline(said: Said) -> Timeline:
    made = Timeline(Mirror(cast(Api, None)), said, said.clock)
    made.scenario = "cpu"
    return made


def test_a_sample_counts_nodes_by_pool_and_pods_that_run_and_wait(timeline: Timeline) -> None:
    mirror = timeline.mirror
    mirror.nodes.take("ADDED", machine("n1"))
    mirror.nodes.take("ADDED", machine("n2", "gpu"))
    for made in (pod("runs", node="n1"), pod("waits"), pod("leaves", node="n1", leaving=True), pod("other", "")):
        mirror.pods.take("ADDED", made)
    mirror.pods.take("ADDED", pod("done", node="n1", phase="Succeeded"))
    sample = timeline.look()
    assert (sample.nodes, sample.running, sample.waiting) == ({"general": 1, "gpu": 1}, 1, 1)
    assert str(sample) == "nodes: general 1, gpu 1; pods: 1 running, 1 waiting"


def test_of_samples_that_are_the_same_the_first_and_the_last_stay(timeline: Timeline) -> None:
    for _ in range(5):
        timeline.look()
    timeline.mirror.nodes.take("ADDED", machine("n1"))
    timeline.look()
    assert [sum(each.nodes.values()) for each in timeline.samples] == [0, 0, 1]
    assert timeline.samples[1].at > timeline.samples[0].at + 4


def test_what_changes_is_said_now_and_then_and_never_twice(timeline: Timeline, said: Said) -> None:
    for _ in range(6):
        timeline.look()
    assert said == ["nodes: none; pods: 0 running, 0 waiting"]
    timeline.mirror.nodes.take("ADDED", machine("n1"))
    for _ in range(3):
        timeline.look()
    assert said[1:] == ["nodes: general 1; pods: 0 running, 0 waiting"]


def test_the_most_of_a_scenario_is_its_own(timeline: Timeline) -> None:
    timeline.mirror.nodes.take("ADDED", machine("n1"))
    timeline.mirror.pods.take("ADDED", pod("runs", node="n1"))
    timeline.look()
    timeline.scenario = "gpu"
    timeline.mirror.nodes.take("DELETED", machine("n1"))
    timeline.look()
    assert timeline.most("cpu") == (1, 1)
    assert timeline.most("gpu") == (0, 1)
    assert timeline.most("spot") == (0, 0)


def outcome(name: str, *, fine: bool) -> Outcome:
    verdict = Verdict(name, f"Title of {name}", [Fact(text="5 < 6 & more", fine=fine)], seconds=12)
    bill = Bill(nodes={"c7i.large": 2}, usd=Decimal("0.18"))
    return Outcome(verdict, nodes=2, pods=9, to_running=1.25, predicted=bill, provisioned=bill)


def test_the_page_has_every_scenario_its_facts_and_its_lines_and_nothing_from_elsewhere(timeline: Timeline) -> None:
    timeline.look()
    timeline.tell("scale vision to 10")
    timeline.mirror.nodes.take("ADDED", machine("n1"))
    timeline.mirror.pods.take("ADDED", pod("runs", node="n1"))
    timeline.look()
    made = page(
        "node pools", [outcome("cpu", fine=True), outcome("gpu", fine=False)], timeline.samples, timeline.entries
    )
    assert "node pools: 1 of 2 scenarios" in made
    assert "5 &lt; 6 &amp; more" in made
    assert made.count("<svg") == 2  # nodes and pods of the one that has samples
    assert "general (most 1)" in made
    assert "scale vision to 10" in made
    assert "http" not in made
    assert "<script" not in made


def test_the_table_tells_which_holds_and_which_fails() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(table("pools", [outcome("cpu", fine=True), outcome("gpu", fine=False)]))
    lines = cast(io.StringIO, console.file).getvalue().splitlines()
    cpu, gpu = (next(line for line in lines if name in line) for name in ("cpu", "gpu"))
    assert "holds" in cpu
    assert "1/1" in cpu
    assert "2 at 0.18" in cpu
    assert "FAILS" in gpu
    assert "0/1" in gpu


def test_an_outcome_as_json_has_its_verdict_and_both_bills() -> None:
    made = outcome("cpu", fine=True).document()
    assert made["fine"] is True
    assert made["facts"] == [{"text": "5 < 6 & more", "fine": True}]
    assert made["predicted"] == {"nodes": {"c7i.large": 2}, "usd_per_hour": 0.18, "unplaced": 0}
