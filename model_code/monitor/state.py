"""What a window hands on to the next: the first windows' answers, running tests, how long the truth is awaited."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

from model_code.drift.errors import DriftError
from model_code.drift.profile import Profile
from model_code.errors import UnusableError
from model_code.monitor import kpis
from model_code.monitor.attribution import Moments as Attributed
from model_code.monitor.concept import Concept
from model_code.monitor.fairness import Block
from model_code.sequential.moments import Moments

FORMAT = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """State of one version of a model; `month` is that of the KPIs, as yyyy-mm."""

    version: str
    month: str = ""
    answers: Profile | None = None
    """Of the version's first windows, which later ones are compared with; None before the first answer."""
    attributed: Attributed | None = None
    settled: bool = False
    """Whether `answers` and `attributed` have as many rows as they are to have."""
    concept: Concept = field(default_factory=Concept)
    block: Block = field(default_factory=Block)
    kpis: dict[str, Moments] = field(default_factory=dict)
    waited: float = 0.0
    """Seconds for which requests with an inference id have been waiting for the first outcome since the last one."""

    def to_json(self) -> str:
        """The state as `from_json` reads it again."""
        document = {
            "format": FORMAT,
            "version": self.version,
            "month": self.month,
            "answers": self.answers and self.answers.to_json(),
            "attributed": self.attributed and self.attributed.document(),
            "settled": self.settled,
            "concept": self.concept.document(),
            "block": self.block.document(),
            "kpis": kpis.document(self.kpis),
            "waited": self.waited,
        }
        return json.dumps(document, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The state that `to_json` wrote. Raises DriftError for anything else."""
        try:
            document: dict[str, Any] = json.loads(text)
            if document["format"] != FORMAT:
                raise ValueError(f"format {document['format']!r}, this code reads {FORMAT}")
            return cls(
                version=str(document["version"]),
                month=str(document["month"]),
                answers=Profile.from_json(document["answers"]) if document["answers"] else None,
                attributed=Attributed.read(document["attributed"]) if document["attributed"] else None,
                settled=bool(document["settled"]),
                concept=Concept.read(document["concept"]),
                block=Block.read(document["block"]),
                kpis=kpis.read(document["kpis"]),
                waited=float(document["waited"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError, UnusableError) as error:
            raise DriftError(f"input/previous/state.json is no monitor's state: {error}") from error
