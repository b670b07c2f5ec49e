"""The drift page: whole in itself, and with nothing in it that a hostile name could start."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from benchmarks.drift import WORLD, world
from model_code.drift.judge import judge
from model_code.drift.page import render
from model_code.drift.plot import plot
from model_code.drift.profile import Profile
from model_code.drift.settings import DriftSettings

BASELINE = Profile.of(WORLD, world(np.random.default_rng(0), 2_000), seed=5)
HOSTILE = "<script>alert(1)</script>\"'"


class Reader(HTMLParser):
    """Tags, addresses and open elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [name for name, _ in attrs if name in {"src", "href", "onclick", "onload"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(window: Profile, title: str = "drift of m") -> str:
    return render(judge(BASELINE, window, DriftSettings()), BASELINE, window, title)


def test_a_page_is_whole_and_has_a_plot_for_every_feature() -> None:
    read = Reader(page(BASELINE.empty().add(world(np.random.default_rng(1), 1_000, 0.5))))
    assert read.open == []
    assert read.addresses == []
    assert "script" not in read.tags
    assert read.tags.count("svg") == read.tags.count("figure") == len(WORLD)


def test_hostile_labels_columns_and_titles_are_text() -> None:
    rows = world(np.random.default_rng(1), 500)
    window = BASELINE.empty().add(rows | {"label": [HOSTILE] * 500, HOSTILE: np.zeros(500)})
    shown = page(window, HOSTILE)
    assert "script" not in Reader(shown).tags
    assert shown.count("&lt;script&gt;alert(1)") >= 4


def test_the_bars_of_a_plot_are_shares_of_all_values() -> None:
    window = BASELINE.empty().add(world(np.random.default_rng(1), 500, 9.0))
    for name, sketch in BASELINE.sketches.items():
        drawn = plot(sketch, window.sketches[name])
        assert sum(drawn.then) == pytest.approx(1)
        assert sum(drawn.now) == pytest.approx(1)
        assert len(drawn.labels) == len(drawn.then) == len(drawn.now)
    assert plot(BASELINE.sketches["normal"], window.sketches["normal"]).now[-1] > 0.99


def test_the_verdict_is_the_reports() -> None:
    calm = world(np.random.default_rng(1), 1_000)
    assert ">no drift<" in page(BASELINE.empty().add(calm))
    assert ">drift<" in page(BASELINE.empty().add(world(np.random.default_rng(1), 1_000, 0.5)))
    assert ">broken data<" in page(BASELINE.empty())
    broken = calm | {"normal": calm["normal"] + 1, "gaps": np.full(1_000, np.nan)}
    assert ">drift and broken data<" in page(BASELINE.empty().add(broken))


def test_windows_far_away_or_without_values_still_draw() -> None:
    far = {feature.name: np.full(200, 1e38, dtype=np.float32) for feature in WORLD}
    gone = {feature.name: np.full(200, np.nan, dtype=np.float32) for feature in WORLD}
    for rows in (far, gone):
        shown = page(BASELINE.empty().add(rows))
        assert "nan" not in shown.lower().replace("finance", "")
        assert Reader(shown).open == []
