"""Names of releases."""

from __future__ import annotations

from catalog.analysis import Analysis, Step
from catalog.candidates import Candidates
from catalog.candidates import Release as Kept
from catalog.desired import Desired
from catalog.plan import Plan
from components.release import Release, content_of, next_releases

ANALYSIS = Analysis(
    steps=(Step(percent=10, requests=1, seconds=1),), bake_seconds=0, look_seconds=60, tolerated=0.01, detect=0.05
)


def wished(content: str, generation: int) -> Desired:
    return Desired(endpoint="e", config="c", content=content, generation=generation, variants={})


def both(**generations: int) -> Candidates:
    """The wish for a model of two versions, by content and generation."""
    releases = {
        f"v-{content}": Kept(config="c", content=content, generation=generation)
        for content, generation in generations.items()
    }
    return Candidates(
        endpoint="e", variant="main", instances=1, releases=releases, pinned="", plan=Plan(), analysis=ANALYSIS
    )


def test_the_first_release_is_generation_one() -> None:
    assert next_releases(["aaaa"], None) == [Release(content="aaaa", generation=1)]


def test_the_same_content_keeps_its_name() -> None:
    assert next_releases(["aaaa"], wished("aaaa", 4))[0].suffix == "0004-aaaa"


def test_another_content_is_the_next_generation_even_when_it_was_there_before() -> None:
    assert next_releases(["aaaa"], wished("bbbb", 5))[0].suffix == "0006-aaaa"


def test_two_new_contents_have_generations_of_their_own() -> None:
    assert [each.suffix for each in next_releases(["aaaa", "bbbb"], None)] == ["0001-aaaa", "0002-bbbb"]


def test_of_two_versions_the_one_that_stays_keeps_its_name_and_the_new_one_gets_a_name_never_used() -> None:
    found = next_releases(["aaaa", "cccc"], both(aaaa=7, bbbb=3))
    assert [each.suffix for each in found] == ["0007-aaaa", "0008-cccc"]


def test_a_model_that_gains_or_loses_its_analysis_keeps_what_it_serves() -> None:
    assert [each.suffix for each in next_releases(["aaaa", "bbbb"], wished("bbbb", 5))] == ["0006-aaaa", "0005-bbbb"]
    assert next_releases(["aaaa"], both(aaaa=2, bbbb=3))[0].suffix == "0002-aaaa"


def test_content_does_not_depend_on_the_order_of_keys() -> None:
    assert content_of({"a": 1, "b": [2]}) == content_of({"b": [2], "a": 1})


def test_content_tells_variants_apart() -> None:
    assert content_of({"variants": [("main", "x")]}) != content_of({"variants": [("candidate", "x")]})
