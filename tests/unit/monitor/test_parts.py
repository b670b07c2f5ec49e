"""A window that is read in parts: the same verdict and numbers as in one pass, however it is cut."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from model_code.contract import ModelSpec
from model_code.drift.profile import Profile
from model_code.gates.places import Places
from model_code.monitor import captures, parts
from model_code.monitor.__main__ import Gathered, main, run
from model_code.monitor.outcomes import lines_of
from model_code.monitor.parts import Placed, Work
from model_code.monitor.settings import Settings
from model_code.monitor.state import State
from model_code.monitor.window import first_answers
from tests.unit.monitor.job import SPEC, capture, moment, outcome, put, settings

NAMES = SPEC.inputs.names
FILES = 6
EARLIER = 3  # the file of the hour before the window
_TOLD: dict[str, Any] = {
    "groups": ["channel", "age:40"],
    "favoured": "good",
    "limits": {"selection_rate": {"difference": 0.1}, "true_positive_rate": {"ratio": 0.8}},
    "kpis": [{"name": "revenue", "target": 12.0, "direction": "at-least"}],
    "metrics": {"accuracy": 0.9},
    "variants": ["main"],
}


def table(count: int, seed: int, moved: float = 0.0) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    normal = random.standard_normal((count, 6))
    return [
        {
            "amount": float(np.exp(5 + one[0] + moved)),
            "income": float(np.exp(10 + one[1] / 2)) if one[1] < 2 else None,
            "utilisation": float(1 / (1 + np.exp(-one[2]))),
            "age": int(np.clip(45 + 10 * one[3], 18, 99)),
            "account_months": int(np.clip(np.exp(3 + one[4]), 1, 600)),
            "recent_transactions": int(np.clip(np.exp(2 + one[5] / 2), 1, 500)),
            "channel": ["web", "mobile", "branch", "kiosk"][at % 4],
            "purpose": ["goods", "travel"][at % 2],
        }
        for at, one in enumerate(normal)
    ]


def prepared(root: Path, rows: int = 600) -> Path:
    """Captures of two variants and of an earlier hour, with ids that come twice, late outcomes and broken lines."""
    given_rows, random = table(rows, seed=1, moved=0.4), np.random.default_rng(3)
    asked = [moment(-0.01 if at % FILES == EARLIER else 0.5) for at in range(rows)]
    lines = [
        capture({"instances": [row]}, float(random.uniform(0, 0.4)), asked[at], str(at % (rows - 9)))
        for at, row in enumerate(given_rows)
    ]
    lines[7] = "{"
    for file in range(FILES):
        variant = "candidate" if file == 2 else "main"
        hour = "2026/10/31/23" if file == EARLIER else f"2026/11/01/{10 + file}"
        put(root / f"input/captures/{variant}/{hour}/{file}.jsonl", "".join(f"{one}\n" for one in lines[file::FILES]))
        truth = [
            outcome(str(at), random.choice(["good", "bad", "odd"], p=[0.8, 0.15, 0.05]), {"revenue": float(at % 29)})
            for at in range(file, rows, 2 * FILES)
        ]
        truth += [outcome(str(file), "bad"), outcome("nobody's", "good"), "no outcome"]
        put(root / f"input/outcomes/2026/11/01/{10 + file}/{file}.jsonl", "".join(f"{one}\n" for one in truth))
    columns = {name: [row[name] for row in table(2_000, seed=9)] for name in NAMES}
    put(root / "input/baseline/profile.json", Profile.of(SPEC.inputs.features, columns, seed=1).to_json())
    put(root / "input/previous/absent", "")
    put(root / "input/settings/settings.json", json.dumps(settings(0, **_TOLD)))
    return root


def in_one(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and state of one pass."""
    assert main([], {"TAKEOFF_PROCESSING_DIR": str(root), "SM_OUTPUT_DATA_DIR": str(root / "o/data")}) == 0
    return read(root)


