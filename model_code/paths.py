"""Where SageMaker puts things in a container, and where a local process is told to look instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_code.errors import UnusableError


class SettingError(UnusableError):
    """An environment variable or settings file that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Paths:
    """The places of one job or one server."""

    model: Path
    """A training job writes model.onnx and metadata.json here, a server reads them."""
    failure: Path
    """SageMaker shows what a failed training job wrote here as its FailureReason."""
    training: Path | None
    """The data set's *.csv of a training job; None for a job without that channel."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Paths:
        """The places that SM_* variables name, else SageMaker's own."""
        data = Path(environment.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data"))
        channel = Path(environment.get("SM_CHANNEL_TRAINING", "/opt/ml/input/data/training"))
        return cls(
            model=Path(environment.get("SM_MODEL_DIR", "/opt/ml/model")),
            failure=data.parent / "failure",
            training=channel if channel.is_dir() or "SM_CHANNEL_TRAINING" in environment else None,
        )


def hyperparameters(environment: Mapping[str, str]) -> dict[str, Any]:
    """The job's hyperparameters: SM_HPS as JSON, else SageMaker's hyperparameters.json, else none."""
    where, text = "SM_HPS", environment.get("SM_HPS")
    return _object(where, text) if text is not None else configuration("hyperparameters.json")


def configuration(name: str) -> dict[str, Any]:
    """What SageMaker wrote into a file of /opt/ml/input/config; empty where there is none.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """
    file = Path("/opt/ml/input/config") / name
    return _object(str(file), file.read_text()) if file.exists() else {}


def _object(where: str, text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise SettingError(f"{where} must be a JSON object, got {text[:80]!r}: {error}") from error
    if not isinstance(values, dict):
        raise SettingError(f"{where} must be a JSON object, got {text[:80]!r}")
    return values
