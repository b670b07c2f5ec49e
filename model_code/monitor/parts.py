"""A window in parts that are read apart and put together: the same sketches, counts and joins as in one pass.

Counts, extremes and sums of integers are the same whatever the parts. Three things may differ: sums of fractions by
rounding; which 16,384 rows of a longer window the joint test takes (model_code/drift/joint.py); and which rows are
dealt to which of the sixteen parts of the attribution test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from model_code.contract import ModelSpec
from model_code.drift.profile import Profile
from model_code.monitor import captures
from model_code.monitor.captures import Counts
from model_code.monitor.outcomes import Form, Outcomes, Truth
from model_code.monitor.settings import Settings
from model_code.monitor.window import Asked, Window, asked, join, sketch

# The places of a stream are hashed as 32 bits.
_STREAM = 1 << 32
_One = TypeVar("_One", Asked, Truth)

Files = Iterable[tuple[str, Path]]
"""Files of captures, each after its variant."""


@dataclass(frozen=True)
class Placed(Generic[_One]):
    """A request or an outcome by where it stands: the number of its part and of its line. Of an id the first counts."""

    part: int
    line: int
    one: _One
    times: int = 1

    def first(self, other: Placed[_One]) -> Placed[_One]:
        """The one that stands before the other, and how many there were."""
        kept = min(self, other, key=lambda placed: (placed.part, placed.line))
        return replace(kept, times=self.times + other.times)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What each part is read by; `answers` are the bins of answers, None where no request was answered."""

    spec: ModelSpec
    settings: Settings
    baseline: Profile | None
    answers: Profile | None

    @property
    def form(self) -> Form:
        """How outcomes are read."""
        return Form.of(self.settings, self.spec.inputs.classes)

    def window(self, part: int = 0, parts: int = 1) -> Window:
        """The window without a row, as one of so many parts begins."""
        first = part * (_STREAM // parts)
        inputs, answers = (profile and profile.empty(first) for profile in (self.baseline, self.answers))
        return Window(settings=self.settings, inputs=inputs, answers=answers)


def requests(
    work: Work, part: int, parts: int, own: Files, earlier: Files
) -> Iterator[tuple[str, Placed[Asked] | Window]]:
    """A part's answered requests by inference id, and at last, under no id, its window.

    `own` are files of the window's hours, `earlier` those that are there for their outcomes alone.
    """
    window, line, spec, settings = work.window(part, parts), 0, work.spec, work.settings
    for batch in captures.batches(own, spec.inputs, settings.start, settings.end, window.counts):
        sketch(window, batch, spec, work.baseline)
        for key, one in asked(batch, settings):
            yield key, Placed(part, line, one)
            line += 1
    for batch in captures.batches(earlier, spec.inputs, settings.start, settings.end, Counts()):
        for key, one in asked(batch, settings):
            yield key, Placed(part, line, one)
            line += 1
    yield "", window


def outcomes(work: Work, part: int, lines: Iterable[bytes]) -> Iterator[tuple[str, Placed[Truth] | Outcomes]]:
    """A part's outcomes by inference id, and at last, under no id, what was counted on the way.

    An outcome of a class that the model does not have is joined with nothing, and its KPIs count.
    """
    found, form, unknown = Outcomes(), work.form, list[Truth]()
    for at, line in enumerate(line for line in lines if line.strip()):
        found.lines += 1
        if (one := form.read(line)) is None:
            found.unreadable += 1
        elif one[1].label < 0:
            unknown.append(one[1])
        else:
            yield one[0], Placed(part, at, one[1])
    found.unknown, found.kpis = len(unknown), form.moments(unknown)
    yield "", found


def joined(work: Work, pairs: Iterable[tuple[Placed[Truth], Placed[Asked] | None]]) -> tuple[Window, Outcomes]:
    """Outcomes, each the first of its id, with their requests: what they add to the window and to the counts."""
    window, found = Window(settings=work.settings, inputs=None), Outcomes()
    kept, both = list[Truth](), list[tuple[Asked, Truth]]()
    for outcome, request in pairs:
        kept.append(outcome.one)
        found.repeated += outcome.times - 1
        if request is None:
            found.left += 1
        else:
            both.append((request.one, outcome.one))
    found.kpis = work.form.moments(kept)
    join(window, both, work.spec)
    return window, found
