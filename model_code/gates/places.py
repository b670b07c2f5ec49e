"""Where a processing job's inputs and outputs are, and where a local process is told to look instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_code.artifact import NAME
from model_code.paths import Paths, SettingError


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

    def baseline(self) -> bytes:
        """The summary of the last accepted data: input/baseline/summary.json."""
        return self._input(
            "baseline/summary.json", "the last accepted data's, or --first if there is none"
        ).read_bytes()

    def model(self) -> Path:
        """The candidate's artifact: input/model/model.tar.gz."""
        return self._input(f"model/{NAME}", "the candidate's artifact")

    def live(self) -> Path:
        """The live version's artifact: input/live/model.tar.gz."""
        return self._input(f"live/{NAME}", "the live version's artifact, or --first if nothing is live")

    def reports(self) -> list[bytes]:
        """What the gates before wrote: input/reports/, one folder for each or all in one."""
        return [path.read_bytes() for path in sorted((self.root / "input/reports").rglob("report-*.json"))]

    def write(self, name: str, text: str) -> Path:
        """Writes output/<name>, which the pipeline uploads."""
        path = self.root / "output" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _input(self, name: str, what: str) -> Path:
        path = self.root / "input" / name
        if not path.is_file():
            raise SettingError(f"{path} is missing: it must be {what} (TAKEOFF_PROCESSING_DIR)")
        return path
