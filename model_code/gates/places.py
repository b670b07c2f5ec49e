"""Where a processing job's inputs and outputs are, and where a local process is told to look instead."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_code.artifact import NAME
from model_code.paths import Paths, SettingError

ABSENT = "absent"
"""The file that stands for one that there is none of."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of one gate's job, below /opt/ml/processing or what TAKEOFF_PROCESSING_DIR names instead."""

    root: Path
    message: Path
    """SageMaker shows the first kilobyte of it as the job's ExitMessage.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
    """

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Places:
        """SageMaker's own places, unless the environment names others; the message lies beside a training's failure."""
        root = Path(environment.get("TAKEOFF_PROCESSING_DIR", "/opt/ml/processing"))
        return cls(root=root, message=Paths.of(environment).failure.parent / "message")

    def data(self) -> dict[str, bytes]:
        """The data set: input/data/*.csv, by name."""
        return {path.name: path.read_bytes() for path in sorted((self.root / "input/data").glob("*.csv"))}

    def settings(self) -> bytes:
        """The run's settings: input/settings/settings.json."""
        return self._input("settings/settings.json", "the run's, where a gate is given no flags").read_bytes()

    def baseline(self) -> bytes | None:
        """The summary of the last accepted data: input/baseline/summary.json; None where `absent` lies there."""
        found = self._unless_absent("baseline/summary.json", "the last accepted data's, or --first if there is none")
        return found.read_bytes() if found else None

    def model(self) -> Path:
        """The candidate's artifact: input/model/model.tar.gz."""
        return self._input(f"model/{NAME}", "the candidate's artifact")

    def live(self) -> Path | None:
        """The live version's artifact: input/live/model.tar.gz; None where `absent` lies there."""
        return self._unless_absent(f"live/{NAME}", "the live version's artifact, or a file `absent` if nothing is live")

    def reports(self) -> list[bytes]:
        """What the gates before wrote: input/reports/, one folder for each or all in one."""
        return [path.read_bytes() for path in sorted((self.root / "input/reports").rglob("report-*.json"))]

    def write(self, name: str, text: str) -> Path:
        """Writes output/<name>, which the pipeline uploads."""
        path = self.root / "output" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def say(self, text: str) -> None:
        """Tells whoever reads the log, and whoever reads the job's ExitMessage."""
        print(text, file=sys.stderr)
        with contextlib.suppress(OSError):  # the reason itself matters more than where it could be written
            self.message.write_text(text[:1024])

    def _unless_absent(self, name: str, what: str) -> Path | None:
        # SageMaker refuses an input without an object, so a run that has none says so by a file.
        absent = (self.root / "input" / name).with_name(ABSENT)
        if not absent.exists():
            return self._input(name, what)
        if absent.with_name(Path(name).name).exists():
            raise SettingError(f"{absent} lies beside {Path(name).name}: allowed is one of them")
        return None

    def _input(self, name: str, what: str) -> Path:
        path = self.root / "input" / name
        if not path.is_file():
            raise SettingError(f"{path} is missing: it must be {what} (TAKEOFF_PROCESSING_DIR)")
        return path
