"""The synthetic traffic: what the server takes, what becomes of it, and what a decision earns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_code.errors import InputError
from model_code.gates.frame import read
from model_code.gates.holdout import held_out as out_of
from model_code.risk import traffic
from model_code.risk.data import held_out, load, rows
from model_code.risk.spec import SPEC
from model_code.risk.train import train
from model_code.server.parse import parse_csv, parse_json
from model_code.server.predictor import Predictor
from model_code.table import Table
from model_code.world.knobs import Drift, Knobs
from model_code.world.truth import APPROVE_BELOW
from model_code.world.world import World

WORLD = World(11, Knobs(traffic=300, customers=2_000))
TABLE = Table(SPEC.inputs, SPEC.max_rows)


def test_a_days_requests_are_answered_alike_as_json_and_as_csv() -> None:
    asked = traffic.requests(WORLD, 3)
    assert len(asked) == len(WORLD.day(3)) > 200
    as_json = parse_json(traffic.as_json(asked), TABLE)
    assert np.array_equal(as_json, parse_csv(traffic.as_csv(asked), TABLE))
    assert np.allclose(as_json[:, 0], WORLD.day(3).columns["amount"].astype(np.float32), rtol=1e-6)


def test_an_income_that_was_not_stated_is_0_and_is_answered() -> None:
    at = SPEC.inputs.names.index("income")
    missing = np.isnan(WORLD.day(3).columns["income"].astype(float))
    assert missing.any()
    assert [one.row[at] == 0 for one in traffic.requests(WORLD, 3)] == missing.tolist()


def test_a_name_that_day_0_did_not_have_and_a_missing_age_are_refused_by_name() -> None:
    drifts = (Drift(feature="channel", from_day=1, new_category="kiosk", share=1.0),)
    with pytest.raises(InputError, match="unknown category"):
        parse_json(traffic.as_json(traffic.requests(World(11, Knobs(drifts=drifts)), 2)), TABLE)
    lacking = World(11, Knobs(drifts=(Drift(feature="age", from_day=1, missing=1.0),)))
    with pytest.raises(InputError, match="not a number"):
        parse_json(traffic.as_json(traffic.requests(lacking, 2)), TABLE)


def test_the_same_day_is_the_same_whenever_it_is_asked_and_ids_never_repeat() -> None:
    again = World(11, Knobs(traffic=300, customers=2_000))
    assert traffic.requests(WORLD, 4) == traffic.requests(again, 4)
    ids = [one.id for day in range(5) for one in traffic.requests(WORLD, day)]
    assert len(set(ids)) == len(ids)


def test_outcomes_come_on_the_day_they_are_known_and_join_the_requests() -> None:
    news = traffic.outcomes(WORLD, 10, 10)
    assert {one.known for one in news} == {10}
    assert max(one.day for one in news) <= 10 - WORLD.knobs.delay.minimum
    asked = {one.id for day in range(11) for one in traffic.requests(WORLD, day)}
    assert {one.id for one in news} <= asked
    bits = [traffic.outcomes(WORLD, day, day) for day in range(11)]
    assert sorted(one.id for bit in bits for one in bit) == sorted(one.id for one in traffic.outcomes(WORLD, 0, 10))


def test_outcomes_are_those_of_the_training_rows() -> None:
    frame = read({"data.csv": rows(WORLD, range(5), known_by=30).encode()})
    labels = dict(zip(frame.column("id"), frame.column("outcome"), strict=True))
    assert labels == {one.id: one.label for one in traffic.outcomes(WORLD, 0, 30) if one.day < 5}
    groups = {one.id: one.group for day in range(5) for one in traffic.requests(WORLD, day)}
    assert {at: groups[at] for at in labels} == dict(zip(frame.column("id"), frame.column("group"), strict=True))


def test_approving_by_a_trained_model_earns_nearly_what_the_best_possible_one_does(tmp_path: Path) -> None:
    train({"SM_MODEL_DIR": str(tmp_path), "SM_HPS": '{"algorithm": "logistic-regression"}'})
    predictor, world = Predictor(tmp_path, SPEC), World(31, Knobs(traffic=4_000))
    asked = traffic.requests(world, 1)
    answers = predictor.predict(parse_json(traffic.as_json(asked), TABLE)).tolist()
    decisions = [traffic.approved(answer) for answer in answers]
    mine = np.mean(traffic.revenue(world, 1, decisions))
    best = np.mean(traffic.revenue(world, 1, (world.day(1).score < APPROVE_BELOW).tolist()))
    everyone = np.mean(traffic.revenue(world, 1, [True] * len(asked)))
    assert mine > 0.8 * best > everyone


def test_ground_truth_is_a_line_of_sagemakers_format() -> None:
    outcome = traffic.Outcome(id="30000007", label="bad", day=3, known=8)
    line = traffic.ground_truth(outcome, {"group": "B", "revenue": -12.5})
    assert line.endswith("\n")
    assert json.loads(line) == {
        "groundTruthData": {"data": "bad", "encoding": "CSV"},
        "eventMetadata": {"eventId": "30000007"},
        "eventVersion": "0",
        "context": {"group": "B", "revenue": -12.5},
    }


def test_the_default_data_are_held_out_by_id_in_every_world() -> None:
    data = load()
    assert data.identity == "id"
    assert data.ids is not None
    _, out = data.split()
    assert out.ids == tuple(at for at, held in zip(data.ids, out_of(map(str.encode, data.ids)), strict=True) if held)
    assert np.array_equal(held_out()[0], out.values)
    assert 0.05 < data.labels.mean() < 0.15
