"""One run of the pipeline in a folder: the container's commands in their order, files carried as SageMaker does."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from model_code import artifact
from model_code.container import main

SETTINGS: dict[str, Any] = {
    "model": "risk",
    "first": False,
    "data_version": "v1",
    "commit": "c0ffee",
    "criteria": {"roc_auc": 0.75},
    "margins": {"roc_auc": 0.03, "log_loss": 0.03},
    "groups": ["group=A"],
    "favoured": "good",
    "limits": {"true_positive_rate": {"ratio": 0.8}},
    "id": "id",
    "extra": ["group"],
    "approval": "automatic",
}
GATES = ("evaluate", "bias", "compare")


class Run:
    """A run folder, below which each step has the paths of a job of its own."""

    def __init__(self, root: Path, data: str, *, live: Run | None = None, **settings: Any) -> None:
        self.root = root
        self.inputs = root / "input"
        self.message = root / "job/output/message"
        self.message.parent.mkdir(parents=True)
        self._put("settings/settings.json", json.dumps({**SETTINGS, "first": live is None, **settings}))
        self._put("data/data.csv", data)
        if live is None:
            self._put("baseline/absent", "")
            self._put("live/absent", "")
        else:
            self._put("baseline/summary.json", (live.root / "output/data/summary.json").read_text())
            (self.inputs / "live").mkdir()
            shutil.copy(live.artifact, self.inputs / "live" / artifact.NAME)

    @property
    def artifact(self) -> Path:
        """What training made, packed as SageMaker packs it."""
        return self.inputs / "model" / artifact.NAME

    def gate(self, name: str) -> int:
        """Runs one step; its output goes where the pipeline uploads it."""
        work = self.root / "job/processing"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(self.inputs, work / "input")
        if (self.root / "output").exists():
            shutil.copytree(self.root / "output", work / "input/reports")
        environment = {
            "TAKEOFF_MODEL_CODE": "risk",
            "TAKEOFF_PROCESSING_DIR": str(work),
            "SM_OUTPUT_DATA_DIR": str(self.root / "job/output/data"),
        }
        status = main(["gate", name], environment)
        if (work / "output").exists():
            shutil.copytree(work / "output", self.root / "output" / {"validate": "data"}.get(name, name))
        return status

    def train(self, **hyperparameters: Any) -> int:
        """Trains on the run's data and packs the model."""
        model = self.root / "job/model"
        shutil.rmtree(model, ignore_errors=True)
        environment = {
            "TAKEOFF_MODEL_CODE": "risk",
            "SM_CHANNEL_TRAINING": str(self.inputs / "data"),
            "SM_MODEL_DIR": str(model),
            "SM_OUTPUT_DATA_DIR": str(self.root / "job/output/data"),
            "SM_HPS": json.dumps({"algorithm": "logistic-regression", **hyperparameters}),
        }
        status = main(["train"], environment)
        if status == 0:
            artifact.pack(model, self.artifact)
        return status

    def whole(self, **hyperparameters: Any) -> list[int]:
        """Every step in its order until one stops; their exit statuses."""
        statuses = [self.gate("validate")]
        steps = [partial(self.train, **hyperparameters), *(partial(self.gate, name) for name in (*GATES, "decide"))]
        for step in steps:
            if statuses[-1] == 0:
                statuses.append(step())
        return statuses

    def read(self, name: str) -> dict[str, Any]:
        """A file below output/."""
        return dict(json.loads((self.root / "output" / name).read_bytes()))

    def _put(self, name: str, text: str) -> None:
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
