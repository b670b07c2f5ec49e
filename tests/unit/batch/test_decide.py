"""One step of a batch run, as a pure function."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catalog.batch import BatchSettings
from model_code.batch.decide import (
    RUNNING,
    Failed,
    Job,
    Observed,
    Start,
    Stored,
    Succeeded,
    Wait,
    decide,
    digest,
)
from model_code.batch.partition import partition_of

THEN = datetime(2026, 11, 21, tzinfo=UTC)
PREFIX = "takeoff-test-m-batch-20261121"


def stored(name: str, seconds: int = 0, etag: str = "1") -> Stored:
    return Stored(name=name, etag=etag, modified=THEN + timedelta(seconds=seconds))


def seen(inputs: str, outputs: str = "", *jobs: Job) -> Observed:
    """Inputs and outputs by name; every output is a second younger than its input."""
    made = [stored(f"{name}.out", 1) for name in outputs.split()]
    return Observed(inputs=[stored(name) for name in inputs.split()], outputs=made, jobs=jobs)


def named(observed: Observed, number: int = 0) -> str:
    return f"{PREFIX}-{digest(observed.missing())}-{number}"


def test_an_untouched_partition_is_scored_whole() -> None:
    observed = seen("a.csv b.csv")
    assert decide(observed, PREFIX, []) == Start(named(observed), ("a.csv", "b.csv"))


def test_only_what_has_no_output_is_scored() -> None:
    step = decide(seen("a.csv b.csv c.csv", "b.csv"), PREFIX, [])
    assert isinstance(step, Start)
    assert step.names == ("a.csv", "c.csv")


def test_an_output_is_found_in_whatever_folder_sagemaker_put_it() -> None:
    observed = Observed(inputs=[stored("a.csv")], outputs=[stored("date=2026-11-21/a.csv.out", 1)], jobs=[])
    assert isinstance(decide(observed, PREFIX, []), Succeeded)


def test_an_input_that_changed_after_it_was_scored_is_scored_again() -> None:
    observed = Observed(inputs=[stored("a.csv", 5)], outputs=[stored("a.csv.out", 4)], jobs=[])
    assert isinstance(decide(observed, PREFIX, []), Start)


def test_every_input_with_its_output_is_success() -> None:
    observed = seen("a.csv b.csv", "a.csv b.csv")
    assert decide(observed, PREFIX, []) == Succeeded(digest(observed.inputs))


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_job_under_way_is_waited_for_whoever_started_it(status: str) -> None:
    assert decide(seen("a.csv b.csv", "a.csv", Job(name="j", status=status)), PREFIX, []) == Wait("j")


def test_a_partition_without_inputs_fails() -> None:
    assert decide(seen(""), PREFIX, []) == Failed("no input: the partition has no objects")


def test_outputs_that_would_meet_are_refused() -> None:
    step = decide(seen("x/a.csv y/a.csv"), PREFIX, [])
    assert isinstance(step, Failed)
    assert "a.csv" in step.reason


def test_a_job_that_got_nowhere_fails_the_run_that_followed_it_with_sagemakers_reason() -> None:
    job = named(seen("a.csv"))
    step = decide(seen("a.csv", "", Job(name=job, status="Failed", reason="bad row 3")), PREFIX, [job])
    assert step == Failed(f"1 of 1 inputs have no output: a.csv; {job} ended Failed: bad row 3")


def test_a_job_that_completed_without_an_output_is_no_success() -> None:
    job = named(seen("a.csv"))
    step = decide(seen("a.csv", "", Job(name=job, status="Completed")), PREFIX, [job])
    assert isinstance(step, Failed)


def test_a_job_that_got_further_is_followed_by_one_over_the_rest() -> None:
    first = named(seen("a.csv b.csv"))
    observed = seen("a.csv b.csv", "a.csv", Job(name=first, status="Failed"))
    assert decide(observed, PREFIX, [first]) == Start(named(observed), ("b.csv",))


def test_another_run_may_try_again_what_failed_under_a_name_of_its_own() -> None:
    observed = seen("a.csv", "", Job(name=named(seen("a.csv")), status="Failed"))
    assert decide(observed, PREFIX, []) == Start(named(observed, 1), ("a.csv",))


def test_two_runs_at_once_ask_for_one_job_and_another_content_for_another() -> None:
    one, two = seen("a.csv b.csv"), Observed(inputs=[stored("b.csv"), stored("a.csv")], outputs=[], jobs=[])
    assert digest(one.inputs) == digest(two.inputs)
    assert digest(one.inputs) != digest([stored("a.csv"), stored("b.csv", etag="2")])


def test_a_long_list_of_names_is_cut_with_a_count() -> None:
    names = " ".join(f"{n}.csv" for n in range(9))
    job = named(seen(names))
    step = decide(seen(names, "", Job(name=job, status="Stopped")), PREFIX, [job])
    assert isinstance(step, Failed)
    assert "and 4 more" in step.reason


def test_a_run_is_for_the_date_it_names_else_for_the_day_before_its_scheduled_time() -> None:
    assert partition_of({"partition": "2026-11-20", "scheduled": "2026-11-22T03:00:00Z"}) == "2026-11-20"
    assert partition_of({"scheduled": "2026-11-22T03:00:00Z"}) == "2026-11-21"
    assert partition_of({"scheduled": "2026-11-22T00:30:00+02:00"}) == "2026-11-20"


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-1-1", "20261121"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026|YYYY|month"):
        partition_of({"partition": text})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": 1}'])
def test_settings_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="TAKEOFF_BATCH: got"):
        BatchSettings.from_json(text)
