"""Three real versions for all tests of the gates: two good ones and one trained on noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_code.breast_cancer.spec import SPEC
from model_code.gates.scoring import Answers, answers
from tests.unit.gates.samples import HELD, OUT, ROWS, noisy, part, trained


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """model.tar.gz of each version; training itself leaves the held-out rows alone."""
    fewer = part(ROWS, np.sort(np.concatenate([np.flatnonzero(~OUT)[:285], np.flatnonzero(OUT)])))
    return {
        "good": trained(tmp_path_factory.mktemp("good"), ROWS, "logistic-regression"),
        "other": trained(tmp_path_factory.mktemp("other"), fewer, "logistic-regression"),
        "noise": trained(tmp_path_factory.mktemp("noise"), noisy(ROWS, 0.45, 7), "gradient-boosting"),
        "unsaid": trained(tmp_path_factory.mktemp("unsaid"), ROWS, "logistic-regression", split=""),
    }


@pytest.fixture(scope="session")
def versions(archives: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """What each version answers to the held-out rows."""
    folder = tmp_path_factory.mktemp("unpacked")
    return {name: answers(path, SPEC, HELD.values, folder / name) for name, path in archives.items()}
