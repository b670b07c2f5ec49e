"""What an account has once, how a stack is taken down, and what preflight asks."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

ACCESS, POLICIES, SINGLETONS = "bootstrap/access.py", "bootstrap/policies.py", "bootstrap/singletons.py"
PROGRAM, PLAN, DRAIN = "bootstrap/program.py", "takeoff/destroy/plan.py", "takeoff/destroy/drain.py"
RUN, FORGET = "takeoff/destroy/run.py", "takeoff/destroy/account.py"
MADE = "tests/unit/bootstrap/test_bootstrap.py::test_"
PLANNED = "tests/unit/takeoff/test_destroy_plan.py::test_"
DRAINED = "tests/unit/takeoff/test_destroy_drain.py::test_"
FLIGHT = "tests/unit/takeoff/test_preflight.py::test_"
NEVER = f"{MADE}the_deployer_never_reaches_beyond_its_boundary"
INSIDE = f"{MADE}a_role_inside_the_boundary_has_services_and_no_iam"
ENVIRONMENT_ONLY = f"{MADE}only_jobs_in_a_named_environment_of_the_repository_take_the_deployers_role"
GUARDED = f"{MADE}the_state_its_key_and_their_settings_are_protected_and_old_states_go"
LOOKS = f"{MADE}the_preview_role_starts_previews_in_the_network_as_the_projects_own_role_and_reads_their_reports_alone"
EVERY = f"{MADE}every_singleton_can_be_created"
RECORDER = f"{MADE}the_recorder_reads_by_awss_policy_and_writes_to_its_bucket_alone"

EDGES = (
    Sabotage(
        "oidc-audience", "iam.OpenIdConnectProvider", ACCESS,
        'client_id_lists=["sts.amazonaws.com"]', 'client_id_lists=["other.example.com"]',
        f"{MADE}the_provider_of_identities_serves_this_purpose_alone",
    ),
    Sabotage(
        "trust-audience", "iam.Role", POLICIES, 'f"{GITHUB}:aud": "sts.amazonaws.com",', "", ENVIRONMENT_ONLY,
    ),
    Sabotage(
        "trust-environment", "iam.Role", ACCESS, 'f"environment:{each}"', '"*"', ENVIRONMENT_ONLY,
    ),
    Sabotage(
        "trust-projects", "iam.Role", POLICIES,
        '"Condition": {"ArnLike": {"aws:PrincipalArn": _iam(site, f"role/takeoff-*-{project}")}},', "",
        ENVIRONMENT_ONLY,
    ),
    Sabotage(
        "preview-subject", "iam.Role", ACCESS,
        'self._trust(["pull_request", "ref:refs/heads/main"])', 'self._trust(["*"])',
        f"{MADE}a_pull_request_takes_the_preview_role_and_no_other",
    ),
    Sabotage(
        "preview-projects", "iam.Role", ACCESS, 'project_trust(self._site, "previews")',
        'project_trust(self._site, "deployer")', f"{MADE}a_pull_request_takes_the_preview_role_and_no_other",
    ),
    Sabotage("previews-as-their-own-role", "iam.Policy", POLICIES,
             ', "Condition": {"Null": {"codebuild:serviceRole": "true"}},', ",", LOOKS),
    Sabotage("previews-and-no-deployer", "iam.Policy", POLICIES, '"project/takeoff-*-previews"',
             '"project/takeoff-*"', LOOKS),
    Sabotage("reports-and-no-artifacts", "iam.Policy", POLICIES, '"Resource": f"{previews}/previews/*"',
             '"Resource": f"{previews}/*"', LOOKS),
    Sabotage(
        "deployer-policy", "iam.RolePolicyAttachment", ACCESS,
        'self._attach("deployer", role, self._policy("deployer", body))', "",
        f"{MADE}each_role_has_the_one_policy_that_is_written_for_it",
    ),
    Sabotage(
        "boundary-policy", "iam.Policy", ACCESS, "policies.boundary(site)", "policies.document([])",
        f"{MADE}each_role_has_the_one_policy_that_is_written_for_it",
    ),
    Sabotage(
        "only-inside-the-boundary", "iam.Policy", POLICIES, '"Sid": "OnlyInsideTheBoundary", "Effect": "Deny"',
        '"Sid": "OnlyInsideTheBoundary", "Effect": "Allow"', NEVER,
    ),
    Sabotage(
        "never-out-of-the-boundary", "iam.Policy", POLICIES, '"Sid": "NeverOutOfIt", "Effect": "Deny"',
        '"Sid": "NeverOutOfIt", "Effect": "Allow"', NEVER,
    ),
    Sabotage("one-region", "iam.Policy", POLICIES, '"Condition": here,', "", NEVER),
    Sabotage("own-things-closed", "iam.Policy", POLICIES, '"Sid": "Bootstrap", "Effect": "Deny"',
             '"Sid": "Bootstrap", "Effect": "Allow"', NEVER),
    Sabotage("state-closed", "iam.Policy", POLICIES, '"Sid": "State", "Effect": "Deny"',
             '"Sid": "State", "Effect": "Allow"', NEVER),
    Sabotage("state-key-closed", "iam.Policy", POLICIES, '"Sid": "Key", "Effect": "Deny"',
             '"Sid": "Key", "Effect": "Allow"', NEVER),
    Sabotage("pass-own-roles-only", "iam.Policy", POLICIES,
             '"Action": "iam:PassRole", "Resource": _iam(site, "role/takeoff-*")}',
             '"Action": "iam:PassRole", "Resource": "*"}', INSIDE),
    Sabotage("state-protected", "s3.Bucket", PROGRAM, "provider=provider, protect=True", "provider=provider", GUARDED),
    Sabotage("old-states-go", "s3.BucketLifecycleConfiguration", PROGRAM, "noncurrent_days=OLD_STATES_DAYS",
             "noncurrent_days=None", GUARDED),
    Sabotage(
        "service-linked-role", "iam.ServiceLinkedRole", SINGLETONS,
        "aws.iam.ServiceLinkedRole(label, aws_service_name=service, opts=self._child)", "pass",
        f"{MADE}the_smallest_account_has_the_one_service_linked_role_that_stacks_use_and_no_other_singleton",
    ),
    Sabotage("recorder-records-all", "cfg.Recorder", SINGLETONS,
             '"all_supported": True', '"all_supported": False', EVERY),
    Sabotage("recorder-runs", "cfg.RecorderStatus", SINGLETONS, "is_enabled=True", "is_enabled=False", EVERY),
    Sabotage("recorder-delivers", "cfg.DeliveryChannel", SINGLETONS, "s3_bucket_name=bucket.name",
             's3_bucket_name="elsewhere"', EVERY),
    Sabotage("recorder-reads", "iam.RolePolicyAttachment", SINGLETONS, "policy/service-role/AWS_ConfigRole",
             "policy/ReadOnlyAccess", RECORDER),
    Sabotage("recorder-writes", "iam.RolePolicy", SINGLETONS,
             'bucket.arn, "/AWSLogs/*")', 'bucket.arn, "/*")', RECORDER),
    Sabotage("lake-closed", "lakeformation.DataLakeSettings", SINGLETONS,
             "create_table_default_permissions=[],", "", EVERY),
    Sabotage("anomaly-dimension", "costexplorer.AnomalyMonitor", SINGLETONS, 'monitor_dimension="SERVICE",', "", EVERY),
    Sabotage("api-logs", "apigateway.Account", SINGLETONS, "cloudwatch_role_arn=role.ready_arn, ", "",
             f"{MADE}api_gateway_writes_logs_by_a_role_that_does_nothing_else"),
    Sabotage(
        "destroy-refuses-first", "destroy", RUN, "if guarded and not unprotect:", "if False:",
        f"{DRAINED}a_protected_stack_is_refused_before_anything_is_touched_and_every_resource_is_named",
    ),
    Sabotage(
        "destroy-keeps-data", "destroy", RUN, "if holds_data(r) and not account.is_empty(r)", "if False",
        f"{DRAINED}a_bucket_that_still_holds_data_stays_protected_and_so_do_the_facts_about_it",
    ),
    Sabotage(
        "destroy-keeps-keys", "destroy", PLAN, "if stay:\n", "if False:\n",
        f"{PLANNED}a_key_stays_even_if_an_earlier_attempt_forgot_which_bucket_it_is_of",
    ),
    Sabotage(
        "destroy-asks-before-emptying", "destroy", PLAN,
        "(not holds_data(resource) or empties(resource, delete_data))", "True",
        f"{PLANNED}data_goes_only_where_the_stack_or_the_person_says_so",
    ),
    Sabotage(
        "destroy-knows-its-own", "destroy", FORGET, 'if {"Key": "takeoff:stack", "Value": stack} in tags:', "if tags:",
        f"{DRAINED}only_configs_and_models_with_the_stacks_own_tag_are_forgotten",
    ),
    Sabotage(
        "destroy-waits-for-endpoints", "destroy", DRAIN,
        'account.await_(lambda: status() not in _MOVING, f"endpoint {name}, which still moves")', "",
        f"{DRAINED}an_endpoint_that_moves_is_waited_for_before_and_after_it_is_deleted",
    ),
    Sabotage(
        "destroy-inside-first", "destroy", RUN, "        inside.destroy(())\n", "",
        f"{DRAINED}what_runs_in_the_cluster_goes_before_anything_of_the_stack_is_touched",
    ),
    Sabotage(
        "destroy-nodes-first", "destroy", PLAN, '    ("aws:eks/nodeGroup:NodeGroup", "delete-nodes"),\n', "",
        f"{PLANNED}first_nothing_new_starts_then_what_runs_ends_and_then_goes_what_holds_other_things",
    ),
    Sabotage(
        "destroy-releases-the-cluster", "destroy", DRAIN,
        "    client.update_cluster_config(name=step.target, deletionProtection=False)\n", "",
        f"{DRAINED}a_clusters_protection_is_taken_off_once",
    ),
    Sabotage(
        "preflight-counts-tiers", "preflight", "takeoff/preflight/quotas.py", "for tier in pool.tiers if",
        "for tier in pool.tiers[:1] if", f"{FLIGHT}pools_fit_the_vcpus_of_their_families_at_their_limits_in_every_tier",
    ),
    Sabotage(
        "preflight-counts-twice", "preflight", "takeoff/preflight/quotas.py", "+= 2 * _widest(variant)",
        "+= _widest(variant)", f"{FLIGHT}an_endpoint_counts_twice_over_at_its_widest",
    ),
    Sabotage(
        "preflight-is-not-sure", "preflight", "takeoff/preflight/finding.py", 'status="unknown"', 'status="ok"',
        f"{FLIGHT}an_account_that_answers_nothing_is_unknown_in_every_check_but_the_length_of_names",
    ),
)  # fmt: skip
