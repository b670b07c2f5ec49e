"""What waits and for how long: commands for a trial, `make up` for a person, outcomes for their requests."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

TRAFFIC = "tests/unit/takeoff/test_traffic.py::test_"
SAYS = "tests/unit/takeoff/test_rollouts.py::test_"
VERSIONS = "tests/unit/takeoff/test_versions.py::test_"
PHASES = "tests/local/test_phases.py::test_"
READ = "tests/unit/monitor/test_captures.py::test_"
WAIT, COMMAND = "takeoff/rollout.py", "takeoff/commands/rollout.py"
PREPARE, UP = "local/phases.py", "local/up.py"
CAPTURES, WINDOW = "model_code/monitor/captures.py", "model_code/monitor/window.py"

_STILL = f"{TRAFFIC}a_trial_that_stands_still_for_longer_than_patience_is_not_waited_for"
_EXIT = f"{SAYS}a_wait_for_a_trial_without_traffic_ends_with_a_status_of_its_own_and_the_ways_out"
_BACKWARDS = f"{READ}no_hour_is_read_before_the_one_in_which_the_last_outcome_is_joined"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("wait-ends-without-traffic", "takeoff rollout wait", WAIT, "clock() - moved >= patience:", "False:", _STILL),
    (
        "wait-counts-on-end",
        "takeoff rollout wait",
        WAIT,
        "if not progress.still:",
        "if False:",
        f"{TRAFFIC}a_trial_that_moves_between_halts_is_waited_for_to_its_end",
    ),
    ("wait-hears-a-pause", "takeoff rollout wait", WAIT, '    "paused": ', '    "rests": ', _STILL),
    ("wait-has-a-status", "takeoff rollout wait", COMMAND, "STILL if stuck else 0", "0", _EXIT),
    ("wait-says-the-way-out", "takeoff rollout wait", COMMAND, "; {each.way_out}", "", _EXIT),
    (
        "wait-says-what-moves",
        "takeoff rollout wait",
        COMMAND,
        "said = now",
        "pass",
        f"{SAYS}a_wait_says_each_new_reason_once",
    ),
    (
        "approval-is-what-is-next",
        "takeoff models",
        "takeoff/pending.py",
        "models[name] = replace(model, next=",
        "replace(model, next=",
        f"{VERSIONS}a_model_whose_first_version_waits_for_a_person_says_so_and_not_to_train_again",
    ),
    (
        "up-waits-for-no-person",
        "make up",
        PREPARE,
        " or account.pending(registry)):",
        "):",
        f"{PHASES}a_first_version_that_waits_for_a_person_is_said_and_holds_nobody_up",
    ),
    (
        "up-trains-once",
        "make up",
        PREPARE,
        "if not packages:",
        "if True:",
        f"{PHASES}what_waits_for_a_person_is_not_trained_again",
    ),
    (
        "up-without-predictions",
        "make up",
        UP,
        "if not waits or any(",
        "if True or any(",
        f"{PHASES}a_stack_whose_only_model_waits_for_a_person_is_up_without_predictions",
    ),
    ("captures-no-further-than-needed", "captures", WINDOW, "if not truth.by_id:", "if False:", _BACKWARDS),
    ("captures-newest-first", "captures", CAPTURES, "sorted(earlier, reverse=True)", "sorted(earlier)", _BACKWARDS),
    (
        "captures-of-outcomes-alone",
        "captures",
        CAPTURES,
        "if wanted is not None and key not in wanted:",
        "if False:",
        f"{READ}of_requests_that_nobody_wants_nothing_but_the_id_is_read",
    ),
    (
        "captures-are-of-their-window",
        "captures",
        WINDOW,
        "yield from read(some, Counts(), truth.by_id)",
        "yield from read(some, counts, truth.by_id)",
        f"{READ}what_is_wrong_with_earlier_captures_is_not_said_again",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
