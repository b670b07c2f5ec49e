"""Model cards whose figures are computed: `python -m model_code.card CODE` trains every algorithm and writes them."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from model_code.contract import FOLDER, load_spec

_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->"


def figures(code: str) -> list[dict[str, Any]]:
    """The metadata of the model trained once with each of its algorithms, their hyperparameters at their defaults."""
    load_spec(code)  # says so if there is no such folder
    module = importlib.import_module(f"model_code.{code}.train")
    found = []
    for algorithm in module.ALGORITHMS:
        with tempfile.TemporaryDirectory() as folder:
            module.train({"SM_MODEL_DIR": folder, "SM_HPS": json.dumps({"algorithm": algorithm})})
            found.append(json.loads((Path(folder) / "metadata.json").read_bytes()))
    return found


def with_figures(card: str, found: Sequence[Mapping[str, Any]]) -> str:
    """The card's text with this table of figures between its two marks."""
    head, _, rest = card.partition(_BEGIN)
    _, mark, tail = rest.partition(_END)
    if not mark:
        raise ValueError(f"a card needs the lines {_BEGIN.strip()!r} and {_END!r}, in this order")
    metrics = sorted(found[0]["metrics"])
    lines = [["algorithm", *metrics, "held-out rows"], ["---"] * (len(metrics) + 2)]
    for one in found:
        values = [f"{one['metrics'][metric]:.3f}" for metric in metrics]
        lines.append([one["algorithm"], *values, str(one["rows"]["held_out"])])
    return head + _BEGIN + "".join(f"| {' | '.join(line)} |\n" for line in lines) + _END + tail


def main(code: str) -> None:
    """Writes the figures into the model's CARD.md."""
    card = FOLDER / code / "CARD.md"
    card.write_text(with_figures(card.read_text(), figures(code)))


if __name__ == "__main__":
    main(sys.argv[1])
