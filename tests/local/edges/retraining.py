"""Retraining: what is declared for it and may be done, when a request becomes a run, and what a run is."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

DECLARES = "tests/unit/components/test_retraining.py::test_"
STORM = "tests/unit/retraining/test_storm.py::test_"
RUN = "tests/unit/retraining/test_run.py::test_"
RETRAINING = "components/retraining.py"
STEPPER, FUNCTION = "components/stepper.py", "components/function.py"
MAY = "components/retraining_permissions.py"
DECIDE = "model_code/retraining/decide.py"
BEGIN = "model_code/retraining/begin.py"
ACCOUNT = "model_code/retraining/account.py"
HANDLER = "model_code/retraining/handler.py"
FOLDER = "model_code/retraining/folder.py"

_FUNCTION = f"{DECLARES}the_functions_archive_holds_what_it_imports_and_its_log_is_kept"
_LOGS = f"{DECLARES}what_fails_is_logged_under_the_machines_name"
_STEP_MAY = f"{DECLARES}a_step_may_do_what_its_code_calls_to_this_stacks_own"
_ITSELF = f"{DECLARES}a_step_learns_which_execution_it_belongs_to"
_ALARM = f"{DECLARES}a_failed_execution_is_an_alarm_with_an_owner_and_a_page"
_DUE = f"{DECLARES}a_schedule_starts_retraining_with_a_request_it_understands"
_REFUSED = f"{DECLARES}what_would_not_run_is_refused_before"
_COOLS = f"{STORM}an_alarm_waits_for_the_cooldown_and_a_person_does_not"
_CAP = f"{STORM}the_cap_counts_the_runs_of_the_calendar_month"
_FREEZE = f"{STORM}a_freeze_stops_everybody_and_says_who_and_why"
_SPENT = f"{STORM}a_spent_budget_stops_everybody_and_says_how_much_it_was"
_ONE = f"{STORM}a_storm_of_fifty_alarms_makes_one_run"
_LOOK = f"{RUN}an_alarm_waits_for_the_verdict_of_the_look_that_rang_it"
_ENDLESS = f"{RUN}a_look_that_never_ends_holds_an_alarm_up_for_so_long_and_no_other_request"

# Name, what, file, what stands there once, what takes its place, owner.
_DECLARED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("retraining-log", "cloudwatch.LogGroup", FUNCTION, "retention_in_days=90,", "", _FUNCTION),
    ("retraining-log-key", "cloudwatch.LogGroup", FUNCTION, "kms_key_id=part.key.arn,", "", _FUNCTION),
    ("retraining-timeout", "lambda.Function", RETRAINING, "timeout=300,", "timeout=3,", _FUNCTION),
    ("retraining-code", "lambda.Function", RETRAINING, '    "catalog/loop.py",\n', "", _FUNCTION),
    (
        "retraining-stack",
        "lambda.Function",
        RETRAINING,
        "environment={_STACK: part.site.stack},",
        "",
        _FUNCTION,
    ),
    (
        "retraining-itself",
        "sfn.StateMachine",
        RETRAINING,
        "definition(self._part, function, **_WORDS).apply(knowing_itself)",
        "definition(self._part, function, **_WORDS)",
        _ITSELF,
    ),
    ("retraining-tells", "sfn.StateMachine", STEPPER, "logging_configuration=logging,", "", _LOGS),
    ("retraining-invokes", "iam.RolePolicy", STEPPER, '"lambda:InvokeFunction"', '"lambda:GetFunction"', _ITSELF),
    (
        "retraining-is-started",
        "iam.RolePolicy",
        STEPPER,
        '"states:StartExecution"',
        '"states:DescribeExecution"',
        _DUE,
    ),
    (
        "retraining-alarm",
        "cloudwatch.MetricAlarm",
        RETRAINING,
        'alarm_on_failures(self._part, self.state_machine, args.alerts, title=_FAILED, runbook="retraining-failed")',
        "pass",
        _ALARM,
    ),
    (
        "retraining-alarm-machine",
        "cloudwatch.MetricAlarm",
        STEPPER,
        'dimensions={"StateMachineArn": machine.arn},',
        "dimensions={},",
        _ALARM,
    ),
    (
        "retraining-reads-data",
        "iam.RolePolicy",
        RETRAINING,
        'args.features.grant_read(role, "datasets")',
        "pass",
        _STEP_MAY,
    ),
    (
        "retraining-reads-runs",
        "iam.RolePolicy",
        RETRAINING,
        'args.features.grant_read(role, "runs")',
        "pass",
        _STEP_MAY,
    ),
    (
        "retraining-writes-runs",
        "iam.RolePolicy",
        RETRAINING,
        'args.features.grant_write(role, "runs")',
        "pass",
        _STEP_MAY,
    ),
    ("retraining-sees-the-freeze", "iam.RolePolicy", MAY, '"drift", "freeze", ', '"drift", ', _STEP_MAY),
    ("retraining-sees-the-stacks-freeze", "iam.RolePolicy", MAY, 'f"{under}/freeze", ', "", _STEP_MAY),
    (
        "retraining-tells-its-state",
        "iam.RolePolicy",
        MAY,
        'Statement(actions=["ssm:PutParameter"], resources=[f"{under}/*/retraining"]),',
        "",
        _STEP_MAY,
    ),
    (
        "retraining-starts-pipelines",
        "iam.RolePolicy",
        MAY,
        '                "sagemaker:StartPipelineExecution",\n',
        "",
        _STEP_MAY,
    ),
    (
        "retraining-follows-pipelines",
        "iam.RolePolicy",
        MAY,
        'resources=[f"{pipelines}/execution/*"]',
        "resources=[pipelines]",
        _STEP_MAY,
    ),
    (
        "retraining-asks-who-lives",
        "iam.RolePolicy",
        MAY,
        'Statement(actions=["states:DescribeExecution"], resources=[site.arn("states", f"execution:{machine}:*")]),',
        "",
        _STEP_MAY,
    ),
    (
        "retraining-starts-cooldowns",
        "iam.RolePolicy",
        MAY,
        'Statement(actions=["states:StartExecution"], resources=[site.arn("states", f"stateMachine:{machine}")]),',
        "",
        _STEP_MAY,
    ),
    ("retraining-pins", "iam.RolePolicy", MAY, '["s3:GetObjectVersion"]', '["s3:GetObject"]', _STEP_MAY),
    ("retraining-live-artifact", "iam.RolePolicy", MAY, '"/*/model.tar.gz"', '"/*"', _STEP_MAY),
    ("retraining-budget", "iam.RolePolicy", MAY, ", _budgets(site)]", "]", _STEP_MAY),
)

_GUARDED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("storm-freeze", "storm guard", DECIDE, "if observed.frozen:", "if False:", _FREEZE),
    (
        "storm-freeze-of-the-stack",
        "storm guard",
        BEGIN,
        '((account.STACK_FREEZE, " (the whole stack)"), ("freeze", ""))',
        '(("freeze", ""),)',
        _FREEZE,
    ),
    ("alarm-waits-for-its-look", "data gate", HANDLER, ' and _unsaid(values.get("drift", ""))', " and False", _LOOK),
    ("alarm-waits-only-so-long", "data gate", HANDLER, " and waited < LONGEST_LOOK", "", _ENDLESS),
    ("storm-freeze-is-read", "storm guard", ACCOUNT, '"drift", "freeze", ', '"drift", ', _FREEZE),
    (
        "storm-one-at-a-time",
        "storm guard",
        DECIDE,
        "if under_way := _under_way(me, observed):",
        "if under_way := None:",
        _ONE,
    ),
    (
        "storm-one-from-outside",
        "storm guard",
        DECIDE,
        "if run.status in MOVING:",
        "if False:",
        f"{STORM}a_run_started_by_hand_in_the_console_counts_as_running",
    ),
    (
        "storm-one-of-two-claims",
        "storm guard",
        BEGIN,
        "if refusal := contested(claimed, self.me, led):",
        "if refusal := None:",
        f"{STORM}of_two_that_decide_at_the_same_moment_one_runs",
    ),
    (
        "storm-claim-is-the-runs",
        "storm guard",
        BEGIN,
        "if claimed := folder.claim(record):",
        "if claimed := folder.write(record):",
        f"{STORM}of_two_that_decide_at_the_same_moment_one_runs",
    ),
    (
        "storm-dead-leader",
        "storm guard",
        DECIDE,
        "if record.runner == me or not observed.led:",
        "if record.runner == me:",
        f"{RUN}a_dead_leaders_run_is_led_on_and_others_see_that_it_is",
    ),
    (
        "storm-dead-claimant",
        "storm guard",
        DECIDE,
        "if claim.open and (claim.runner == me or not led):",
        "if claim.open and claim.runner == me:",
        f"{STORM}the_second_of_two_goes_on_where_the_first_died_with_its_claim",
    ),
    (
        "storm-ended-claim",
        "storm guard",
        DECIDE,
        "if claim.open and (claim.runner == me or not led):",
        "if claim.runner == me or not led:",
        f"{STORM}a_run_that_began_and_ended_while_one_looked_is_not_run_again",
    ),
    (
        "storm-token",
        "storm guard",
        ACCOUNT,
        "ClientRequestToken=token(settings.stack, settings.model, record.run),",
        "ClientRequestToken=token(settings.stack, settings.model, record.runner),",
        f"{STORM}a_list_that_does_not_show_the_newest_run_yet_starts_it_no_second_time",
    ),
    (
        "storm-name-of-a-new-pipeline",
        "storm guard",
        DECIDE,
        "before = observed.runs[0].arn if observed.runs else observed.origin",
        'before = observed.runs[0].arn if observed.runs else ""',
        f"{STORM}a_pipeline_that_was_made_anew_does_not_mistake_the_folders_of_the_one_before",
    ),
    ("storm-cooldown", "storm guard", DECIDE, "if observed.cooling and not by_hand:", "if False:", _COOLS),
    (
        "storm-cooldown-by-hand",
        "storm guard",
        DECIDE,
        "if observed.cooling and not by_hand:",
        "if observed.cooling:",
        _COOLS,
    ),
    (
        "storm-cooldown-is-waited-out",
        "storm guard",
        ACCOUNT,
        "states.start_execution(stateMachineArn=machine, name=name, input=event)",
        "pass",
        f"{STORM}a_cooldown_is_one_execution_that_waits_it_out_and_says_when_it_is_over",
    ),
    ("storm-cap", "storm guard", DECIDE, "if begun >= most and not by_hand:", "if False:", _CAP),
    (
        "storm-cap-by-hand",
        "storm guard",
        DECIDE,
        "if begun >= most and not by_hand:",
        "if begun >= most:",
        f"{STORM}a_person_passes_the_cap",
    ),
    ("storm-cap-of-the-month", "storm guard", DECIDE, "run.started.astimezone(UTC) >= month(now)", "True", _CAP),
    ("storm-budget", "storm guard", DECIDE, "if observed.spent:", "if False:", _SPENT),
    (
        "storm-budget-is-used-up",
        "storm guard",
        ACCOUNT,
        'if float(actual["Amount"]) < float(limit["Amount"]):',
        "if True:",
        _SPENT,
    ),
    (
        "storm-data",
        "storm guard",
        DECIDE,
        "if not observed.data:",
        "if False:",
        f"{STORM}every_refusal_is_shown_with_who_asked",
    ),
    (
        "storm-refusal-is-shown",
        "storm guard",
        BEGIN,
        'self._tell({"last_refusal": self._told(taken)})',
        "pass",
        f"{STORM}every_refusal_is_shown_with_who_asked",
    ),
    (
        "storm-refusal-hides-no-run",
        "storm guard",
        ACCOUNT,
        'shown = {**json.loads(was or "{}"), **now}',
        "shown = {**now}",
        f"{STORM}a_refusal_does_not_hide_the_run_that_is_under_way",
    ),
    (
        "run-pin",
        "run's folder",
        FOLDER,
        'pinned = {"VersionId": settings.version} if settings.version else {}',
        "pinned = {}",
        f"{RUN}the_newest_data_set_is_taken_unless_one_is_pinned",
    ),
    (
        "run-one-data-set",
        "run's folder",
        FOLDER,
        ', "VersionId": record.data}',
        "}",
        f"{RUN}a_data_set_stored_during_the_decision_waits_for_the_next_run",
    ),
    (
        "run-claim",
        "run's folder",
        FOLDER,
        ', IfNoneMatch="*")',
        ")",
        f"{STORM}of_two_that_decide_at_the_same_moment_one_runs",
    ),
    (
        "run-empty-inputs",
        "run's folder",
        FOLDER,
        """self._write(f"{name.rpartition('/')[0]}/{ABSENT}", "nothing\\n")""",
        "pass",
        f"{RUN}the_first_version_has_nothing_to_be_compared_with",
    ),
    (
        "run-first",
        "run's folder",
        FOLDER,
        '"first": not live,',
        '"first": True,',
        f"{RUN}the_pipeline_gets_a_folder_in_which_every_input_has_an_object",
    ),
    (
        "run-drifted",
        "run's folder",
        FOLDER,
        '"drifted": _drifted(drift),',
        '"drifted": _drifted(""),',
        f"{RUN}the_data_gate_is_told_what_the_monitor_has_seen",
    ),
    (
        "run-refused-by-a-gate",
        "run's end",
        "model_code/retraining/ending.py",
        'if step.kind == "ProcessingJob" and _REFUSED.search(step.reason):',
        'if step.kind == "ProcessingJob":',
        f"{RUN}a_gate_that_could_not_judge_has_failed_and_rejected_nothing",
    ),
    (
        "run-refused-by-the-verdict",
        "run's end",
        "model_code/retraining/ending.py",
        'if step.kind == "Fail":',
        "if False:",
        f"{RUN}a_version_that_the_verdict_refuses_is_rejected_with_its_reasons",
    ),
    (
        "run-is-closed",
        "run's end",
        HANDLER,
        "folder.write(replace(record, **said, runner=self.me, ended=at))",
        "pass",
        f"{RUN}a_registered_version_ends_a_run_well",
    ),
)

EDGES = tuple(Sabotage(*each) for each in (*_DECLARED, *_GUARDED))
