"""What the measurement of the selector proof proves."""

from __future__ import annotations

from benchmarks.selector_proof import asked, declared, prove
from catalog.pools import Pool


def test_each_measured_workload_has_the_pool_that_it_was_meant_for() -> None:
    answers = prove(declared(6), asked(30, 6))
    assert [each.name for each in answers if isinstance(each, Pool)] == [f"bench-p{n % 6}" for n in range(30)]
