"""The job from its folders to its files: what it reads, what it writes, and what it says of bad input."""

from __future__ import annotations

import base64
import io
import json
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.usage import SIGNALS
from model_code.drift.profile import Profile
from model_code.monitor import captures
from model_code.monitor.__main__ import main
from model_code.monitor.captures import Counts, batches
from model_code.monitor.outcomes import Form, read
from tests.unit.monitor.job import CLASSES, SPEC, capture, kinds, moment, outcome, put, run, settings

NAMES = SPEC.inputs.names
ASKED = moment(0.5)


def rows(count: int, seed: int = 0, moved: float = 0.0) -> list[dict[str, Any]]:
    """Plain rows of the risk model's schema, no two of them dependent."""
    random = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        normal = random.standard_normal(6)
        made.append(
            {
                "amount": float(np.exp(5 + normal[0] + moved)),
                "income": float(np.exp(10 + normal[1] / 2)),
                "utilisation": float(1 / (1 + np.exp(-normal[2]))),
                "age": int(np.clip(45 + 10 * normal[3], 18, 99)),
                "account_months": int(np.clip(np.exp(3 + normal[4]), 1, 600)),
                "recent_transactions": int(np.clip(np.exp(2 + normal[5] / 2), 1, 500)),
                "channel": str(random.choice(["web", "mobile", "branch"])),
                "purpose": str(random.choice(["goods", "travel"])),
            }
        )
    return made


def score(row: dict[str, Any]) -> float:
    """An answer that leans on one feature."""
    return float(row.get("utilisation") or 0.5) * 0.2


def profile(given: list[dict[str, Any]]) -> str:
    return Profile.of(SPEC.inputs.features, {name: [row[name] for row in given] for name in NAMES}, seed=1).to_json()


BASELINE = profile(rows(2_000, seed=9))


def job(root: Path, lines: Iterable[str], truth: Iterable[str] = (), baseline: str = BASELINE, **more: Any) -> Any:
    """The report on these captures."""
    put(root / "input/captures/main/2026/11/01/12/a.jsonl", "".join(f"{line}\n" for line in lines))
    put(root / "input/outcomes/2026/11/01/12/a.jsonl", "".join(f"{line}\n" for line in truth))
    put(root / "input/baseline" / ("profile.json" if baseline else "absent"), baseline)
    put(root / "input/previous/absent", "")
    put(root / "input/settings/settings.json", json.dumps(settings(0, **more)))
    return run(root)


def captured(given: list[dict[str, Any]], asked: Any = ASKED) -> list[str]:
    return [capture({"instances": [row]}, score(row), asked, str(at)) for at, row in enumerate(given)]


def test_a_quiet_window_is_quiet_and_leaves_report_page_and_state(tmp_path: Path) -> None:
    report = job(tmp_path, captured(rows(1_000)))
    assert not any(report["alarmed"].values())
    assert len({"Monitored", *report["alarmed"]}) == SIGNALS
    assert report["version"] == "0123456789ab"
    assert report["captures"]["requests"] == report["inputs"]["rows"][1] == 1_000
    assert ">quiet<" in (tmp_path / "output/report.html").read_text()
    assert json.loads((tmp_path / "output/state.json").read_text())["settled"] is True


def test_a_moved_feature_is_named_in_report_page_and_metrics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = moment(1.02).timestamp()
    monkeypatch.setattr("model_code.monitor.__main__.time.time", lambda: judged)
    report = job(tmp_path, captured(rows(1_000, moved=0.6)))
    assert report["alarmed"]["InputDrift"] == report["alarmed"]["FeaturesDrifted"] == 1
    assert report["features"] == ["amount"]
    shown = (tmp_path / "output/report.html").read_text()
    assert shown.index("InputDrift") < shown.index("<h2>")
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["Stack"], line["Model"], line["Monitored"], line["InputDrift"]) == ("test", "risky", 1, 1)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Stack", "Model"]]
    # Of the moment of the look: an alarm looks at its newest periods alone, and a window is judged after its end.
    assert line["_aws"]["Timestamp"] == int(judged) * 1000


