"""The feed asks what an application would ask, about each row once, and tells outcomes by the names it asked under."""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from model_code.risk import traffic
from model_code.risk.spec import SPEC
from model_code.world.knobs import Drift, LabelDelay
from model_code.world.world import World
from scenarios.account import Account
from scenarios.feed import Feed, Seen, Tally
from scenarios.worlds import KNOBS, SEED, Setting

DAY = 100
LACKING = World(SEED, replace(KNOBS, drifts=(Drift(feature="channel", from_day=1, missing=0.5),)))
SECRETIVE = World(SEED, replace(KNOBS, delay=LabelDelay(never=0.5)))


class Cloud:
    """The endpoint and the bucket as a feed knows them. `refuse` are the numbers of the requests that fail."""

    def __init__(self, enough: int, refuse: range = range(0), lost_writes: int = 0) -> None:
        self.model = SimpleNamespace(endpoint="e", name="risk")
        self.runtime = self
        self.asked: list[tuple[str, list[Any]]] = []
        self.written: dict[str, str] = {}
        self.enough, self._wanted, self._refuse, self._lost = threading.Event(), enough, refuse, lost_writes
        self._lock = threading.Lock()
        self.cut = range(0)

    def invoke_endpoint(self, *, EndpointName: str, ContentType: str, Body: bytes, InferenceId: str) -> Any:  # noqa: N803
        assert (EndpointName, ContentType) == ("e", "application/json")
        with self._lock:
            number = len(self.asked)
            (row,) = json.loads(Body)["instances"]
            self.asked.append((InferenceId, row))
        if number + 1 >= self._wanted:
            self.enough.set()
            time.sleep(0.01)  # however slowly the test comes to its end, not many more are asked
        if number in self.cut:
            raise ConnectionClosedError(endpoint_url="e")
        if number in self._refuse:
            headers = {"HTTPHeaders": {"x-amzn-invoked-production-variant": "candidate"}}
            raise ClientError(
                cast("Any", {"Error": {"Code": "ModelError", "Message": "no"}, "ResponseMetadata": headers}),
                "InvokeEndpoint",
            )
        body = io.BytesIO(json.dumps({"probabilities": [[0.9, 0.1]]}).encode())
        return {"Body": body, "CustomAttributes": "version=v1", "InvokedProductionVariant": "main"}

    def put(self, key: str, body: str) -> str:
        if self._lost:
            self._lost -= 1
            raise ClientError(cast("Any", {"Error": {"Code": "500", "Message": "no"}}), "PutObject")
        self.written[key] = body
        return "1"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.written.values() for line in body.splitlines()]


def played(cloud: Cloud, world: World, **given: Any) -> Feed:
    """A feed that has run until the cloud had enough. Its clock stands still."""
    feed = Feed(cast("Account", cloud), world, DAY, pace=1e9, clock=lambda: 50.0)
    for name, value in {"lag": 0.0, **given}.items():
        setattr(feed, name, value)
    with feed.running():
        assert cloud.enough.wait(60)
    return feed


def labels(world: World) -> dict[str, str]:
    """What becomes of the transactions of the first days, by the row that is asked about."""
    known = {one.id: one.label for one in traffic.outcomes(world, DAY, DAY + 3 + world.knobs.delay.longest)}
    asked = [one for day in range(DAY, DAY + 3) for one in traffic.requests(world, day)]
    return {json.dumps(one.row): known.get(one.id, "") for one in asked}


def test_rows_that_the_schema_refuses_are_not_sent() -> None:
    cloud = Cloud(enough=200)
    played(cloud, LACKING)
    asked = traffic.requests(LACKING, DAY)
    assert 0 < sum("" in one.row for one in asked) < len(asked)
    assert [row for _, row in cloud.asked if any(cell in (None, "") for cell in row)] == []


def test_each_row_is_asked_about_once_and_no_id_comes_twice() -> None:
    cloud = Cloud(enough=450)
    played(cloud, Setting().world())
    ids = Counter(at for at, _ in cloud.asked)
    assert max(ids.values()) == 1
    rows = Counter(json.dumps(row) for _, row in cloud.asked)
    assert max(rows.values()) == 1


