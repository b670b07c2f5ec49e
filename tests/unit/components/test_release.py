"""Names of releases."""

from __future__ import annotations

from catalog.desired import Desired
from components.release import Release, content_of, next_release


def wished(content: str, generation: int) -> Desired:
    return Desired(endpoint="e", config="c", content=content, generation=generation, variants={})


def test_the_first_release_is_generation_one() -> None:
    assert next_release("aaaa", None) == Release(content="aaaa", generation=1)


def test_the_same_content_keeps_its_name() -> None:
    assert next_release("aaaa", wished("aaaa", 4)).suffix == "0004-aaaa"


def test_another_content_is_the_next_generation_even_when_it_was_there_before() -> None:
    assert next_release("aaaa", wished("bbbb", 5)).suffix == "0006-aaaa"


def test_content_does_not_depend_on_the_order_of_keys() -> None:
    assert content_of({"a": 1, "b": [2]}) == content_of({"b": [2], "a": 1})


def test_content_tells_variants_apart() -> None:
    assert content_of({"variants": [("main", "x")]}) != content_of({"variants": [("candidate", "x")]})
