"""A synthetic world behind an endpoint: its days as captured requests and late outcomes, and the job run on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from model_code.contract import ModelSpec, Schema
from model_code.drift.profile import Profile
from model_code.monitor.__main__ import main
from model_code.world.features import inputs
from model_code.world.truth import APPROVE_BELOW
from model_code.world.world import World

CLASSES = ("good", "bad")
SPEC = ModelSpec(name="risk", description="", inputs=Schema(features=inputs(), target="outcome", classes=CLASSES))
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
BASELINE_DAYS = 5


def moment(day: float) -> datetime:
    """That long after the first day began."""
    return BEGIN + timedelta(days=day)


@dataclass
class Endpoint:
    """A world served by its reference score; the label `bad` is answered from APPROVE_BELOW on."""

    world: World
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    outcomes: bool = True
    profile: str = ""

    def baseline(self) -> str:
        """The profile of the first days, in which nothing drifts."""
        days = [self.world.day(day) for day in range(BASELINE_DAYS)]
        columns = {name: np.concatenate([day.columns[name] for day in days]) for name in SPEC.inputs.names}
        return Profile.of(SPEC.inputs.features, columns, seed=1).to_json()

    def captured(self, day: int) -> Iterator[str]:
        """A day's requests as data capture writes them, each with an inference id."""
        made = self.world.day(day)
        names = SPEC.inputs.names
        columns = [made.columns[name].tolist() for name in names]
        for at, key in enumerate(made.ids.tolist()):
            cells = [column[at] for column in columns]
            row = {name: cell if cell == cell else None for name, cell in zip(names, cells, strict=True)}
            score = float(made.score[at])
            asked = moment(day) + timedelta(seconds=int(made.seconds[at]))
            yield capture({"instances": [row]}, score, asked, str(key))

    def known(self, day: int) -> Iterator[str]:
        """The outcomes that arrive on a day, with the group of their customer and the revenue."""
        news = self.world.outcomes_known(day, since=day)
        groups: dict[int, Mapping[int, str]] = {}
        for key, made_on, bad in zip(news.ids.tolist(), news.days.tolist(), news.bad.tolist(), strict=True):
            if made_on not in groups:
                made = self.world.day(made_on)
                groups[made_on] = dict(zip(made.ids.tolist(), made.group.tolist(), strict=True))
            yield outcome(str(key), CLASSES[bad], {"group": groups[made_on][key]})

    def run(self, day: int, earlier: int = 12, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The report on a day as one window; captures of some days before it are there for late outcomes."""
        root = self.folder / f"day{day}"
        self.profile = self.profile or self.baseline()
        for past in range(max(0, day - earlier), day + 1):
            place = root / f"input/captures/main/{moment(past):%Y/%m/%d}/00/00-00-000-x.jsonl"
            place.parent.mkdir(parents=True, exist_ok=True)
            kept = self.folder / f"captured{past}"
            if not kept.exists():
                kept.write_text("".join(f"{line}\n" for line in self.captured(past)))
            place.symlink_to(kept)
        news = "".join(f"{line}\n" for line in self.known(day)) if self.outcomes else ""
        put(root / "input/outcomes/2026/11/01/00/a.jsonl", news)
        put(root / "input/baseline/profile.json", self.profile)
        state = self.folder / f"day{day - 1}/output/state.json"
        name, text = ("state.json", state.read_text()) if state.exists() else ("absent", "")
        put(root / "input/previous" / name, text)
        put(root / "input/settings/settings.json", json.dumps(settings(day, **self.settings)))
        return run(root)


def settings(day: int = 0, **more: Any) -> dict[str, Any]:
    """Settings as the monitoring function writes them, for a window of one day."""
    window = {"start": f"{moment(day):%Y-%m-%dT%H:%M:%SZ}", "end": f"{moment(day + 1):%Y-%m-%dT%H:%M:%SZ}"}
    return {
        "model": "risky",
        "code": "risk",
        "stack": "test",
        "endpoint": "e",
        "window": window,
        "version": "0123456789ab",
        "falseAlarmsPerMonth": 1,
        "windowsPerMonth": 30,
        "hours": 240,
        "groups": [],
        "favoured": None,
        "limits": {},
        "kpis": [],
        "metrics": {},
        "seconds": 86_400,
        **more,
    }


def capture(request: Mapping[str, Any], score: float, asked: datetime, key: str = "") -> str:
    """A captured JSON request of one row."""
    answer = {"predictions": [CLASSES[score >= APPROVE_BELOW]], "probabilities": [[1 - score, score]]}
    sides = {
        f"endpoint{side}": {"observedContentType": "application/json", "data": json.dumps(content), "encoding": "JSON"}
        for side, content in (("Input", request), ("Output", answer))
    }
    event = {"eventId": "x", "inferenceTime": f"{asked:%Y-%m-%dT%H:%M:%SZ}"} | ({"inferenceId": key} if key else {})
    return json.dumps({"captureData": sides, "eventMetadata": event, "eventVersion": "0"})


def outcome(key: str, label: str, context: Mapping[str, Any] | None = None) -> str:
    """A line of ground truth."""
    truth, event = {"data": label, "encoding": "CSV"}, {"eventId": key}
    document = {"groundTruthData": truth, "eventMetadata": event, "eventVersion": "0", "context": dict(context or {})}
    return json.dumps(document)


def put(path: Path, text: str) -> None:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run(root: Path) -> dict[str, Any]:
    """The job on what lies below `root`; its report."""
    assert main([], {"TAKEOFF_PROCESSING_DIR": str(root), "SM_OUTPUT_DATA_DIR": str(root / "o/data")}) == 0
    report: dict[str, Any] = json.loads((root / "output/report.json").read_text())
    return report


def kinds(report: Mapping[str, Any], level: str) -> set[tuple[str, str]]:
    """The findings of a level, as kind and feature."""
    return {(one["kind"], one["feature"]) for one in report["findings"] if one["level"] == level}