def test_ids_of_two_feeds_and_of_two_worlds_never_meet() -> None:
    first, second = Cloud(enough=100), Cloud(enough=100)
    played(first, Setting().world())
    feed = played(second, Setting().world())
    before = {at for at, _ in second.asked}
    assert not before & {at for at, _ in first.asked}
    second.enough.clear()
    feed.change(Setting().with_other_inputs().world(), DAY)
    with feed.running():
        assert second.enough.wait(60)
    assert len({at for at, _ in second.asked}) == len(second.asked)


def test_outcomes_are_those_of_the_requests_whose_names_they_bear() -> None:
    world, cloud = Setting().world(), Cloud(enough=200)
    played(cloud, world)
    asked, truth = dict(cloud.asked), labels(world)
    told = {line["eventMetadata"]["eventId"]: line["groundTruthData"]["data"] for line in cloud.told}
    assert len(told) == len(cloud.told) > 100
    assert set(told.values()) == set(SPEC.inputs.classes)
    for at, label in told.items():
        assert truth[json.dumps(asked[at])] == label
    assert all(key.startswith("outcomes/risk/") and key.endswith(".jsonl") for key in cloud.written)
    assert {frozenset(line["context"]) for line in cloud.told} == {frozenset({"group", "revenue"})}


def test_what_never_becomes_known_is_not_told() -> None:
    cloud = Cloud(enough=200)
    played(cloud, SECRETIVE)
    truth = labels(SECRETIVE)
    never = {at for at, row in cloud.asked if not truth[json.dumps(row)]}
    assert 50 < len(never) < len(cloud.asked)
    assert not never & {line["eventMetadata"]["eventId"] for line in cloud.told}


@pytest.mark.parametrize("given", [{"lag": 5.0}, {"outcomes": False}])
def test_outcomes_that_are_late_or_turned_off_are_not_there(given: dict[str, Any]) -> None:
    cloud = Cloud(enough=100)
    played(cloud, Setting().world(), **given)
    assert cloud.written == {}


def test_outcomes_that_could_not_be_written_are_written_later() -> None:
    cloud = Cloud(enough=100, lost_writes=1)
    feed = played(cloud, Setting().world())
    assert cloud.written == {}, "the only write of the first run is lost"
    with feed.running():
        pass
    told = [line["eventMetadata"]["eventId"] for line in cloud.told]
    assert len(told) == len(set(told)) > 50


def test_answers_and_failures_are_counted_by_version_and_variant() -> None:
    cloud = Cloud(enough=60, refuse=range(10, 20))
    tally = played(cloud, Setting().world()).tally
    assert tally.errors().total() == 10
    (said,) = tally.errors()
    assert said.startswith("ClientError: ")
    assert tally.answered() == {"v1": len(cloud.asked) - 10}
    assert (tally.to("candidate"), tally.to("main")) == (10, len(cloud.asked) - 10)
    assert not {at for at, _ in cloud.asked[10:20]} & {line["eventMetadata"]["eventId"] for line in cloud.told}


def test_an_account_that_hangs_up_is_a_failure_of_no_variant_and_the_feed_goes_on() -> None:
    cloud = Cloud(enough=40)
    cloud.cut = range(5, 10)
    tally = played(cloud, Setting().world()).tally
    assert (tally.errors().total(), tally.to("")) == (5, 5)
    assert tally.answered() == {"v1": len(cloud.asked) - 5}


def test_a_tally_may_be_asked_about_the_time_since() -> None:
    tally = Tally([Seen(at=at, variant="main", version=f"v{at:g}") for at in (1.0, 2.0, 3.0)])
    tally.seen.append(Seen(at=3.0, variant="", version="", error="broken"))
    assert tally.answered(since=2.0) == {"v2": 1, "v3": 1}
    assert (tally.to("main", since=3.0), tally.errors(since=3.5).total(), tally.errors().total()) == (1, 0, 1)
