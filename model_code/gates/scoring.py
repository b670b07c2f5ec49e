"""A version's answers to a data set's rows, given as the server gives them: artifact, ONNX graph, self-test, schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model_code import artifact
from model_code.contract import ModelSpec
from model_code.gates.holdout import RULE
from model_code.gates.inference import Floats
from model_code.gates.report import Finding
from model_code.server.predictor import Predictor
from model_code.table import Matrix


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one version answers: its version, and float64 probabilities [rows, classes] that sum to 1."""

    version: str
    probabilities: Floats
    split: str
    """The hold-out rule that its training wrote into metadata.json; empty if it wrote none."""
    rule: str = RULE
    """The rule by which the rows that it was asked are held out."""
    algorithm: str = ""
    """As its training wrote it into metadata.json."""

    def unseen(self) -> tuple[Finding, ...]:
        """Asks where nothing says that training left the held-out rows alone: figures on seen rows flatter."""
        if self.split == self.rule:
            return ()
        text = (
            f"metadata.json says split {self.split!r}, allowed: {self.rule!r}; it may have been trained on these rows"
        )
        return (Finding(name="split-unknown", severity="ask", text=text, where=self.version),)


def answers(archive: Path, spec: ModelSpec, values: Matrix, folder: Path, rule: str = RULE) -> Answers:
    """Unpacks model.tar.gz into `folder`, which must not exist, and asks it for all rows, max_rows at a time.

    The rows are held out by this rule.

    Raises ArtifactError and ModelError, as the server would refuse to start.
    """
    digest = artifact.sha256(archive)
    artifact.unpack(archive, folder)
    predictor = Predictor(folder, spec)
    parts = [values[start : start + spec.max_rows] for start in range(0, len(values), spec.max_rows)]
    got = np.concatenate([predictor.predict(predictor.table.check(part)) for part in parts]).astype(np.float64)
    metadata = json.loads((folder / "metadata.json").read_bytes())
    return Answers(
        version=artifact.version(digest),
        probabilities=got / got.sum(axis=1, keepdims=True),
        split=str(metadata.get("split", "")),
        rule=rule,
        algorithm=str(metadata.get("algorithm", "")),
    )
