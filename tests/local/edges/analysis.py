"""The course of an analysis: who may stop it, in which order it writes, and what it leaves behind."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

TRIES = "tests/unit/rollout/test_candidates.py::test_"
PEOPLE = "tests/unit/rollout/test_candidates_people.py::test_"
KILLS = "tests/unit/rollout/test_candidates_kills.py::test_"
ACCOUNTED = "tests/unit/rollout/test_candidates_account.py::test_"
PURE = "tests/unit/rollout/test_analyse.py::test_"
ACT = "model_code/rollout/act.py"
ANALYSE = "model_code/rollout/analyse.py"
SEEN = "model_code/rollout/seen.py"
SHARES = "model_code/rollout/shares.py"
TRIAL = "model_code/rollout/trial.py"
WATCH = "model_code/rollout/watch.py"
CANARY = "model_code/rollout/candidates_account.py"
HANDLER = "model_code/rollout/candidates_handler.py"

_GOOD = f"{TRIES}a_good_candidate_goes_through_its_steps_and_takes_the_live_versions_place"
_BACK = f"{TRIES}a_candidate_that_fails_goes_back_at_once_and_gets_no_request_afterwards"
_RETURNS = f"{TRIES}a_return_is_done_within_the_look_that_decides_and_its_time_is_told"
_CONFIG = f"{TRIES}the_temporary_config_has_both_versions_with_the_live_count_key_and_tags"
_FREEZE = f"{PEOPLE}a_freeze_of_the_stack_mid_canary_holds_and_harm_still_goes_back"
_PAUSED = f"{PEOPLE}a_paused_rollout_keeps_its_share_and_still_goes_back_on_harm"
_ABORTED = f"{PEOPLE}an_abort_goes_back_says_who_and_is_carried_out_once"
_KILLED = f"{KILLS}killed_after_any_call_a_new_execution_ends_in_the_same_place"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("people-freeze", "operators", WATCH, "    if seen.frozen:\n", "    if False:\n", _FREEZE),
    (
        "people-freeze-begins-nothing",
        "operators",
        TRIAL,
        "if seen.frozen or seen.looks >= MOST_LOOKS:",
        "if seen.looks >= MOST_LOOKS:",
        f"{PEOPLE}a_frozen_model_begins_nothing_and_says_who_froze_it",
    ),
    (
        "people-freeze-of-the-stack",
        "operators",
        CANARY,
        'text("freeze") or texts.get(stack_freeze, "")',
        'text("freeze")',
        _FREEZE,
    ),
    (
        "people-pause",
        "operators",
        WATCH,
        'return _said(seen, "paused") if seen.ordered("pause", state) else ""',
        'return ""',
        _PAUSED,
    ),
    (
        "people-harm-in-a-pause",
        "operators",
        WATCH,
        "    if reason := against(seen, state):\n",
        "    if (reason := against(seen, state)) and not held(seen, state):\n",
        _PAUSED,
    ),
    ("people-abort", "operators", WATCH, '(("abort", "aborted"), ', "(", _ABORTED),
    ("people-once", "operators", SEEN, " and order.at != state.answered", "", _ABORTED),
    (
        "people-rollback",
        "operators",
        ANALYSE,
        'if seen.ordered("rollback", state):',
        "if False:",
        f"{PEOPLE}a_rollback_makes_the_version_before_live_at_once_and_the_other_is_not_tried_again",
    ),
    (
        "people-rollback-to-a-rejected-version",
        "operators",
        ANALYSE,
        'if not others or (before is not None and before.verdict != "promoted"):',
        "if not others:",
        f"{PEOPLE}a_rollback_to_a_rejected_version_is_refused",
    ),
    (
        "people-pin",
        "operators",
        ANALYSE,
        "if wish.pinned:",
        "if False:",
        f"{PEOPLE}a_pin_to_the_version_that_waits_is_served_and_decides_nothing",
    ),
    (
        "tried-once",
        "decision",
        SEEN,
        'return "" if version in self.decisions else version',
        "return version",
        _BACK,
    ),
    (
        "tried-alone",
        "decision",
        TRIAL,
        'known = state.version == tried and state.live == seen.live and state.config == configs["canary"]',
        "known = state.version != ''",
        f"{PEOPLE}a_new_version_mid_canary_begins_an_analysis_of_its_own_from_the_approved_one",
    ),
    (
        "replaced-is-not-tried",
        "decision",
        SEEN,
        ' and before.verdict == "promoted" and before.live == version',
        ' and before.verdict == "never"',
        f"{TRIES}the_version_that_was_replaced_is_not_tried_in_its_turn",
    ),
    (
        "verdict-comes-first",
        "decision",
        WATCH,
        "return Decide(decision, new=True), replace",
        "return Decide(decision, new=False), replace",
        f"{KILLS}of_two_verdicts_the_first_stands",
    ),
    (
        "traffic-leaves-first",
        "UpdateEndpointWeightsAndCapacities",
        ANALYSE,
        "if seen.share and fingerprint(drained := _drained(seen)) not in seen.attempted.calls:",
        "if not seen and fingerprint(drained := _drained(seen)) not in seen.attempted.calls:",
        _RETURNS,
    ),
    (
        "approved-follows-the-endpoint",
        "decision",
        ANALYSE,
        "        return RecordApproved(record), state\n",
        "        return Decide(replace(decision, settled=True), new=False), state\n",
        _GOOD,
    ),
    (
        "candidate-is-the-former-one",
        "decision",
        ANALYSE,
        "        return RecordCandidate(old), state\n",
        "        return Decide(replace(decision, settled=True), new=False), state\n",
        _GOOD,
    ),
    (
        "former-record-is-kept",
        "decision",
        ANALYSE,
        "            return KeepVersion(old), state\n",
        "            return RecordApproved(record), state\n",
        _KILLED,
    ),
    (
        "nothing-is-left",
        "DeleteEndpointConfig",
        ACT,
        "candidates_account.delete_config(call.clients.sagemaker, taken.config)",
        "pass",
        _GOOD,
    ),
    ("remembered-first", "decision", ACT, "if after != kept.state:", "if False:", _GOOD),
    (
        "waits-while-scaling",
        "RegisterScalableTarget",
        ACT,
        "        suspend(call, suspended=True)\n",
        "        pass\n",
        f"{PURE}scaling_stands_still_while_a_candidate_is_tried",
    ),
    (
        "scales-again",
        "RegisterScalableTarget",
        HANDLER,
        "    suspend(call, suspended=False)\n",
        "",
        f"{PURE}scaling_stands_still_while_a_candidate_is_tried",
    ),
    (
        "canary-key",
        "CreateEndpointConfig",
        CANARY,
        '("KmsKeyId", "DataCaptureConfig")',
        '("DataCaptureConfig",)',
        _CONFIG,
    ),
    (
        "canary-capture",
        "CreateEndpointConfig",
        CANARY,
        '("KmsKeyId", "DataCaptureConfig")',
        '("KmsKeyId",)',
        f"{ACCOUNTED}a_temporary_config_is_a_request_that_sagemakers_model_knows",
    ),
    (
        "canary-tags",
        "CreateEndpointConfig",
        CANARY,
        'Tags=[tag for tag in tags if not tag["Key"].startswith("aws:")],',
        "Tags=[],",
        _CONFIG,
    ),
    (
        "canary-begins-without-traffic",
        "CreateEndpointConfig",
        CANARY,
        "shadow_percent if shadow else 0",
        "shadow_percent if shadow else 50",
        _CONFIG,
    ),
    ("canary-count", "CreateEndpointConfig", CANARY, ', "InitialInstanceCount": instances}', "}", _CONFIG),
    (
        "canary-weights",
        "UpdateEndpoint",
        CANARY,
        "ExcludeRetainedVariantProperties=[CAPTURE, WEIGHT],",
        "",
        f"{ACCOUNTED}a_temporary_config_is_a_request_that_sagemakers_model_knows",
    ),
    (
        "candidate-grows",
        "UpdateEndpointWeightsAndCapacities",
        SHARES,
        "if (variant.instances or 0) < seen.instances and",
        "if False and",
        f"{PURE}a_candidate_gets_as_many_instances_as_the_live_version_has_grown_to",
    ),
    (
        "looks-end",
        "decision",
        TRIAL,
        "    if seen.looks >= MOST_LOOKS:\n",
        "    if False:\n",
        f"{PEOPLE}a_pause_that_lasts_longer_than_an_executions_history_goes_back_without_a_verdict",
    ),
    (
        "seconds-count-once",
        "decision",
        HANDLER,
        'if not asked or event.get("look") != state.looks or state.phase == "ended":',
        'if not asked or state.phase == "ended":',
        f"{KILLS}seconds_that_two_executions_wait_together_count_once",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
