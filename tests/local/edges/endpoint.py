"""What an endpoint has beyond its models, and how a rollout moves it by its plan."""

from __future__ import annotations

from tests.local.edges.edge import PERMISSIONS, Sabotage

PARTS = "tests/unit/components/test_model_endpoint_parts.py::test_"
REFUSED = "tests/unit/components/test_model_endpoint_rules.py::test_"
DECISION = "tests/unit/rollout/test_decide.py::test_"
STEP = "tests/unit/rollout/test_handler.py::test_"
STEP_MAY = f"{PERMISSIONS}the_rollouts_function_may_do_what_its_code_calls_and_write_its_log"
SHADOWED = f"{PARTS}a_shadow_listens_to_its_percent_of_the_production_variants_requests"
CAPTURED = f"{PARTS}requests_and_answers_are_captured_under_the_models_prefix_and_the_key"
PLACED = f"{PARTS}models_run_in_the_placements_subnets_isolated_all_the_same"
SCALED = f"{PARTS}a_scaled_variant_follows_its_requests_within_its_bounds"
TO_ZERO = f"{PARTS}an_asynchronous_variant_scales_to_zero_and_back_at_the_first_waiting_request"
NEW_FLEET = f"{PARTS}rollback_alarms_watch_the_new_fleet_alone"
WHOSE = f"{PARTS}rollback_alarms_say_whose_they_are_and_what_to_do"
LATER = f"{PARTS}an_asynchronous_endpoint_answers_below_the_models_prefix_and_tells_of_failures"
MANY = f"{PARTS}a_multi_model_endpoint_serves_every_artifact_below_its_prefix"
ORDER = f"{PARTS}the_wish_is_written_after_alarms_and_scaling_exist"
RELEASED = f"{PARTS}what_a_config_cannot_change_makes_another_release"
PLANS = f"{REFUSED}plans_that_sagemaker_refuses_or_that_protect_nobody_are_refused"
MODES = f"{REFUSED}modes_that_do_not_go_together_are_refused"
BOUNDS = f"{REFUSED}bounds_and_targets_that_make_no_sense_are_refused"
CHANGES = f"{REFUSED}a_step_that_aws_would_refuse_halfway_is_refused_at_preview"
SUSPENDED = f"{STEP}scaling_is_suspended_before_the_config_changes_and_resumed_before_the_outcome"
HOSTED, ARGS, RULES = (f"components/{name}.py" for name in ("model_endpoint", "model_endpoint_args", "endpoint_rules"))
RELEASE, MAY = "components/endpoint_release.py", "components/rollout_permissions.py"
SCALING, VARIANT = "components/scaling.py", "components/scaled_variant.py"
CAPTURE, LATE, ALARMS = (f"components/{name}.py" for name in ("capture", "asynchronous", "rollback"))
ROLE, INTERFACES = "components/model_role.py", "components/network_interfaces.py"
ACCOUNT, HANDLER, DECIDE = (f"model_code/rollout/{name}.py" for name in ("account", "handler", "decide"))

CONFIG = "sagemaker.EndpointConfiguration"
TARGET, POLICY, ACTION = (f"appautoscaling.{kind}" for kind in ("Target", "Policy", "ScheduledAction"))
ALARM = "cloudwatch.MetricAlarm"

