"""How far back captures are read for outcomes: no further than they need, and with the same result as reading all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from model_code.monitor import captures
from model_code.monitor.captures import Counts, batches, split, variant
from model_code.monitor.outcomes import Form, Outcomes, read
from model_code.monitor.settings import Settings
from model_code.monitor.state import State
from model_code.monitor.window import Window, look
from tests.unit.monitor.job import CLASSES, SPEC, capture, moment, outcome, put, settings

START = moment(0.5)
HOUR = timedelta(hours=1)
GROUPED = {"groups": ["channel", "group=A"], "favoured": CLASSES[0], "limits": {}}
ROW = {
    "amount": 100.0,
    "income": 20_000.0,
    "utilisation": 0.5,
    "age": 40,
    "account_months": 12,
    "recent_transactions": 3,
    "channel": "web",
    "purpose": "goods",
}


class Request(NamedTuple):
    """One captured request: how many hours before the window's it came, and what was asked and answered."""

    hours: int
    minute: int
    variant: str
    score: float
    channel: str
    named: bool


REQUESTS = st.builds(
    Request,
    hours=st.integers(0, 5),
    minute=st.integers(0, 59),
    variant=st.sampled_from(["candidate", "main", "shadow"]),
    score=st.sampled_from([0.01, 0.4]),
    channel=st.sampled_from(["web", "mobile"]),
    named=st.booleans(),
)


def told() -> Settings:
    window = {"start": f"{START:%Y-%m-%dT%H:%M:%SZ}", "end": f"{START + HOUR:%Y-%m-%dT%H:%M:%SZ}"}
    return Settings.read(json.dumps(settings(0, window=window, variants=["main"], **GROUPED)))


def write(folder: Path, requests: Sequence[Request]) -> None:
    """The captures of these requests, each in the hour in which it came, with its place in the list as its id."""
    files: dict[Path, str] = {}
    for key, one in enumerate(requests):
        asked = START - one.hours * HOUR + timedelta(minutes=one.minute)
        line = capture({"instances": [ROW | {"channel": one.channel}]}, one.score, asked, str(key) * one.named)
        place = folder / f"{one.variant}/{asked:%Y/%m/%d/%H}/{one.minute // 30}.jsonl"
        files[place] = files.get(place, "") + f"{line}\n"
    for place, text in files.items():
        put(place, text)


def truth(labels: Mapping[int, str]) -> Outcomes:
    lines = [outcome(str(key), label, {"group": "AB"[key % 2]}).encode() for key, label in labels.items()]
    return read(lines, Form.of(told(), CLASSES))


def looked(folder: Path, labels: Mapping[int, str]) -> tuple[Window, Outcomes]:
    known = truth(labels)
    return look(folder, SPEC, told(), None, State(version="v"), known), known


def everything(names: Any, _: Any) -> tuple[list[PurePath], list[list[PurePath]]]:
    """What `split` would say if all files had to be read whole."""
    return sorted(names), []


@profile(max_examples=60)
@given(
    requests=st.lists(REQUESTS, max_size=30),
    labels=st.dictionaries(st.integers(0, 40), st.sampled_from(CLASSES), max_size=20),
)
def test_the_result_is_that_of_reading_every_capture(requests: list[Request], labels: dict[int, str]) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        write(folder, requests)
        window, left = looked(folder, labels)
        patch.setattr(captures, "split", everything)
        whole, unmatched = looked(folder, labels)
    assert left.by_id == unmatched.by_id
    for each in ("tally", "outcomes", "wrong", "treated", "block", "ungrouped"):
        assert getattr(window, each) == getattr(whole, each), each
    assert (window.answers and window.answers.to_json()) == (whole.answers and whole.answers.to_json())
    assert window.counts.with_id == whole.counts.with_id
    assert window.counts.requests == sum(one.hours == 0 for one in requests)


def asked_at(*hours: int) -> list[Request]:
    return [Request(hours=each, minute=5, variant="main", score=0.01, channel="web", named=True) for each in hours]


def test_no_hour_is_read_before_the_one_in_which_the_last_outcome_is_joined(tmp_path: Path) -> None:
    write(tmp_path, asked_at(0, 1, 3))
    older = tmp_path / f"main/{START - 4 * HOUR:%Y/%m/%d/%H}/a.jsonl"
    older.parent.mkdir(parents=True)
    older.symlink_to(tmp_path / "nowhere")  # whoever opens it fails
    window, left = looked(tmp_path, {0: "bad", 1: "bad", 2: "good"})
    assert (window.outcomes, window.wrong, left.by_id) == (3, 2, {})
    with pytest.raises(FileNotFoundError):
        looked(tmp_path, {2: "good", 9: "bad"})


def test_without_outcomes_the_windows_own_hours_are_read_alone(tmp_path: Path) -> None:
    write(tmp_path, asked_at(0, 1))
    assert looked(tmp_path, {})[0].counts.requests == 1


def test_of_an_id_that_came_twice_the_newest_hours_request_has_the_outcome(tmp_path: Path) -> None:
    for hours in (4, 2):
        asked = START - hours * HOUR
        put(tmp_path / f"main/{asked:%Y/%m/%d/%H}/a.jsonl", capture({"instances": [ROW]}, 0.4, asked, "twice") + "\n")
    known = read([outcome("twice", "bad").encode()], Form.of(told(), CLASSES))
    window = look(tmp_path, SPEC, told(), None, State(version="v"), known)
    assert list(window.tally) == [("main", int((START - 2 * HOUR).timestamp()))]


def test_what_is_wrong_with_earlier_captures_is_not_said_again(tmp_path: Path) -> None:
    write(tmp_path, asked_at(0, 2))
    put(tmp_path / f"main/{START - HOUR:%Y/%m/%d/%H}/a.jsonl", "{\n")
    window, _ = looked(tmp_path, {1: "bad"})
    assert (window.outcomes, window.counts.unreadable) == (1, 0)


def test_of_requests_that_nobody_wants_nothing_but_the_id_is_read(tmp_path: Path) -> None:
    broken = capture({"no": "rows"}, 0.4, START, "other")
    put(tmp_path / "a.jsonl", f"{broken}\n{capture({'instances': [ROW]}, 0.4, START, 'one')}\n")
    files, counts = [("main", tmp_path / "a.jsonl")], Counts()
    (batch,) = batches(files, SPEC.inputs, START, START + HOUR, counts, {"one": 1})
    assert (batch.ids, counts.unreadable) == (["one"], 0)
    list(batches(files, SPEC.inputs, START, START + HOUR, counts))
    assert counts.unreadable == 1


def test_a_window_across_midnight_has_the_hours_of_both_days_and_earlier_ones_come_backwards() -> None:
    names = [PurePath(f"x/main/2026/{hour}/a.jsonl") for hour in ("10/31/22", "10/31/23", "11/01/00", "10/31/21")]
    start = moment(0) - timedelta(minutes=10)
    own, earlier = split([*names, PurePath("main/odd.jsonl")], start)
    assert own == [PurePath("main/odd.jsonl"), names[1], names[2]]
    assert earlier == [[names[0]], [names[3]]]
    assert split(names, start.astimezone(timezone(timedelta(hours=9)))) == ([names[1], names[2]], earlier)
    assert {variant(name) for name in [*own, *names]} == {"main"}
