"""Batch inference: what starts a run, what it may do, what it decides."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

DECLARES = "tests/unit/components/test_batch_inference.py::test_"
DECIDES = "tests/unit/batch/test_decide.py::test_"
HANDLES = "tests/unit/batch/test_handler.py::test_"
BATCH, ROLES = "components/batch_inference.py", "components/batch_roles.py"
STEPPER, FUNCTION, PART = (f"components/{name}.py" for name in ("stepper", "function", "part"))
DECIDE, ACCOUNT, HANDLER = (f"model_code/batch/{name}.py" for name in ("decide", "account", "handler"))
TRANSFORM_MAY = f"{DECLARES}a_transform_reads_inputs_and_artifacts_and_writes_outputs_and_its_log_alone"
STEP_MAY = f"{DECLARES}a_step_may_do_what_its_code_calls_and_write_its_log"
MODEL_IS = f"{DECLARES}the_model_is_one_version_kept_when_another_takes_its_place"
JOB_IS = f"{HANDLES}the_job_is_what_sagemaker_takes"

EDGES = (
    Sabotage(
        "batch-schedule-time",
        "scheduler.Schedule",
        BATCH,
        '{"scheduled": "<aws.scheduler.scheduled-time>"}',
        "{}",
        f"{DECLARES}a_schedule_hands_the_time_it_was_due_to_the_state_machine",
    ),
    Sabotage(
        "batch-scheduler-starts",
        "iam.RolePolicy",
        STEPPER,
        '"states:StartExecution"',
        '"states:DescribeExecution"',
        f"{DECLARES}the_scheduler_may_start_the_state_machine_and_nothing_else",
    ),
    Sabotage(
        "batch-machine-fails",
        "sfn.StateMachine",
        STEPPER,
        '{"Variable": "$.status", "StringEquals": "failed", "Next": "Failed"},',
        "",
        f"{DECLARES}the_state_machine_calls_its_function_until_it_has_settled",
    ),
    Sabotage(
        "batch-machine-invokes",
        "iam.RolePolicy",
        STEPPER,
        '"lambda:InvokeFunction"',
        '"lambda:GetFunction"',
        f"{DECLARES}the_state_machine_calls_its_function_until_it_has_settled",
    ),
    Sabotage(
        "batch-settings",
        "lambda.Function",
        BATCH,
        "environment={VARIABLE: settings},",
        "",
        f"{DECLARES}the_function_knows_where_things_are",
    ),
    Sabotage(
        "batch-log",
        "cloudwatch.LogGroup",
        FUNCTION,
        "retention_in_days=90,",
        "",
        f"{DECLARES}the_functions_archive_holds_what_it_imports_and_its_log_is_kept",
    ),
    Sabotage(
        "batch-log-key",
        "cloudwatch.LogGroup",
        FUNCTION,
        "kms_key_id=part.key.arn,",
        "",
        f"{DECLARES}the_functions_archive_holds_what_it_imports_and_its_log_is_kept",
    ),
    Sabotage(
        "batch-tells",
        "sfn.StateMachine",
        STEPPER,
        "logging_configuration=logging,",
        "",
        f"{DECLARES}failed_runs_are_logged_under_the_machines_name_and_the_models_tags",
    ),
    Sabotage("batch-model-kept", "sagemaker.Model", BATCH, ", retain_on_delete=True", "", MODEL_IS),
    Sabotage("batch-model-isolated", "sagemaker.Model", BATCH, "enable_network_isolation=True,", "", MODEL_IS),
    Sabotage(
        "batch-alarm",
        "cloudwatch.MetricAlarm",
        BATCH,
        'alarm_on_failures(self._part, self.state_machine, args.alerts, title=title, runbook="batch-failed")',
        "pass",
        f"{DECLARES}a_failed_run_is_an_alarm_with_its_page",
    ),
    Sabotage(
        "batch-alarm-model",
        "cloudwatch.MetricAlarm",
        STEPPER,
        "model=part.model,",
        "",
        f"{DECLARES}a_failed_run_is_an_alarm_with_its_page",
    ),
    Sabotage(
        "batch-tags",
        "cloudwatch.LogGroup",
        PART,
        "return model_tags(self.model, self.owner) if self.owner else None",
        "return None",
        f"{DECLARES}failed_runs_are_logged_under_the_machines_name_and_the_models_tags",
    ),
    Sabotage(
        "batch-reads-inputs",
        "iam.RolePolicy",
        ROLES,
        "args.source.grant_read(role, args.source_prefix)",
        "",
        TRANSFORM_MAY,
    ),
    Sabotage(
        "batch-writes-outputs",
        "iam.RolePolicy",
        ROLES,
        """args.output.grant_read(role, args.outputs)
    args.output.grant_write(role, args.outputs)""",
        "args.output.grant_read(role, args.outputs)",
        TRANSFORM_MAY,
    ),
    Sabotage("batch-writes-its-log", "iam.RolePolicy", ROLES, 'f"log-stream:{jobs}-*"', '"*"', TRANSFORM_MAY),
    Sabotage("batch-starts-jobs", "iam.RolePolicy", ROLES, '"sagemaker:CreateTransformJob", ', "", STEP_MAY),
    Sabotage("batch-tags-jobs", "iam.RolePolicy", ROLES, ', "sagemaker:AddTags"', "", STEP_MAY),
    Sabotage(
        "batch-lists-inputs", "iam.RolePolicy", ROLES, "args.source.grant_list(role, args.source_prefix)", "", STEP_MAY
    ),
    Sabotage(
        "batch-grants-for-aws",
        "iam.RolePolicy",
        ROLES,
        'conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},',
        "",
        f"{DECLARES}a_key_is_granted_on_to_aws_alone",
    ),
    Sabotage(
        "batch-in-vpc",
        "iam.RolePolicy",
        ROLES,
        "allow_interfaces(role, part.site, args.placement)",
        "pass",
        f"{DECLARES}in_a_vpc_the_model_is_placed_and_may_make_its_interfaces",
    ),
    Sabotage(
        "batch-resumes",
        "the missing inputs alone are scored",
        DECIDE,
        "tuple(one.name for one in missing)",
        "tuple(one.name for one in observed.inputs)",
        f"{DECIDES}only_what_has_no_output_is_scored",
    ),
    Sabotage(
        "batch-waits-for-others",
        "a job under way is waited for",
        DECIDE,
        "if job.status in RUNNING:",
        "if job.name in followed:",
        f"{HANDLES}killed_while_a_job_runs_the_next_run_finds_it",
    ),
    Sabotage(
        "batch-changed-input",
        "an input that changed is scored again",
        DECIDE,
        " or at < one.modified",
        "",
        f"{DECIDES}an_input_that_changed_after_it_was_scored_is_scored_again",
    ),
    Sabotage(
        "batch-proves-outputs",
        "a job's word is not enough",
        DECIDE,
        "if not missing:",
        'if not missing or any(job.status == "Completed" for job in observed.jobs):',
        f"{DECIDES}a_job_that_completed_without_an_output_is_no_success",
    ),
    Sabotage(
        "batch-meeting-outputs",
        "two inputs of one name",
        DECIDE,
        "if twice:",
        "if not observed:",
        f"{DECIDES}outputs_that_would_meet_are_refused",
    ),
    Sabotage(
        "batch-one-of-two",
        "two runs at once make one job",
        HANDLER,
        'if code != "ResourceInUse":',
        "if code:",
        f"{HANDLES}two_at_once_make_one_job",
    ),
    Sabotage("batch-output-key", "outputs are under the stack's key", ACCOUNT, '"KmsKeyId": settings.key,', "", JOB_IS),
    Sabotage("batch-manifest", "a job reads its manifest", ACCOUNT, '"ManifestFile"', '"S3Prefix"', JOB_IS),
    Sabotage(
        "batch-success",
        "the record of success",
        HANDLER,
        'account.write_success(clients.s3, settings, partition, {**record, "digest": taken.digest})',
        "pass",
        f"{HANDLES}a_partition_is_scored_by_one_job_and_its_record_written",
    ),
)