_DECLARED = (
    Sabotage("shadow-percent", CONFIG, RELEASE, "(shadow, shadow.percent)", "(shadow, 100)", SHADOWED),
    Sabotage("shadow-in-the-release", "release", ARGS, "shadow.instances, shadow.percent)", "0)", RELEASED),
    Sabotage("capture-percent", CONFIG, CAPTURE, '_percentage": self.percent', '_percentage": 100', CAPTURED),
    Sabotage("capture-key", CONFIG, CAPTURE, '            "kms_key_id": self.key.arn,\n', "", CAPTURED),
    Sabotage("capture-answers", CONFIG, CAPTURE, ', {"capture_mode": "Output"}', "", CAPTURED),
    Sabotage("capture-is-written", "iam.RolePolicy", ROLE, "args.capture.grant(role, args.model)", "pass", CAPTURED),
    Sabotage("capture-in-the-release", "release", ARGS, "capture and capture.content()", "None", RELEASED),
    Sabotage("model-placement", "sagemaker.Model", RELEASE, "vpc_config=placement", "vpc_config=None", PLACED),
    Sabotage(
        "placement-is-allowed", "iam.RolePolicy", ROLE, "allow_interfaces(role, site, args.placement)", "0", PLACED
    ),
    Sabotage("placement-names-subnets", "iam.RolePolicy", INTERFACES, "[interfaces, *around]", "[interfaces]", PLACED),
    Sabotage("scaling-bounds", TARGET, VARIANT, "max_capacity=scaling.maximum,", "max_capacity=99,", SCALED),
    Sabotage(
        "scaling-suspension-is-rollouts",
        TARGET,
        VARIANT,
        'ignore_changes=["suspendedState"]',
        "",
        f"{PARTS}what_suspends_scaling_is_left_to_rollout",
    ),
    Sabotage(
        "scaling-target",
        POLICY,
        VARIANT,
        '"target_value": scaling.invocations_',
        '"target_value": 1 or scaling.invocations_',
        SCALED,
    ),
    Sabotage(
        "scaling-schedule",
        ACTION,
        VARIANT,
        "for each in scaling.schedule:",
        "for each in ():",
        f"{PARTS}a_schedule_moves_the_bounds",
    ),
    Sabotage("scaling-from-zero", POLICY, VARIANT, '"scaling_adjustment": 1', '"scaling_adjustment": 0', TO_ZERO),
    Sabotage("scaling-bell", ALARM, VARIANT, "alarm_actions=[policy.arn],", "", TO_ZERO),
    Sabotage("scaling-backlog", POLICY, VARIANT, "if scaling.backlog_per_instance is not None:", "if False:", TO_ZERO),
    Sabotage(
        "scaled-count-is-nobodys",
        "ssm.Parameter",
        ARGS,
        "None if v.scaling else v.instances",
        "v.instances",
        f"{PARTS}the_count_of_a_scaled_variant_is_not_in_the_wish",
    ),
    Sabotage("wish-after-alarms", "ssm.Parameter", HOSTED, "parent=self, depends_on=[*after]", "parent=self", ORDER),
    Sabotage("rollback-new-fleet", ALARM, ALARMS, "if fleet.config is not None else {}", "if False else {}", NEW_FLEET),
    Sabotage(
        "rollback-errors", ALARM, ALARMS, "rollback.error_percent, 1 / 100", "rollback.error_percent, 1", NEW_FLEET
    ),
    Sabotage("rollback-latency", ALARM, ALARMS, "rollback.latency_ms, 1000", "rollback.latency_ms, 1", NEW_FLEET),
    Sabotage(
        "rollback-runbook",
        ALARM,
        ALARMS,
        'f"rollback-{what}",\n            severity',
        '"x",\n            severity',
        WHOSE,
    ),
    Sabotage(
        "rollback-in-the-plan",
        "ssm.Parameter",
        ARGS,
        "alarms=tuple(self.alarm_names(site))",
        "alarms=()",
        f"{PARTS}the_names_of_rollback_alarms_outlive_every_release",
    ),
    Sabotage(
        "rollback-is-read",
        "iam.RolePolicy",
        ROLE,
        '["cloudwatch:DescribeAlarms"]',
        '["cloudwatch:ListTagsForResource"]',
        f"{PARTS}the_model_role_may_read_the_alarms_of_its_plan_and_no_others",
    ),
    Sabotage("async-output", CONFIG, LATE, '"/failures"', '"/output"', LATER),
    Sabotage("async-topic", CONFIG, LATE, '"error_topic"', '"success_topic"', LATER),
    Sabotage("async-reads", "iam.RolePolicy", LATE, 'self.bucket.grant_read(role, f"{model}/input")', "pass", LATER),
    Sabotage("async-writes", "iam.RolePolicy", LATE, "self.bucket.grant_write(role, model)", "pass", LATER),
    Sabotage("async-tells", "iam.RolePolicy", LATE, '["sns:Publish"]', '["sns:Subscribe"]', LATER),
    Sabotage("multi-model-mode", "sagemaker.Model", RELEASE, '"mode": "MultiModel", ', "", MANY),
)