def test_a_candidates_captures_count_in_the_tally_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved = [capture({"instances": [row]}, 0.01, ASKED, f"c{at}") for at, row in enumerate(rows(300, moved=3.0))]
    put(tmp_path / "input/captures/candidate/2026/11/01/12/a.jsonl", "".join(f"{line}\n" for line in moved))
    truth = [outcome("c0", "bad"), outcome("0", "good")]
    report = job(tmp_path, captured(rows(1_000)), truth, variants=["main"])
    assert report["captures"]["requests"] == 1_300
    assert report["inputs"]["rows"][1] == 1_000
    assert not any(report["alarmed"].values())
    tallies = map(json.loads, capsys.readouterr().out.splitlines()[1:])
    tallied = {line["VariantName"]: line["Outcomes"] for line in tallies}
    assert tallied == {"candidate": 1, "main": 1}


def test_without_named_variants_all_that_is_captured_is_live(tmp_path: Path) -> None:
    put(tmp_path / "input/captures/other/2026/11/01/12/a.jsonl", "".join(f"{x}\n" for x in captured(rows(10, seed=5))))
    assert job(tmp_path, captured(rows(300)))["inputs"]["rows"][1] == 310


def test_outcomes_are_counted_by_variant_at_the_minute_of_their_request_however_late(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = ASKED - timedelta(days=2)
    lines = [*captured(rows(300, seed=1)), capture({"instances": [rows(1)[0]]}, 0.01, early, "late")]
    report = job(tmp_path, lines, [outcome("late", "bad"), outcome("late", "good"), outcome("nobody", "bad")])
    assert report["outcomes"] == {"joined": 1, "wrong": 1}
    assert report["inputs"]["rows"][1] == 300  # the earlier request is no row of this window
    assert {("unmatched-outcomes", ""), ("repeated-outcomes", "")} <= kinds(report, "note")
    line = json.loads(capsys.readouterr().out.splitlines()[1])
    assert {name: line[name] for name in ("EndpointName", "VariantName", "Outcomes", "Wrong")} == {
        "EndpointName": "e",
        "VariantName": "main",
        "Outcomes": 1,
        "Wrong": 1,
    }
    assert line["_aws"]["Timestamp"] == early.timestamp() * 1000


@pytest.mark.parametrize(
    ("change", "level", "finding"),
    [
        (lambda row: {**row, "amount": 7.0}, "note", ("constant", "amount")),
        (lambda row: {**row, "amount": None}, "fault", ("all-missing", "amount")),
        (lambda row: {**row, "amount": 1e39}, "note", ("infinite", "amount")),
        (lambda row: {**row, "channel": "kiosk"}, "note", ("new-categories", "channel")),
        (lambda row: {name: row[name] for name in NAMES if name != "age"}, "fault", ("missing-column", "age")),
        (lambda row: dict(reversed(row.items())), "note", ("reordered-columns", "")),
        (lambda row: {**row, "more": 1}, "note", ("extra-column", "")),
    ],
)
def test_bad_columns_are_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], level: str, finding: tuple[str, str]
) -> None:
    report = job(tmp_path, captured([change(row) for row in rows(300)]))
    assert finding in kinds(report, level)


def test_a_window_without_captures_is_a_fault_and_no_alarm(tmp_path: Path) -> None:
    report = job(tmp_path, [])
    assert {("no-captures", ""), ("empty-window", "")} <= kinds(report, "fault")
    assert not any(report["alarmed"].values())


def test_a_baseline_of_another_schema_is_a_fault_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    features = SPEC.inputs.features[:-1]
    columns = {feature.name: [row[feature.name] for row in rows(200)] for feature in features}
    report = job(tmp_path, captured(rows(300)), [outcome("1", "bad")], Profile.of(features, columns, seed=1).to_json())
    assert ("unusable-baseline", "") in kinds(report, "fault")
    assert report["outcomes"]["joined"] == 1
    assert report["inputs"] is None


@pytest.mark.parametrize(
    ("baseline", "level", "kind"), [("", "note", "no-baseline"), ("{}", "fault", "unusable-baseline")]
)
def test_no_baseline_and_a_broken_one_are_named(tmp_path: Path, baseline: str, level: str, kind: str) -> None:
    assert (kind, "") in kinds(job(tmp_path, captured(rows(200)), baseline=baseline), level)


def test_what_cannot_be_read_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    refused = json.loads(captured(rows(1))[0])
    refused["captureData"]["endpointOutput"]["data"] = '{"error": "out of bounds"}'
    wide = capture({"instances": [[1, 2]]}, 0.1, ASKED)
    report = job(tmp_path, ["{", "[]", json.dumps(refused), wide, *captured(rows(200))], ["{", outcome("1", "ugly")])
    assert report["captures"] == {"requests": 204, "unreadable": 2, "refused": 1, "wrong_width": 1, "with_id": 200}
    assert {kind for kind, _ in kinds(report, "note")} >= {
        "unreadable-captures",
        "refused",
        "wrong-width",
        "unreadable-outcomes",
        "unknown-class",
    }


