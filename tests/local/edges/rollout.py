"""The rollout: what starts it, what runs it, what it decides."""

from __future__ import annotations

from tests.local.edges.edge import PERMISSIONS, STACK, Sabotage

STEP = "tests/unit/rollout/test_handler.py::test_"
DECISION = "tests/unit/rollout/test_decide.py::test_"
LOG_IS = f"{STACK}the_rollouts_log_is_kept_for_ninety_days_under_the_functions_name"
LOGS_FAILURES = f"{STACK}what_fails_of_a_rollout_is_logged_under_the_machines_name"
STEP_MAY = f"{PERMISSIONS}the_rollouts_function_may_do_what_its_code_calls_and_write_its_log"
CHAIN_MAY = f"{PERMISSIONS}the_state_machine_may_invoke_its_function_and_the_rule_start_the_state_machine"
# The one scenario on a machine of its own: about half a minute for each thing that only it can miss.
ALIVE = "tests/local/stack/test_up.py::test_a_wish_alone_moves_the_endpoint_and_leaves_its_verdict"
ROLLOUT, ACCOUNT = "components/rollout.py", "model_code/rollout/account.py"
STEPPER, FUNCTION, MAY = (f"components/{name}.py" for name in ("stepper", "function", "rollout_permissions"))
HANDLER, DECIDE = "model_code/rollout/handler.py", "model_code/rollout/decide.py"

EDGES = (
    Sabotage("rollout-log", "cloudwatch.LogGroup", FUNCTION, "retention_in_days=90,", "", LOG_IS),
    Sabotage("rollout-log-key", "cloudwatch.LogGroup", FUNCTION, "kms_key_id=part.key.arn,", "", LOG_IS),
    Sabotage("rollout-tells", "sfn.StateMachine", STEPPER, "logging_configuration=logging,", "", LOGS_FAILURES),
    Sabotage("rollout-timeout", "lambda.Function", ROLLOUT, "timeout=60,", "timeout=3,", LOG_IS),
    Sabotage("step-reads-the-wish", "iam.RolePolicy", MAY, '"ssm:GetParameter", ', "", STEP_MAY),
    Sabotage("step-moves-config", "iam.RolePolicy", MAY, "[endpoints, configs]", "[endpoints]", STEP_MAY),
    Sabotage(
        "step-writes-the-outcome",
        "iam.RolePolicy",
        MAY,
        'f"{parameters}/*/outcome", ',
        "",
        STEP_MAY,
    ),
    Sabotage(
        "machine-invokes", "iam.RolePolicy", STEPPER, '"lambda:InvokeFunction"', '"lambda:GetFunction"', CHAIN_MAY
    ),
    Sabotage(
        "rule-starts", "iam.RolePolicy", STEPPER, '"states:StartExecution"', '"states:DescribeExecution"', CHAIN_MAY
    ),
    Sabotage(
        "machine-retries",
        "sfn.StateMachine",
        STEPPER,
        '"Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0}],',
        '"Retry": [],',
        f"{STACK}a_step_of_the_rollout_that_fails_is_tried_again",
    ),
    Sabotage("rule-hears-changes", "cloudwatch.EventRule", ROLLOUT, '["Create", "Update"]', '["Create"]', ALIVE),
    Sabotage("rule-pattern", "cloudwatch.EventRule", ROLLOUT, 'site.parameter("*", leaf)', '"/none/*"', ALIVE),
    Sabotage(
        "rule-target",
        "cloudwatch.EventTarget",
        ROLLOUT,
        """    return aws.cloudwatch.EventTarget(
        part.name,
        target_id=part.name,
        rule=rule.name,
        arn=machine.arn,
        role_arn=start_role(part, machine, "start", "events", said),
        input_transformer={
            "input_paths": {"parameter": "$.detail.name"},
            "input_template": '{"parameter": <parameter>}',
        },
        opts=part.opts,
    )
""",
        "    return rule\n",
        ALIVE,
    ),
    Sabotage("target-names-the-wish", "cloudwatch.EventTarget", ROLLOUT, '"$.detail.name"', '"$.detail.type"', ALIVE),
    Sabotage("machine-loop", "sfn.StateMachine", STEPPER, '"Default": "Wait"', '"Default": "Succeeded"', ALIVE),
    Sabotage("function-handler", "lambda.Function", ROLLOUT, ".handler.handle", ".handler.step", ALIVE),
    Sabotage("function-code", "lambda.Function", ROLLOUT, '        "catalog/desired.py",\n', "", ALIVE),
    Sabotage(
        "retained-properties",
        "UpdateEndpoint",
        ACCOUNT,
        "RetainAllVariantProperties=True,",
        "",
        f"{STEP}a_new_config_then_its_shares_then_success",
    ),
    Sabotage(
        "data-capture-is-the-new-configs",
        "UpdateEndpoint",
        ACCOUNT,
        "else [CAPTURE]",
        "else []",
        f"{STEP}a_new_config_then_its_shares_then_success",
    ),
    Sabotage(
        "outcome",
        "outcome",
        HANDLER,
        "        account.write_outcome(clients.ssm, parameter, outcome)\n",
        "",
        f"{STEP}the_outcome_names_the_version_of_the_wish_that_it_judges",
    ),
    Sabotage(
        "steps-wait-for-others",
        "UpdateEndpoint",
        "model_code/rollout/act.py",
        'code in busy | {"ParameterAlreadyExists"} or "in-progress" in message or "Updating" in message',
        "not code",
        f"{STEP}a_concurrent_update_is_waited_for_and_the_call_is_made_again",
    ),
    Sabotage(
        "rollback-is-a-failure",
        "decision",
        DECIDE,
        "if attempted.config == desired.config:",
        "if False:",
        f"{DECISION}in_service_on_the_old_config_after_asking_is_a_rollback_not_a_success",
    ),
    Sabotage(
        "success-names-the-config",
        "decision",
        DECIDE,
        "if observed.config != desired.config:",
        "if False:",
        f"{DECISION}another_config_is_asked_for_once",
    ),
    Sabotage(
        "success-has-the-shares",
        "decision",
        DECIDE,
        "if weights != {",
        "if not {",
        f"{DECISION}a_change_of_traffic_alone_needs_no_config",
    ),
    Sabotage(
        "shares-are-asked-for-once",
        "decision",
        DECIDE,
        "if fingerprint(step) in attempted.calls:",
        "if False:",
        f"{DECISION}shares_that_were_asked_for_and_not_taken_fail_the_rollout",
    ),
    Sabotage(
        "moving-is-waited-for",
        "decision",
        DECIDE,
        "if observed.status in MOVING:",
        "if False:",
        f"{DECISION}a_moving_endpoint_is_waited_for",
    ),
)
