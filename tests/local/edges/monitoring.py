"""Monitoring of models: who looks when, what a look may do, and which of its results are heard by whom."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

LOOKS = "tests/unit/components/test_monitoring.py::test_"
DECLARES = "tests/unit/components/test_drift_monitor.py::test_"
DECIDES = "tests/unit/monitoring/test_decide.py::test_"
HANDLES = "tests/unit/monitoring/test_handler.py::test_"
LOOKER, MONITOR, ALARMS, ARGS, ROLES = (
    f"components/{name}.py"
    for name in ("monitoring", "drift_monitor", "drift_alarms", "drift_monitor_args", "drift_monitor_roles")
)
STEPPER, FUNCTION = "components/stepper.py", "components/function.py"
DECIDE, HANDLER = "model_code/monitoring/decide.py", "model_code/monitoring/handler.py"

_FUNCTION = f"{LOOKS}the_functions_archive_holds_what_it_imports_and_it_knows_its_stack"
_MACHINE = f"{LOOKS}the_state_machine_calls_its_function_until_it_has_settled"
_STEP_MAY = f"{LOOKS}a_step_may_do_what_its_code_calls_to_this_stacks_things_alone"
_HANDED = f"{LOOKS}roles_of_monitoring_jobs_are_handed_to_sagemaker_alone"
_FAILED = f"{LOOKS}a_failed_run_is_an_alarm_with_its_page"
_TOLD = f"{DECLARES}the_function_is_told_where_things_are_and_how_strict_to_be"
_DUE = f"{DECLARES}a_schedule_hands_the_model_and_the_time_it_was_due_to_monitoring"
_JOB = f"{DECLARES}the_job_reads_its_models_things_and_writes_reports_and_its_log_alone"
_SIGNALS = f"{DECLARES}every_signal_is_an_alarm_on_its_metric_of_this_model"
_STANDS = f"{DECLARES}a_result_stands_until_the_next_one"
_DEAD = f"{DECLARES}the_dead_man_goes_off_after_two_periods_without_a_result"
_ONE = f"{DECLARES}one_alarm_stands_for_what_retraining_helps_against_and_its_parts_are_silent"
_STARTS = f"{DECLARES}the_alarms_beginning_starts_retraining_and_says_why"
_REFUSED = f"{DECLARES}what_aws_or_arithmetic_would_refuse_is_refused_before"

# Name, what, file, what stands there once, what takes its place, owner.
_LOOKED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("monitoring-log", "cloudwatch.LogGroup", FUNCTION, "retention_in_days=90,", "", _FUNCTION),
    ("monitoring-log-key", "cloudwatch.LogGroup", FUNCTION, "kms_key_id=part.key.arn,", "", _FUNCTION),
    ("monitoring-timeout", "lambda.Function", LOOKER, "timeout=300,", "timeout=3,", _FUNCTION),
    ("monitoring-code", "lambda.Function", LOOKER, '    "catalog/loop.py",\n', "", _FUNCTION),
    (
        "monitoring-stack",
        "lambda.Function",
        LOOKER,
        "environment={STACK_VARIABLE: self._part.site.stack},",
        "",
        _FUNCTION,
    ),
    ("monitoring-tells", "sfn.StateMachine", STEPPER, "logging_configuration=logging,", "", _MACHINE),
    ("monitoring-invokes", "iam.RolePolicy", STEPPER, '"lambda:InvokeFunction"', '"lambda:GetFunction"', _MACHINE),
    (
        "monitoring-is-started",
        "iam.RolePolicy",
        STEPPER,
        '"states:StartExecution"',
        '"states:DescribeExecution"',
        f"{LOOKS}one_role_lets_every_models_schedule_start_the_state_machine",
    ),
    (
        "monitoring-finds-captures",
        "iam.RolePolicy",
        LOOKER,
        'args.captures.grant_list(role, captures_of("*"))',
        "pass",
        _STEP_MAY,
    ),
    (
        "monitoring-finds-outcomes",
        "iam.RolePolicy",
        LOOKER,
        'for kind in ("outcomes", "runs"):',
        'for kind in ("runs",):',
        _STEP_MAY,
    ),
    (
        "monitoring-reads-reports",
        "iam.RolePolicy",
        LOOKER,
        'args.features.grant_read(role, prefix_of("drift", "*"))',
        "pass",
        _STEP_MAY,
    ),
    (
        "monitoring-writes-inputs",
        "iam.RolePolicy",
        LOOKER,
        'args.features.grant_write(role, prefix_of("drift", "*"))',
        "pass",
        _STEP_MAY,
    ),
    (
        "monitoring-knows-what-is-live",
        "iam.RolePolicy",
        LOOKER,
        '("monitor", "approved", "drift")',
        '("monitor", "drift")',
        _STEP_MAY,
    ),
    (
        "monitoring-writes-the-verdict",
        "iam.RolePolicy",
        LOOKER,
        'Statement(actions=["ssm:PutParameter"], resources=[f"{parameters}/*/drift"]),',
        "",
        _STEP_MAY,
    ),
    (
        "monitoring-own-jobs",
        "iam.RolePolicy",
        LOOKER,
        'f"processing-job/{jobs(site)}-*"',
        '"processing-job/*"',
        _STEP_MAY,
    ),
    (
        "monitoring-hands-on-to-sagemaker",
        "iam.RolePolicy",
        LOOKER,
        'conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},',
        "",
        _HANDED,
    ),
    (
        "monitoring-grants-for-aws",
        "iam.RolePolicy",
        LOOKER,
        'conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},',
        "",
        f"{LOOKS}a_key_is_granted_on_to_aws_alone",
    ),
    (
        "monitoring-alarm",
        "cloudwatch.MetricAlarm",
        LOOKER,
        'alarm_on_failures(self._part, self.state_machine, args.alerts, title=_FAILED, runbook="monitoring-failed")',
        "pass",
        _FAILED,
    ),
    (
        "monitoring-alarm-machine",
        "cloudwatch.MetricAlarm",
        STEPPER,
        'dimensions={"StateMachineArn": machine.arn},',
        "dimensions={},",
        _FAILED,
    ),
    (
        "look-waits-for-others",
        "a look under way is waited for",
        DECIDE,
        "if job.status in RUNNING:",
        "if job.name in followed:",
        f"{DECIDES}a_job_under_way_is_waited_for_whoever_started_it",
    ),
    (
        "look-is-not-repeated",
        "a look that is over is not repeated",
        DECIDE,
        'if job.status == "Completed":',
        "if False:",
        f"{DECIDES}a_complete_job_is_read_even_after_one_that_failed",
    ),
    (
        "look-fails",
        "a look that failed is an end",
        DECIDE,
        "if job.name in followed:",
        "if False:",
        f"{DECIDES}a_job_that_this_run_followed_and_that_failed_is_its_end",
    ),
    (
        "look-of-two",
        "two looks at once are one job",
        HANDLER,
        'if code != "ResourceInUse":',
        "if code:",
        f"{HANDLES}a_run_that_lost_the_race_for_the_job_follows_the_winners",
    ),
    (
        "look-without-captures",
        "a window without requests was looked at",
        HANDLER,
        "print(verdict.sign_of_life(settings, clients.now()))",
        "pass",
        f"{HANDLES}a_window_without_captures_needs_no_job_and_says_that_it_was_looked_at",
    ),
    (
        "look-verdict",
        "the verdict",
        HANDLER,
        'account.write_verdict(clients.ssm, look.parameter("drift"), verdict.with_state(ended, look.before))',
        "pass",
        f"{HANDLES}a_window_is_looked_at_by_one_job_whose_report_becomes_the_verdict",
    ),
    (
        "look-at-an-older-window",
        "the verdict",
        HANDLER,
        "if verdict.follows(ended, look.before):",
        "if True:",
        f"{HANDLES}an_older_window_looked_at_again_leaves_the_newer_verdict_and_sees_nothing_of_it",
    ),
)

_DECLARED: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("monitor-settings", "ssm.Parameter", MONITOR, 'self._site.parameter(args.model, "monitor")', '"/x"', _TOLD),
    ("monitor-schedule-zone", "scheduler.Schedule", MONITOR, 'schedule_expression_timezone="UTC",', "", _DUE),
    (
        "monitor-schedule-time",
        "scheduler.Schedule",
        MONITOR,
        ', "scheduled": "<aws.scheduler.scheduled-time>"}',
        "}",
        _DUE,
    ),
    ("monitor-schedule-waits", "scheduler.Schedule", MONITOR, ", depends_on=[self.settings])", ")", _DUE),
    (
        "monitor-schedule-role",
        "scheduler.Schedule",
        MONITOR,
        "self._args.monitoring.scheduler_role_arn",
        "self._args.monitoring.state_machine.arn",
        _DUE,
    ),
    ("monitor-strictness", "ssm.Parameter", ARGS, '"windowsPerMonth": MONTH / self.period_seconds,', "", _TOLD),
    ("monitor-groups", "ssm.Parameter", ARGS, '"groups": list(fair.groups) if fair else [],', '"groups": [],', _TOLD),
    ("monitor-kpis", "ssm.Parameter", ARGS, "for kpi in self.kpis]", "for kpi in ()]", _TOLD),
    ("monitor-variants", "ssm.Parameter", ARGS, '"variants": list(self.variants),', '"variants": [],', _TOLD),
    (
        "job-reads-captures",
        "iam.RolePolicy",
        ROLES,
        "args.captures.grant_read(role, captures_of(args.model))",
        "pass",
        _JOB,
    ),
    ("job-reads-outcomes", "iam.RolePolicy", ROLES, '("outcomes", "runs", "drift")', '("runs", "drift")', _JOB),
    ("job-reads-baselines", "iam.RolePolicy", ROLES, '("outcomes", "runs", "drift")', '("outcomes", "drift")', _JOB),
    (
        "job-writes-reports",
        "iam.RolePolicy",
        ROLES,
        'args.features.grant_write(role, prefix_of("drift", args.model))',
        "pass",
        _JOB,
    ),
    ("job-own-log", "iam.RolePolicy", ROLES, 'f"log-stream:{jobs(site, args.model)}-*"', '"log-stream:*"', _JOB),
    ("retrain-rule", "cloudwatch.EventRule", MONITOR, "self._rule(args.retraining)", "pass", _STARTS),
    ("retrain-rule-beginning", "cloudwatch.EventRule", MONITOR, ', "state": {"value": ["ALARM"]}', "", _STARTS),
    ("retrain-rule-alarm", "cloudwatch.EventRule", MONITOR, '"alarmName": [alarm], ', "", _STARTS),
    (
        "retrain-target",
        "cloudwatch.EventTarget",
        MONITOR,
        "arn=retraining.state_machine_arn,",
        'arn="arn:none",',
        _STARTS,
    ),
    ("retrain-target-role", "cloudwatch.EventTarget", MONITOR, "role_arn=retraining.role_arn,", "", _STARTS),
    ("retrain-target-reason", "cloudwatch.EventTarget", MONITOR, ', "reason": <reason>', "", _STARTS),
    ("retrain-target-model", "cloudwatch.EventTarget", MONITOR, '{{"model": {model}, ', "{{", _STARTS),
    ("retrain-alarm", "cloudwatch.CompositeAlarm", ALARMS, "if signal.retrains]", "if False]", _ONE),
    (
        "retrain-alarm-of-what-it-helps-against",
        "cloudwatch.CompositeAlarm",
        ALARMS,
        "if signal.retrains]",
        "if signal]",
        _ONE,
    ),
    ("retrain-alarm-any", "cloudwatch.CompositeAlarm", ALARMS, 'rule("OR", names)', 'rule("AND", names)', _ONE),
    ("retrain-alarm-speaks", "cloudwatch.CompositeAlarm", ALARMS, "alarm_actions=actions,", "", _ONE),
    ("retrain-alarm-ends", "cloudwatch.CompositeAlarm", ALARMS, "ok_actions=actions,", "", _ONE),
    (
        "retrain-alarm-owner",
        "cloudwatch.CompositeAlarm",
        ALARMS,
        "tags=model_tags(monitored.model, monitored.owner),",
        "",
        f"{DECLARES}every_alarm_has_an_owner_and_a_page",
    ),
    ("signal-silent", "cloudwatch.MetricAlarm", ALARMS, "silent=signal.retrains,", "", _ONE),
    ("signal-stands", "cloudwatch.MetricAlarm", ALARMS, 'missing="ignore",', "", _STANDS),
    ("signal-threshold", "cloudwatch.MetricAlarm", ALARMS, "threshold=0,", "threshold=1,", _SIGNALS),
    ("signal-statistic", "cloudwatch.MetricAlarm", ALARMS, 'statistic="Maximum",', 'statistic="Average",', _SIGNALS),
    (
        "signal-of-this-model",
        "cloudwatch.MetricAlarm",
        ALARMS,
        '{"Stack": site.stack, "Model": self.model}',
        '{"Stack": site.stack}',
        _SIGNALS,
    ),
    ("signal-inputs", "cloudwatch.MetricAlarm", ALARMS, "found = [_INPUTS, ", "found = [", _SIGNALS),
    ("signal-joint", "cloudwatch.MetricAlarm", ALARMS, "_INPUTS, _JOINT, ", "_INPUTS, ", _SIGNALS),
    ("signal-predictions", "cloudwatch.MetricAlarm", ALARMS, "_PREDICTIONS, _CONCEPT", "_CONCEPT", _SIGNALS),
    ("signal-concept", "cloudwatch.MetricAlarm", ALARMS, "_CONCEPT, _ATTRIBUTION]", "_ATTRIBUTION]", _SIGNALS),
    ("signal-attribution", "cloudwatch.MetricAlarm", ALARMS, ", _ATTRIBUTION]", "]", _SIGNALS),
    ("signal-bias", "cloudwatch.MetricAlarm", ALARMS, "([_BIAS] if self.fair else [])", "[]", _SIGNALS),
    ("signal-kpi", "cloudwatch.MetricAlarm", ALARMS, "([_KPI] if self.kpis else [])", "[]", _SIGNALS),
    (
        "dead-man",
        "cloudwatch.MetricAlarm",
        MONITOR,
        "self.silent = declare_dead_man(monitored, site, args.alerts, self._child)",
        "self.silent = None",
        _SIGNALS,
    ),
    ("dead-man-fills", "cloudwatch.MetricAlarm", ALARMS, "FILL(results,0)", "results", _DEAD),
    ("dead-man-missing", "cloudwatch.MetricAlarm", ALARMS, 'missing="breaching",', "", _DEAD),
    (
        "dead-man-two-periods",
        "cloudwatch.MetricAlarm",
        ALARMS,
        "2 * monitored.period_seconds / look",
        "monitored.period_seconds / look",
        _DEAD,
    ),
    ("dead-man-below", "cloudwatch.MetricAlarm", ALARMS, 'comparison="LessThanThreshold",', "", _DEAD),
    ("refuse-mutable-monitor", "rule", ARGS, '"@sha256:" in self.image', "True", _REFUSED),
    ("refuse-long-windows", "rule", ARGS, "SHORTEST <= period <= LONGEST and ", "", _REFUSED),
    ("refuse-idle-strictness", "rule", ARGS, "0 < self.false_alarms_per_month <= most", "True", _REFUSED),
    (
        "refuse-long-monitor-settings",
        "rule",
        ARGS,
        "if len(text) > _STANDARD:",
        "if False:",
        f"{DECLARES}settings_that_fit_no_parameter_are_refused",
    ),
    (
        "refuse-unknown-jobs",
        "rule",
        MONITOR,
        "args.require_permitted(site)",
        "pass",
        f"{DECLARES}a_stack_with_a_name_so_long_that_iam_would_not_know_its_jobs_is_refused",
    ),
)

SPARK, RUNS, PARTS = "components/spark.py", "model_code/monitoring/spark.py", "model_code/monitor/parts.py"
_SPARK = "tests/unit/components/test_spark.py::test_"
_APPLICATION = f"{_SPARK}the_application_starts_with_a_run_stops_after_it_and_has_a_bound"
_SPARK_LOG = f"{_SPARK}its_log_is_the_stacks_own_and_encrypted"
_RUN_ROLE = f"{_SPARK}a_runs_role_is_emrs_and_reads_its_models_things_and_writes_reports_and_the_log"
_RUN = "tests/unit/monitoring/test_spark.py::test_"
_SPLIT = "tests/unit/monitor/test_parts.py::test_any_split_gives_the_report_of_one_pass"

_LARGE: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "spark-bound",
        "emrserverless.Application",
        SPARK,
        '"cpu": f"{args.vcpus} vCPU"',
        '"cpu": "400 vCPU"',
        _APPLICATION,
    ),
    (
        "spark-stops",
        "emrserverless.Application",
        SPARK,
        '{"enabled": True, "idle',
        '{"enabled": False, "idle',
        _APPLICATION,
    ),
    ("spark-starts", "emrserverless.Application", SPARK, '={"enabled": True},', '={"enabled": False},', _APPLICATION),
    ("spark-log-key", "cloudwatch.LogGroup", SPARK, "kms_key_id=args.key.arn,", "", _SPARK_LOG),
    (
        "spark-logs",
        "emrserverless.Application",
        SPARK,
        '"log_group_name": log.name',
        '"log_group_name": "x"',
        _SPARK_LOG,
    ),
    (
        "spark-may-run",
        "iam.RolePolicy",
        SPARK,
        "emr-serverless:StartJobRun",
        "emr-serverless:GetJobRun",
        f"{_SPARK}a_step_may_start_and_list_this_applications_runs_alone",
    ),
    ("spark-role", "iam.Role", ROLES, '"emr-serverless.amazonaws.com" if args.spark else ', "", _RUN_ROLE),
    ("spark-role-log", "iam.RolePolicy", SPARK, '"logs:PutLogEvents"', '"logs:GetLogEvents"', _RUN_ROLE),
    (
        "spark-told",
        "ssm.Parameter",
        ARGS,
        'names.get("spark", "")',
        '""',
        f"{_SPARK}the_function_is_told_which_application",
    ),
    (
        "spark-one-run",
        "rule",
        RUNS,
        "clientToken=job,",
        "clientToken=folder[-9:],",
        f"{_RUN}a_window_is_one_run_whose_report_becomes_the_verdict",
    ),
    (
        "spark-own-runs",
        "rule",
        RUNS,
        '.startswith(f"{prefix}-")',
        '.startswith("")',
        f"{_RUN}runs_of_other_windows_and_models_are_not_this_ones",
    ),
    ("parts-earlier", "rule", PARTS, "settings.end, Counts())", "settings.end, window.counts)", _SPLIT),
    ("parts-first", "rule", PARTS, "min(self, other", "max(self, other", _SPLIT),
)

EDGES = tuple(Sabotage(*each) for each in (*_LOOKED, *_DECLARED, *_LARGE))
