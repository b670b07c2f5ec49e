"""Training pipelines: what is declared for a model, what its jobs may do, and what its gates hold to."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

DECLARES = "tests/unit/components/test_retraining.py::test_"
PIPELINE = "components/training_pipeline.py"
ARGS = "components/training_pipeline_args.py"
ROLES = "components/training_roles.py"

_DUE = f"{DECLARES}a_schedule_starts_retraining_with_a_request_it_understands"
_WORKS = f"{DECLARES}a_pipeline_does_its_own_models_work_and_registers_into_its_own_group"
_ROLE = f"{DECLARES}a_pipeline_runs_under_its_own_role_which_its_settings_hand_over"
_PLACED = f"{DECLARES}in_a_vpc_every_job_is_placed_and_stays_isolated"
_RATED = f"{DECLARES}a_versions_card_names_the_owner_and_rates_the_risk_as_the_stack_does"
_SETTINGS = f"{DECLARES}the_settings_say_where_things_are_and_what_the_gates_hold_to"
_REFUSED = f"{DECLARES}what_would_not_run_is_refused_before"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("pipeline-role", "sagemaker.Pipeline", PIPELINE, "role_arn=role.ready_arn,\n            tags", "tags", _ROLE),
    ("pipeline-settings", "ssm.Parameter", PIPELINE, 'site.parameter(args.model, "training")', '"/x"', _ROLE),
    (
        "pipeline-tags",
        "sagemaker.Pipeline",
        PIPELINE,
        "role.ready_arn,\n            tags=self._tags,",
        "role.ready_arn,",
        _ROLE,
    ),
    ("pipeline-schedule", "scheduler.Schedule", PIPELINE, "self._schedule(args.schedule)", "pass", _DUE),
    ("pipeline-schedule-zone", "scheduler.Schedule", PIPELINE, 'schedule_expression_timezone="UTC",', "", _DUE),
    (
        "pipeline-schedule-role",
        "scheduler.Schedule",
        PIPELINE,
        'retraining.start_role("scheduler.amazonaws.com")',
        "retraining.state_machine.arn",
        _DUE,
    ),
    ("pipeline-schedule-waits", "scheduler.Schedule", PIPELINE, ", depends_on=[self.settings])", ")", _DUE),
    ("pipeline-training-placed", "sagemaker.Pipeline", PIPELINE, "asked |= network", "pass", _PLACED),
    (
        "pipeline-gates-placed",
        "sagemaker.Pipeline",
        PIPELINE,
        'asked["NetworkConfig"] = {**asked.get("NetworkConfig", {}), **network}',
        "pass",
        _PLACED,
    ),
    (
        "pipeline-gates-stay-isolated",
        "sagemaker.Pipeline",
        PIPELINE,
        '{**asked.get("NetworkConfig", {}), **network}',
        "network",
        _PLACED,
    ),
    (
        "pipeline-own-disks",
        "sagemaker.Pipeline",
        PIPELINE,
        'resources.pop("VolumeKmsKeyId", None)',
        "pass",
        f"{DECLARES}disks_that_encrypt_themselves_take_no_key",
    ),
    ("pipeline-reads", "iam.RolePolicy", ROLES, "bucket.grant_read(role, prefix)", "pass", _WORKS),
    ("pipeline-writes", "iam.RolePolicy", ROLES, "bucket.grant_write(role, prefix)", "pass", _WORKS),
    ("pipeline-own-runs", "iam.RolePolicy", ROLES, 'f"runs/{args.model}"', '"runs"', _WORKS),
    ("pipeline-own-artifacts", "iam.RolePolicy", ROLES, 'f"{args.model}/training"', "args.model", _WORKS),
    ("pipeline-logs", "iam.RolePolicy", ROLES, 'f"log-stream:{JOBS}-*"', '"log-stream:*"', _WORKS),
    (
        "pipeline-own-jobs",
        "iam.RolePolicy",
        ROLES,
        'resources=[site.arn("sagemaker", f"{resource}/{JOBS}-*")],\n            )',
        'resources=[site.arn("sagemaker", f"{resource}/*")],\n            )',
        _WORKS,
    ),
    (
        "pipeline-stops-jobs",
        "iam.RolePolicy",
        ROLES,
        '("Create", "Describe", "Stop")',
        '("Create", "Describe")',
        f"{DECLARES}a_pipelines_role_does_this_and_nothing_else",
    ),
    (
        "pipeline-tags-jobs",
        "iam.RolePolicy",
        ROLES,
        'actions=["sagemaker:AddTags"],',
        'actions=["sagemaker:ListTags"],',
        f"{DECLARES}a_pipelines_role_does_this_and_nothing_else",
    ),
    (
        "pipeline-hands-on-its-role-alone",
        "iam.RolePolicy",
        ROLES,
        "resources=[itself],",
        'resources=[f"{itself}*"],',
        _WORKS,
    ),
    (
        "pipeline-hands-on-to-sagemaker",
        "iam.RolePolicy",
        ROLES,
        'conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},',
        "",
        _WORKS,
    ),
    (
        "pipeline-grants-for-aws",
        "iam.RolePolicy",
        ROLES,
        'conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},',
        "",
        _WORKS,
    ),
    (
        "pipeline-registers-into-its-group",
        "iam.RolePolicy",
        ROLES,
        'pulumi.Output.concat(site.arn("sagemaker", "model-package-group/"), group),',
        "",
        _WORKS,
    ),
    ("pipeline-in-vpc", "iam.RolePolicy", ROLES, "allow_interfaces(role, site, args.placement)", "pass", _PLACED),
    (
        "gates-groups",
        "gates' settings",
        ARGS,
        '"groups": list(fair.groups) if fair else [],',
        '"groups": [],',
        _SETTINGS,
    ),
    (
        "gates-limits",
        "gates' settings",
        ARGS,
        "for name, limit in fair.limits.items()} if fair",
        "for name, limit in ()} if fair",
        _SETTINGS,
    ),
    ("gates-favoured", "gates' settings", ARGS, "fair.favoured if fair else None", "None", _SETTINGS),
    ("gates-criteria", "gates' settings", ARGS, '"criteria": dict(self.criteria),', '"criteria": {},', _SETTINGS),
    ("gates-margins", "gates' settings", ARGS, '"margins": dict(self.margins),', '"margins": {},', _SETTINGS),
    ("gates-extra", "gates' settings", ARGS, "{*self.columns, *grouped} - named", "{*self.columns} - named", _SETTINGS),
    (
        "gates-approval",
        "gates' settings",
        ARGS,
        '            "approval": self.approval,\n        }',
        "        }",
        _SETTINGS,
    ),
    ("settings-cooldown", "ssm.Parameter", ARGS, "60 * self.cooldown_minutes", "self.cooldown_minutes", _SETTINGS),
    ("settings-cap", "ssm.Parameter", ARGS, "most=self.monthly_runs,", "most=1000,", _SETTINGS),
    ("settings-budget", "ssm.Parameter", ARGS, "budget=self.budget,", 'budget="",', _SETTINGS),
    ("settings-pin", "ssm.Parameter", ARGS, "version=self.data_version,", 'version="",', _SETTINGS),
    ("settings-owner", "ssm.Parameter", ARGS, '"Owner": self.owner,', '"Owner": self.model,', _RATED),
    ("settings-risk", "ssm.Parameter", ARGS, '"Risk": self.risk.capitalize(),', '"Risk": "Unknown",', _RATED),
    ("refuse-owner-that-breaks-a-card", "rule", ARGS, "json.dumps(self.owner) == ", "True or ", _REFUSED),
    ("refuse-mutable-image", "rule", ARGS, '"@sha256:" in self.image', "True", _REFUSED),
    ("refuse-no-margin", "rule", ARGS, "check(bool(self.margins)", "check(True", _REFUSED),
    ("refuse-endless-cooldown", "rule", ARGS, "0 <= self.cooldown_minutes <= 10_080", "True", _REFUSED),
    ("refuse-no-cap", "rule", ARGS, "1 <= self.monthly_runs <= 1000", "True", _REFUSED),
    (
        "refuse-long-settings",
        "rule",
        ARGS,
        "> _PARAMETER:",
        "> 10 * _PARAMETER:",
        f"{DECLARES}more_settings_than_a_parameter_holds_are_refused",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
