"""Experiments: what is declared for one, what its function may do, and what it stops for."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

DECLARES = "tests/unit/components/test_experiment.py::test_"
DECIDES = "tests/unit/experiment/test_decide.py::test_"
HANDLES = "tests/unit/experiment/test_handler.py::test_"
EXPERIMENT, FUNCTION = "components/experiment.py", "components/function.py"
DECIDE, HANDLER, ASSIGN = (f"model_code/experiment/{name}.py" for name in ("decide", "handler", "assignment"))

_PARAMETER = f"{DECLARES}the_parameter_holds_what_the_function_makes_an_experiment_of"
_LOOKS = f"{DECLARES}the_schedule_looks_at_this_parameter"
_WRITES = f"{DECLARES}the_function_writes_reports_and_a_verdict_and_nothing_else"
_READS = f"{DECLARES}the_function_reads_its_log_and_starts_rollout_alone"
_KEPT = f"{DECLARES}its_log_is_kept_for_ninety_days_under_the_key"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "experiment-parameter",
        "ssm.Parameter",
        EXPERIMENT,
        'name=part.site.parameter(args.model, "experiment"),',
        "",
        _PARAMETER,
    ),
    (
        "experiment-window",
        "ssm.Parameter",
        EXPERIMENT,
        "window_seconds=args.window_seconds,",
        "window_seconds=0,",
        _PARAMETER,
    ),
    ("experiment-since", "ssm.Parameter", EXPERIMENT, "since=args.since,", 'since="2026-01-01",', _PARAMETER),
    (
        "experiment-schedule",
        "scheduler.Schedule",
        EXPERIMENT,
        "schedule_expression=self._args.schedule,",
        'schedule_expression="rate(1 day)",',
        _LOOKS,
    ),
    ("experiment-schedule-zone", "scheduler.Schedule", EXPERIMENT, 'schedule_expression_timezone="UTC",', "", _LOOKS),
    (
        "experiment-schedule-input",
        "scheduler.Schedule",
        EXPERIMENT,
        'json.dumps({"parameter": found})',
        "json.dumps({})",
        _LOOKS,
    ),
    (
        "experiment-schedule-role",
        "scheduler.Schedule",
        EXPERIMENT,
        '                "role_arn": role.ready_arn,\n',
        "",
        _LOOKS,
    ),
    ("experiment-invokes", "iam.RolePolicy", EXPERIMENT, '"lambda:InvokeFunction"', '"lambda:GetFunction"', _LOOKS),
    ("experiment-log", "cloudwatch.LogGroup", FUNCTION, "retention_in_days=90,", "", _KEPT),
    ("experiment-log-key", "cloudwatch.LogGroup", FUNCTION, "kms_key_id=part.key.arn,", "", _KEPT),
    ("experiment-timeout", "lambda.Function", EXPERIMENT, "timeout=900,", "timeout=3,", _KEPT),
    ("experiment-memory", "lambda.Function", EXPERIMENT, "memory=1024,", "", _KEPT),
    (
        "experiment-reads-its-log",
        "iam.RolePolicy",
        EXPERIMENT,
        "args.log.grant_read(role, args.prefix)",
        "pass",
        _READS,
    ),
    (
        "experiment-writes-reports",
        "iam.RolePolicy",
        EXPERIMENT,
        'args.log.grant_write(role, f"{args.prefix}/reports")',
        "pass",
        _WRITES,
    ),
    (
        "experiment-writes-reports-alone",
        "iam.RolePolicy",
        EXPERIMENT,
        'f"{args.prefix}/reports"',
        "args.prefix",
        _WRITES,
    ),
    (
        "experiment-reads-its-parameters",
        "iam.RolePolicy",
        EXPERIMENT,
        '["ssm:GetParameter"]',
        '["ssm:GetParameters"]',
        _READS,
    ),
    (
        "experiment-writes-its-verdict-alone",
        "iam.RolePolicy",
        EXPERIMENT,
        "resources=names[1:]",
        "resources=names",
        _WRITES,
    ),
    (
        "experiment-starts-rollout",
        "iam.RolePolicy",
        EXPERIMENT,
        '            Statement(actions=["states:StartExecution"], resources=[args.rollout]),\n',
        "",
        _READS,
    ),
    (
        "trial-mismatch",
        "decision",
        DECIDE,
        "if split.found:",
        "if False:",
        f"{DECIDES}units_that_are_not_split_as_declared_come_before_everything",
    ),
    (
        "trial-guardrail",
        "decision",
        DECIDE,
        "if _best(metric, sequences[arm, metric.name]) < -metric.effect:",
        "if False:",
        f"{DECIDES}a_broken_guardrail_comes_before_a_winner",
    ),
    (
        "trial-guardrail-effect",
        "decision",
        DECIDE,
        "if _best(metric, sequences[arm, metric.name]) < -metric.effect:",
        "if _best(metric, sequences[arm, metric.name]) < 0:",
        f"{DECIDES}a_guardrail_holds_while_the_harm_may_be_within_what_is_allowed",
    ),
    (
        "trial-worse-on-another-target",
        "decision",
        DECIDE,
        "if 1 in found and -1 not in found]",
        "if 1 in found]",
        f"{DECIDES}an_arm_that_is_better_on_one_target_and_worse_on_another_does_not_win",
    ),
    (
        "trial-many-arms",
        "decision",
        DECIDE,
        "alpha=alpha / (len(metrics) * len(experiment.treatments)),",
        "alpha=alpha,",
        f"{DECIDES}more_arms_and_targets_ask_for_more_evidence",
    ),
    (
        "trial-least-sample",
        "decision",
        DECIDE,
        "minimum=experiment.minimum,",
        "minimum=2,",
        f"{DECIDES}nothing_wins_below_the_least_sample",
    ),
    (
        "trial-planned-sample",
        "decision",
        DECIDE,
        "if not (missing := still_needed(experiment.planned, ripe)):",
        "if (missing := still_needed(experiment.planned, ripe)) < 0:",
        f"{DECIDES}the_planned_sample_ends_it_without_a_winner",
    ),
    (
        "trial-first-verdict",
        "verdict",
        HANDLER,
        'if _verdict(clients, place).get("experiment") != report.experiment.name:',
        "if True:",
        f"{HANDLES}the_first_verdict_stands_whatever_comes_later",
    ),
    (
        "trial-starts-rollout",
        "verdict",
        HANDLER,
        "clients.states.start_execution(stateMachineArn=settings.rollout, "
        'input=json.dumps({"parameter": settings.desired}))',
        "pass",
        f"{HANDLES}an_effect_is_found_and_handed_to_rollout",
    ),
    (
        "trial-open-windows",
        "verdict",
        HANDLER,
        "until=now(),",
        "until=now() + timedelta(days=1),",
        f"{HANDLES}a_unit_whose_window_is_open_does_not_count_yet",
    ),
    (
        "trial-shares-of-its-own",
        "UpdateEndpointWeightsAndCapacities",
        "catalog/trial.py",
        'if verdict.get("experiment") != experiment or arm not in shares:',
        "if arm not in shares:",
        f"{HANDLES}a_verdict_decides_the_shares_of_its_own_experiment_only",
    ),
    (
        "trial-winner-takes-all",
        "UpdateEndpointWeightsAndCapacities",
        "catalog/trial.py",
        'if kind == "winner":',
        "if False:",
        f"{HANDLES}a_verdict_decides_the_shares_of_its_own_experiment_only",
    ),
    (
        "trial-verdict-moves-traffic",
        "UpdateEndpointWeightsAndCapacities",
        "model_code/rollout/account.py",
        "return replace(desired, variants=variants)",
        "return desired",
        "tests/unit/rollout/test_account.py::test_the_verdict_of_its_experiment_changes_a_wishs_traffic",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
