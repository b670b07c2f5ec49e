"""What Rollout believes of a candidate: samples, tests, missing data, alarms, a shadow's answers."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

TRIES = "tests/unit/rollout/test_candidates.py::test_"
PEOPLE = "tests/unit/rollout/test_candidates_people.py::test_"
ACCOUNTED = "tests/unit/rollout/test_candidates_account.py::test_"
PURE = "tests/unit/rollout/test_analyse.py::test_"
EVIDENCE = "model_code/rollout/evidence.py"
SEEN = "model_code/rollout/seen.py"
SHARES = "model_code/rollout/shares.py"
SUMS = "model_code/rollout/sums.py"
TRIAL = "model_code/rollout/trial.py"
WATCH = "model_code/rollout/watch.py"
HANDLER = "model_code/rollout/candidates_handler.py"

_GOOD = f"{TRIES}a_good_candidate_goes_through_its_steps_and_takes_the_live_versions_place"
_BACK = f"{TRIES}a_candidate_that_fails_goes_back_at_once_and_gets_no_request_afterwards"
_RINGS = f"{TRIES}an_alarm_that_rings_sends_it_back_and_one_that_rings_before_holds_it_back"
_METRIC = f"{TRIES}the_online_metric_decides_where_answers_come_and_are_wrong"
_MISSING = f"{ACCOUNTED}missing_data_is_what_should_have_come_and_did_not"
_SHADOW = f"{PEOPLE}a_shadow_answers_copies_first_and_its_comparison_is_kept_with_the_decision"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "evidence-sample",
        "evidence",
        EVIDENCE,
        "return still_needed(sample(analysis), found.candidate.requests), outcomes",
        "return 0, outcomes",
        f"{TRIES}it_is_not_promoted_below_the_sample_and_says_how_many_requests_are_needed",
    ),
    (
        "evidence-sample-before-everything",
        "evidence",
        SHARES,
        "return _short(seen, state, found) or _shift(seen, state, 100)",
        "return _shift(seen, state, 100)",
        f"{TRIES}it_is_not_promoted_below_the_sample_and_says_how_many_requests_are_needed",
    ),
    (
        "evidence-sample-of-outcomes",
        "evidence",
        EVIDENCE,
        "still_needed(analysis.metric.least, found.candidate.outcomes) if analysis.metric else 0",
        "0",
        f"{TRIES}outcomes_that_never_come_halt_before_everything_is_given",
    ),
    (
        "evidence-shared-error",
        "evidence",
        EVIDENCE,
        "return ALPHA / (3 if analysis.metric else 2)",
        "return ALPHA",
        f"{ACCOUNTED}the_sample_follows_from_what_has_to_be_detected",
    ),
    (
        "evidence-requests-of-a-step",
        "evidence",
        SHARES,
        "if left or state.waited < seconds:",
        "if state.waited < seconds:",
        f"{PURE}a_step_has_its_requests_and_its_seconds_before_the_next",
    ),
    (
        "evidence-seconds-of-a-step",
        "evidence",
        SHARES,
        "if left or state.waited < seconds:",
        "if left:",
        f"{PURE}a_step_has_its_requests_and_its_seconds_before_the_next",
    ),
    ("evidence-bake", "evidence", SHARES, "    if left > 0:\n", "    if left > 10**9:\n", _GOOD),
    ("evidence-tolerated", "evidence", EVIDENCE, "if tolerated.exceeded:", "if False:", _BACK),
    (
        "evidence-compared",
        "evidence",
        EVIDENCE,
        "if compared and compared.worse:",
        "if False:",
        f"{TRIES}a_candidate_worse_than_live_goes_back_though_both_are_tolerated",
    ),
    (
        "evidence-at-its-share",
        "evidence",
        EVIDENCE,
        "earlier=state.earlier,",
        "earlier=0.0,",
        f"{ACCOUNTED}what_came_before_a_change_of_shares_counts_at_its_own_share",
    ),
    (
        "evidence-put-away",
        "evidence",
        SHARES,
        "earlier=evidence_at(seen.wish.analysis, state, found),",
        "",
        f"{PURE}evidence_is_put_away_before_shares_change",
    ),
    (
        "evidence-of-another-share",
        "evidence",
        SHARES,
        "state = _rebased(seen, state, percent)",
        "pass",
        f"{PURE}errors_at_a_share_that_somebody_else_asked_for_are_not_held_against_the_candidate",
    ),
    (
        "evidence-metric",
        "evidence",
        EVIDENCE,
        "if metric and (difference := _difference(metric, alpha(analysis), found)).low > metric.margin:",
        "if metric and (difference := _difference(metric, alpha(analysis), found)).low > 1:",
        _METRIC,
    ),
    (
        "evidence-counted-once",
        "evidence",
        SUMS,
        "max(round(errors.get(minute, 0)), slow.get(minute, 0))",
        "round(errors.get(minute, 0)) + slow.get(minute, 0)",
        f"{ACCOUNTED}sums_of_two_variants_are_one_query_and_errors_and_slow_answers_are_not_counted_twice",
    ),
    (
        "evidence-of-this-config",
        "evidence",
        SUMS,
        'fleet = {**ours, "EndpointConfigName": config}',
        "fleet = ours",
        f"{ACCOUNTED}sums_of_two_variants_are_one_query_and_errors_and_slow_answers_are_not_counted_twice",
    ),
    (
        "missing-sums",
        "missing data",
        SUMS,
        'if each.get("StatusCode") in ("InternalError", "Forbidden"):',
        "if False:",
        f"{ACCOUNTED}a_query_that_fails_is_missing_data_with_the_reason",
    ),
    (
        "missing-sums-halt",
        "missing data",
        EVIDENCE,
        "        return found.reason\n",
        '        return ""\n',
        f"{TRIES}an_outage_that_outlasts_patience_sends_the_candidate_back",
    ),
    (
        "missing-requests",
        "missing data",
        EVIDENCE,
        "if candidate <= 0 and (live <= 0 or percent == 100):",
        "if False:",
        f"{TRIES}no_requests_is_missing_data_too",
    ),
    (
        "missing-requests-of-the-candidate",
        "missing data",
        EVIDENCE,
        "if candidate <= 0 and live * percent >= EXPECTED * (100 - percent):",
        "if False:",
        _MISSING,
    ),
    (
        "missing-requests-of-the-live-version",
        "missing data",
        EVIDENCE,
        "if live <= 0 and candidate * (100 - percent) >= EXPECTED * percent:",
        "if False:",
        _MISSING,
    ),
    (
        "missing-outcomes",
        "missing data",
        EVIDENCE,
        "if analysis.metric and not found.candidate.outcomes and percent < 100:",
        "if False:",
        f"{ACCOUNTED}outcomes_of_one_side_alone_are_missing_data",
    ),
    (
        "missing-halts",
        "missing data",
        WATCH,
        "        return state, halt(seen, state, absent)\n",
        "        pass\n",
        f"{PURE}an_alarm_that_is_gone_halts",
    ),
    (
        "missing-patience",
        "missing data",
        WATCH,
        "if state.silent >= seen.wish.analysis.patience:",
        "if state.silent >= 10**9:",
        f"{PURE}missing_data_is_waited_for_as_often_as_the_analysis_says",
    ),
    (
        "missing-alarms",
        "missing data",
        WATCH,
        "    if unknown:\n",
        "    if False:\n",
        f"{PURE}an_alarm_that_is_gone_halts",
    ),
    (
        "missing-alarms-of-an-outage",
        "missing data",
        HANDLER,
        'found = found and Missing(f"CloudWatch gave no alarms: {error}")',
        "raise",
        f"{TRIES}an_outage_of_alarms_halts_as_one_of_sums_does",
    ),
    ("alarms-ring", "alarms", WATCH, "if ringing := seen.alarms(analysis.alarms)[0]:", "if ringing := []:", _RINGS),
    ("alarms-ring-before", "alarms", TRIAL, "if ringing or unknown:", "if unknown:", _RINGS),
    (
        "shadow-first",
        "CreateEndpointConfig",
        SEEN,
        '("shadow", "canary") if wish.analysis.shadow else ("canary",)',
        '("canary",)',
        _SHADOW,
    ),
    (
        "shadow-sample",
        "evidence",
        TRIAL,
        "if seen.found.candidate.requests < wanted.requests:",
        "if seen.found.candidate.requests < 0:",
        f"{PURE}a_shadow_answers_as_many_copies_as_were_asked_for",
    ),
    (
        "shadow-compared",
        "evidence",
        TRIAL,
        'if state.shadow is None or "answers" not in state.shadow:',
        "if False:",
        _SHADOW,
    ),
    (
        "shadow-harm",
        "evidence",
        TRIAL,
        "    state, taken = watched(seen, state, 0)\n",
        "    taken = None\n",
        f"{PEOPLE}a_shadow_that_fails_is_rejected_before_anybody_gets_its_answers",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