def test_all_content_types_that_the_server_takes_give_the_same_window(tmp_path: Path) -> None:
    given = rows(200)
    documents = []
    for row in given:
        line = ",".join(str(row[name]) for name in NAMES)
        made = json.loads(capture({}, score(row), ASKED))
        made["captureData"]["endpointInput"] = {"observedContentType": "text/csv", "data": line, "encoding": "CSV"}
        chances = f"{CLASSES[score(row) >= 0.1]},{1 - score(row)},{score(row)}\n"
        made["captureData"]["endpointOutput"] = {
            "observedContentType": "text/csv; x=y",
            "data": chances,
            "encoding": "CSV",
        }
        documents.append(json.dumps(made))
    codes = {name: index for feature in SPEC.inputs.features for index, name in enumerate(feature.categories)}
    matrix = np.array([[codes.get(row[name], row[name]) for name in NAMES] for row in given], dtype=np.float32)
    answers = np.array([[1 - score(row), score(row)] for row in given], dtype=np.float32)
    sides = {}
    for side, array in (("endpointInput", matrix), ("endpointOutput", answers)):
        packed = io.BytesIO()
        np.save(packed, array)
        text = base64.b64encode(packed.getvalue()).decode()
        sides[side] = {"observedContentType": "application/x-npy", "data": text, "encoding": "BASE64"}
    npy = json.dumps({"captureData": sides, "eventMetadata": json.loads(documents[0])["eventMetadata"]})
    whole, cells, packed_ = (
        job(tmp_path / name, lines)["inputs"]["statistics"]
        for name, lines in (("json", captured(given)), ("csv", documents), ("npy", [npy]))
    )
    assert whole == cells == packed_


def test_memory_does_not_grow_with_the_number_of_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "BATCH", 200)
    lines = captured(rows(200))

    def peak(times: int) -> int:
        file = tmp_path / f"{times}.jsonl"
        file.write_text("".join(f"{line}\n" for line in lines) * times)
        tracemalloc.start()
        counts = Counts()
        for _ in batches([("main", file)], SPEC.inputs, moment(0), moment(1), counts):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert counts.requests == 200 * times
        return most

    assert peak(20) < 1.2 * peak(4)


def test_of_outcomes_a_bounded_number_is_held() -> None:
    held = read((outcome(str(at), "bad").encode() for at in range(50)), Form(classes=CLASSES), most=20)
    assert (len(held.by_id), held.dropped, held.lines) == (20, 30, 50)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"falseAlarmsPerMonth": 20}, "at most a fifth"),
        ({"windowsPerMonth": 0}, "windowsPerMonth"),
        ({"window": {"start": "yesterday", "end": "today"}}, "window.start"),
        ({"limits": {"niceness": {"ratio": 0.8}}}, "niceness"),
        ({"kpis": [{"name": "revenue", "target": "much"}]}, "kpis"),
        ({"code": "nothing"}, "nothing"),
    ],
)
def test_settings_out_of_range_stop_the_job_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], said: str
) -> None:
    put(tmp_path / "input/settings/settings.json", json.dumps(settings(0, **change)))
    assert main([], {"TAKEOFF_PROCESSING_DIR": str(tmp_path), "SM_OUTPUT_DATA_DIR": str(tmp_path / "o/data")}) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_state_of_another_version_is_forgotten_and_a_broken_one_is_said(tmp_path: Path) -> None:
    job(tmp_path / "a", captured(rows(1_200)))
    state = (tmp_path / "a/output/state.json").read_text()
    for name, text, kind in (
        ("same", state, ""),
        ("other", state.replace("0123456789ab", "ffffffffffff"), "first-answers"),
        ("broken", state[:-9], "unusable-state"),
    ):
        put(tmp_path / name / "input/previous/state.json", text)
        report = job(tmp_path / name, captured(rows(300, seed=2)))
        found = {one["kind"] for one in report["findings"]}
        assert (kind in found) if kind else not found & {"first-answers", "unusable-state"}
        assert (report["predictions"] is not None) is (name == "same")


def test_hostile_texts_of_requests_are_text_on_the_page(tmp_path: Path) -> None:
    job(tmp_path, captured([{**row, "channel": "<script>x</script>"} for row in rows(200)]))
    assert "<script" not in (tmp_path / "output/report.html").read_text()
