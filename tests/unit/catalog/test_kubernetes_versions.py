"""EKS's calendar of versions, judged by its own day."""

from __future__ import annotations

import itertools

import pytest

from catalog import kubernetes_versions
from catalog.kubernetes_versions import Support, dated, number, refusal, supported, versions


def test_versions_are_in_order_and_each_support_ends_after_the_one_before() -> None:
    found = versions()
    assert [each.version for each in found] == sorted((each.version for each in found), key=number)
    for each in found:
        assert each.standard < each.extended
    for earlier, later in itertools.pairwise(found):
        assert earlier.standard < later.standard


def test_three_versions_are_supported_as_aws_promises_and_the_calendar_names_its_source() -> None:
    assert len(supported()) >= 3
    assert kubernetes_versions.source().startswith("https://docs.aws.amazon.com/eks/")


def test_a_version_is_refused_from_the_day_on_which_its_standard_support_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ends(version: str, day: int) -> Support:
        return Support(version=version, standard=dated().replace(day=day), extended=dated().replace(year=2099))

    today = dated().day
    monkeypatch.setattr(kubernetes_versions, "versions", lambda: [ends("1.1", today), ends("1.2", today + 1)])
    assert supported() == ["1.2"]
    assert refusal("1.2") is None
    assert "one of 1.2, in standard support as of" in (refusal("1.1") or "")
    assert refusal("1.3")


def test_1_9_comes_before_1_10() -> None:
    assert number("1.9") < number("1.10")
