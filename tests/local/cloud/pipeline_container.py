"""The pipeline tests' container: SageMaker's contract for `train` and `gate NAME`, with faults on demand."""

import json
import os
import sys
import time
from pathlib import Path


def train():
    found = sorted(path.name for path in Path(os.environ["SM_CHANNEL_TRAINING"]).iterdir())
    made = {"data": found, "hyperparameters": json.loads(os.environ["SM_HPS"])}
    (Path(os.environ["SM_MODEL_DIR"]) / "metadata.json").write_text(json.dumps(made))


def gate(name):
    root = Path(os.environ["TAKEOFF_PROCESSING_DIR"])
    settings = json.loads((root / "input/settings/settings.json").read_text())
    seen = sorted(str(path.relative_to(root / "input")) for path in (root / "input").rglob("*") if path.is_file())
    output = root / "output"
    output.mkdir(parents=True, exist_ok=True)
    (output / f"report-{name}.json").write_text(json.dumps(seen))
    if settings.get("slow") == name:
        time.sleep(60)
    if name == "decide" and "outcome" in settings:
        (output / "verdict.json").write_text(json.dumps({"outcome": settings["outcome"]}))
    if settings.get("stops") == name:
        Path(os.environ["SM_OUTPUT_DATA_DIR"]).with_name("message").write_text("the data is not what it was")
        sys.exit(1)


if __name__ == "__main__":
    train() if sys.argv[1:] == ["train"] else gate(sys.argv[2])