def in_parts(root: Path, cuts: Sequence[int], order: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and state of the same files cut at these places, the parts put together in this order."""

    def gather(spec: ModelSpec, told: Settings, baseline: Profile | None, before: State) -> Gathered:
        names = [path.relative_to(root / "input/captures") for path in (root / "input/captures").rglob("*.jsonl")]
        own, earlier = captures.split(names, told.start)
        files = [(captures.variant(name), root / "input/captures" / name) for name in own]
        late = [(captures.variant(name), root / "input/captures" / name) for hour in earlier for name in hour]
        answers = before.answers or first_answers(files, spec, told, baseline)
        work = Work(spec=spec, settings=told, baseline=baseline, answers=answers)
        bounds = [0, *sorted(cuts), len(files) + len(late)]
        asked, windows = defaultdict[str, list[Any]](list), []
        for part, (low, high) in enumerate(pairwise(bounds)):
            mine, old = files[low:high], late[max(0, low - len(files)) : max(0, high - len(files))]
            for key, one in parts.requests(work, part, len(bounds) - 1, mine, old):
                (asked[key] if key else windows).append(one)
        true, counts = defaultdict[str, list[Any]](list), []
        for part, path in enumerate(sorted((root / "input/outcomes").rglob("*.jsonl"))):
            for key, found in parts.outcomes(work, part, lines_of([path])):
                (true[key] if key else counts).append(found)
        first = {key: reduce(Placed.first, reversed(ones)) for key, ones in asked.items()}
        pairs = [(reduce(Placed.first, reversed(ones)), first.get(key)) for key, ones in true.items()]
        halves = [parts.joined(work, pairs[at::2]) for at in range(2)]
        windows = [windows[at] for at in order if at < len(windows)]
        window = reduce(lambda one, other: one.merge(other), [*windows, *(half[0] for half in halves)])
        return window, reduce(lambda one, other: one.merge(other), [*counts, *(half[1] for half in halves)])

    assert run(Places(root=root, message=root / "message"), gather) == 0
    return read(root)


def read(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    report, state = ((root / f"output/{name}.json").read_text() for name in ("report", "state"))
    return json.loads(report), json.loads(state)


def near(first: Any, second: Any) -> bool:
    """The same but for the rounding of sums."""
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(near(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(near, first, second))
    return bool(first == (pytest.approx(second, rel=1e-9, abs=1e-12) if isinstance(first, float) else second))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("window"))


# Without shrinking, which takes minutes: what is split how is no simpler for being less.
@tried(max_examples=8, phases=[Phase.generate])
@given(
    cuts=st.lists(st.integers(0, FILES), max_size=5, unique=True),
    order=st.permutations(range(FILES + 2)),
)
def test_any_split_gives_the_report_of_one_pass(root: Path, cuts: list[int], order: list[int]) -> None:
    (report, state), (other, later) = in_one(root), in_parts(root, cuts, order)
    assert report["alarmed"]["InputDrift"] == report["alarmed"]["ConceptDrift"] == 1
    assert report["outcomes"]["joined"] > 100
    assert near(report, other)
    # Rows are dealt to the parts of the attribution test as they come; all of them together are the same.
    assert [sum(one.pop("attributed")["rows"]) for one in (state, later)] == [report["inputs"]["rows"][1]] * 2
    answers = [json.loads(one.pop("answers")) for one in (state, later)]
    # So are those of the joint test, by the hash of their place; all of them are taken here.
    sums = [np.sum(one.pop("joint")["sums"], axis=0).tolist() for one in answers]
    assert sums[0] == sums[1]
    assert near(*answers)
    assert near(state, later)


def test_parts_of_a_long_window_take_rows_of_other_places() -> None:
    """Else short parts, all of whose first places have a low level, would be left out of the joint test altogether."""
    columns = {name: [row[name] for row in table(2_000, seed=9)] for name in NAMES}
    baseline = Profile.of(SPEC.inputs.features, columns, seed=1)
    some = {name: column[:20] for name, column in columns.items()}
    together = reduce(Profile.merge, (baseline.empty(part * 4_000_000).add(some) for part in range(1_000)))
    alike = reduce(Profile.merge, (baseline.empty().add(some) for _ in range(1_000)))
    assert together.rows == alike.rows == 20_000
    assert 8_000 < together.joint.used <= 16_384
    assert len({int(count) for count in alike.joint.taken[alike.joint.taken > 0] % 1_000}) == 1
    assert len({int(count) for count in together.joint.taken[together.joint.taken > 0] % 1_000}) > 1