_REFUSED = (
    Sabotage("refuse-shadow-of-two", "rule", RULES, "if len(args.variants) != 1:", "if False:", MODES),
    Sabotage("refuse-async-capture", "rule", RULES, "if later and args.capture:", "if False:", MODES),
    Sabotage("refuse-plans", "rule", RULES, "for refusal in refusals(", "for refusal in () and refusals(", PLANS),
    Sabotage("refuse-short-bake", "rule", RULES, "< args.rollback.seconds", "< 0", PLANS),
    Sabotage("refuse-wrong-bounds", "rule", SCALING, "if not 0 <= minimum <= maximum or", "if", BOUNDS),
    Sabotage("refuse-changed-names", "rule", RULES, "set(before) != set(after)", "False", CHANGES),
    Sabotage("refuse-scaled-removal", "rule", RULES, "if before[name] is None:", "if False:", CHANGES),
)

_MOVED = (
    Sabotage(
        "plan-is-asked-for",
        "UpdateEndpoint",
        ACCOUNT,
        '{"DeploymentConfig": desired.plan.deployment_config()} if guarded else {}',
        "{}",
        f"{STEP}the_plan_of_the_wish_is_what_sagemaker_is_asked_for",
    ),
    Sabotage(
        "shadow-weight-is-the-configs",
        "UpdateEndpoint",
        ACCOUNT,
        "[CAPTURE, WEIGHT] if len(desired.variants) == 1 else [CAPTURE]",
        "[CAPTURE]",
        f"{STEP}a_single_variants_weight_comes_from_its_config_so_that_a_shadow_gets_its_share",
    ),
    Sabotage("scaling-is-suspended", "RegisterScalableTarget", HANDLER, "suspended=True", "suspended=False", SUSPENDED),
    Sabotage(
        "scaling-is-resumed",
        "RegisterScalableTarget",
        HANDLER,
        "suspended=False",
        "suspended=True",
        f"{STEP}an_execution_started_again_after_a_kill_leaves_nothing_suspended",
    ),
    Sabotage(
        "alarms-must-exist",
        "decision",
        DECIDE,
        "set(plan.alarms) - set(observed.alarms)",
        "set()",
        f"{DECISION}a_rollback_alarm_that_does_not_exist_fails_the_rollout_before_anything_changes",
    ),
    Sabotage(
        "alarms-hold-back",
        "decision",
        DECIDE,
        "    if observed.ringing:\n",
        "    if False:\n",
        f"{DECISION}alarms_that_ring_before_a_change_hold_it_back_but_not_for_ever",
    ),
    Sabotage(
        "alarms-are-heard",
        "outcome",
        HANDLER,
        "attempted = _heard(attempted, desired, observed, now())",
        "pass",
        f"{STEP}a_return_names_its_alarm_and_how_long_it_took_from_there",
    ),
    Sabotage(
        "scaled-counts-are-left",
        "UpdateEndpointWeightsAndCapacities",
        DECIDE,
        " if share.instances is not None}",
        "}",
        f"{DECISION}the_count_of_a_scaled_variant_is_nobodys_to_set",
    ),
    Sabotage(
        "one-count-a-call",
        "UpdateEndpointWeightsAndCapacities",
        DECIDE,
        "if count > now.get(name, 0):",
        "if False:",
        f"{DECISION}counts_grow_before_traffic_moves_and_shrink_after_it_has_one_variant_a_call",
    ),
    Sabotage(
        "step-suspends-scaling",
        "iam.RolePolicy",
        MAY,
        '["application-autoscaling:RegisterScalableTarget"]',
        '["application-autoscaling:TagResource"]',
        STEP_MAY,
    ),
    Sabotage(
        "step-finds-scaling",
        "iam.RolePolicy",
        MAY,
        'Statement(actions=["application-autoscaling:DescribeScalableTargets"], resources=["*"]),',
        "",
        STEP_MAY,
    ),
    Sabotage("step-scales-sagemaker-alone", "iam.RolePolicy", MAY, "conditions=scaling,", "", STEP_MAY),
    Sabotage(
        "step-reads-alarms",
        "iam.RolePolicy",
        MAY,
        '["cloudwatch:DescribeAlarms"]',
        '["cloudwatch:GetMetricData"]',
        STEP_MAY,
    ),
    Sabotage(
        "step-may-be-looked-behind",
        "iam.RolePolicy",
        MAY,
        'Statement(actions=["sagemaker:DescribeEndpointConfig"], resources=[configs]),',
        "",
        STEP_MAY,
    ),
)

EDGES = (*_DECLARED, *_REFUSED, *_MOVED)
