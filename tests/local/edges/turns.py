"""Versions in each other's place: what is declared for them, and what Rollout hears and may do."""

from __future__ import annotations

from tests.local.edges.edge import PERMISSIONS, Sabotage

DECLARES = "tests/unit/components/test_rollout.py::test_"
TURN = "tests/unit/components/test_versions_in_turn.py::test_"
ROLLOUT = "components/rollout.py"
MAY = "components/rollout_permissions.py"
ROLLBACK = "components/rollback.py"
ARGS = "components/model_endpoint_args.py"

_STEP_MAY = f"{PERMISSIONS}the_rollouts_function_may_do_what_its_code_calls_and_write_its_log"
_HEARD = f"{DECLARES}a_wish_and_an_operators_word_start_it_and_nothing_else_does"
_COMPARED = f"{DECLARES}captures_are_read_of_the_models_whose_versions_are_compared"
_IN_TURN = f"{TURN}each_version_has_a_model_and_a_config_that_serves_it_alone"
_WATCHED = f"{TURN}a_version_that_is_tried_is_watched_in_whatever_config_it_stands"
_KEEPS = f"{TURN}a_new_config_of_a_version_is_watched_in_that_config_by_an_alarm_that_keeps_its_name"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("rollout-hears-people", "cloudwatch.EventRule", ROLLOUT, '("desired", "override")', '("desired",)', _HEARD),
    ("rollout-hears-its-stack", "cloudwatch.EventRule", ROLLOUT, 'site.parameter("*", leaf)', 'f"*/{leaf}"', _HEARD),
    (
        "rollout-hears-wishes-alone",
        "cloudwatch.EventRule",
        ROLLOUT,
        '"name": [{"wildcard": site.parameter("*", leaf)} for leaf in _HEARD],',
        "",
        _HEARD,
    ),
    ("rollout-reads-captures", "iam.RolePolicy", ROLLOUT, "captures.grant_read(role, model)", "pass", _COMPARED),
    (
        "rollout-reads-its-models-alone",
        "iam.RolePolicy",
        ROLLOUT,
        "grant_read(role, model)",
        'grant_read(role, "")',
        _COMPARED,
    ),
    ("tries-read-orders", "iam.RolePolicy", MAY, '"*/override", ', "", _STEP_MAY),
    ("tries-read-the-freeze", "iam.RolePolicy", MAY, '"*/freeze", "freeze"', '"freeze"', _STEP_MAY),
    ("tries-read-the-stacks-freeze", "iam.RolePolicy", MAY, '"*/freeze", "freeze"', '"*/freeze"', _STEP_MAY),
    ("tries-read-experiments", "iam.RolePolicy", MAY, '"*/experiment-verdict", ', "", _STEP_MAY),
    ("tries-write-decisions", "iam.RolePolicy", MAY, '"decisions/*", ', "", _STEP_MAY),
    ("tries-keep-versions", "iam.RolePolicy", MAY, ', "versions/*")]', ")]", _STEP_MAY),
    ("tries-make-configs", "iam.RolePolicy", MAY, '                "sagemaker:CreateEndpointConfig",\n', "", _STEP_MAY),
    (
        "tries-remove-configs",
        "iam.RolePolicy",
        MAY,
        '                "sagemaker:DeleteEndpointConfig",\n',
        "",
        _STEP_MAY,
    ),
    (
        "tries-make-temporary-configs-alone",
        "iam.RolePolicy",
        MAY,
        '{site.name()}-*-{what}-*")',
        '{site.name()}-*")',
        _STEP_MAY,
    ),
    ("tries-copy-tags", "iam.RolePolicy", MAY, '"sagemaker:ListTags"', '"sagemaker:AddTag"', _STEP_MAY),
    (
        "tries-count",
        "iam.RolePolicy",
        MAY,
        '        Statement(actions=["cloudwatch:GetMetricData"], resources=["*"]),\n',
        "",
        _STEP_MAY,
    ),
    (
        "tries-grant-for-aws",
        "iam.RolePolicy",
        MAY,
        'conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},',
        "",
        _STEP_MAY,
    ),
    (
        "turn-both-are-declared",
        "sagemaker.EndpointConfiguration",
        ARGS,
        "(only.version, self.other or only.version)",
        "(only.version,)",
        _IN_TURN,
    ),
    (
        "turn-order-tells-nothing",
        "sagemaker.EndpointConfiguration",
        ARGS,
        "for version in sorted(versions)]",
        "for version in versions]",
        f"{TURN}the_first_deployment_names_versions_and_not_roles",
    ),
    (
        "turn-pin",
        "ssm.Parameter",
        ARGS,
        'pinned=self.live if self.pinned else "",',
        'pinned="",',
        f"{TURN}the_wish_says_the_pin_the_count_and_the_analysis",
    ),
    (
        "turn-alarms-of-the-wish",
        "ssm.Parameter",
        ARGS,
        "analysis=replace(self.analysis, alarms=tuple(self._named(site, self.trial()))),",
        "analysis=self.analysis,",
        _WATCHED,
    ),
    (
        "turn-candidate-is-watched",
        "cloudwatch.MetricAlarm",
        ARGS,
        "return [Fleet(name=TRIED, variant=TRIED)] if self.analysis else []",
        "return []",
        _WATCHED,
    ),
    (
        "turn-candidate-in-any-config",
        "cloudwatch.MetricAlarm",
        ROLLBACK,
        '{"EndpointConfigName": fleet.config} if fleet.config is not None else {}',
        '{"EndpointConfigName": fleet.config or "none"}',
        _WATCHED,
    ),
    (
        "turn-each-config-is-watched",
        "cloudwatch.MetricAlarm",
        ARGS,
        "config=configs[version]) for version in configs]",
        "config=configs[self.live]) for version in configs]",
        _KEEPS,
    ),
    (
        "turn-alarm-names",
        "cloudwatch.MetricAlarm",
        ARGS,
        'Fleet(name=f"{name}-{version}"',
        "Fleet(name=name",
        _KEEPS,
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
