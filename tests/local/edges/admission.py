"""Admission: which approvals start it, what it may do, what it refuses, and what it has deployed."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

DECLARES = "tests/unit/components/test_admission.py::test_"
ADMITS = "tests/unit/admission/test_admission.py::test_"
ADMISSION = "components/admission.py"
STEPPER, FUNCTION = "components/stepper.py", "components/function.py"
DECIDE, ACCOUNT, HANDLER = (f"model_code/admission/{name}.py" for name in ("decide", "account", "handler"))

_APPROVED = f"{DECLARES}an_approval_in_any_of_the_groups_starts_the_state_machine_with_the_package"
_KNOWS = f"{DECLARES}the_function_knows_its_stack_and_the_deployers_project"
_MAY = f"{DECLARES}it_reads_verdicts_and_decisions_writes_versions_and_starts_that_project_alone"
_CHAIN = f"{DECLARES}the_state_machine_calls_its_function_and_logs_what_fails"
_KEPT = f"{DECLARES}its_log_is_kept_for_ninety_days_under_the_key"
_OTHERS = f"{ADMITS}a_package_that_is_not_the_models_own_is_refused"
_FROZEN = f"{ADMITS}while_it_is_frozen_a_version_is_left_and_unfreezing_takes_it_up"

# Name, what, file, what stands there once, what takes its place, owner.
_TAKEN: tuple[tuple[str, str, str, str, str, str], ...] = (
    (
        "admission-approved-alone",
        "cloudwatch.EventRule",
        ADMISSION,
        ', "ModelApprovalStatus": ["Approved"]',
        "",
        _APPROVED,
    ),
    (
        "admission-own-groups",
        "cloudwatch.EventRule",
        ADMISSION,
        '"ModelPackageGroupName": sorted(groups), ',
        "",
        _APPROVED,
    ),
    (
        "admission-target",
        "cloudwatch.EventTarget",
        ADMISSION,
        "arn=self.state_machine.arn,\n            role_arn",
        "arn=rule.arn,\n            role_arn",
        _APPROVED,
    ),
    (
        "admission-package",
        "cloudwatch.EventTarget",
        ADMISSION,
        '"input_paths": {"package": "$.detail.ModelPackageArn"},',
        '"input_paths": {"package": "$.detail.ModelPackageName"},',
        _APPROVED,
    ),
    (
        "admission-template",
        "cloudwatch.EventTarget",
        ADMISSION,
        """'{"package": <package>}'""",
        """'{"model": <package>}'""",
        _APPROVED,
    ),
    (
        "admission-is-started",
        "iam.RolePolicy",
        STEPPER,
        '"states:StartExecution"',
        '"states:DescribeExecution"',
        _APPROVED,
    ),
    ("admission-invokes", "iam.RolePolicy", STEPPER, '"lambda:InvokeFunction"', '"lambda:GetFunction"', _CHAIN),
    ("admission-tells", "sfn.StateMachine", STEPPER, "logging_configuration=logging,", "", _CHAIN),
    ("admission-log", "cloudwatch.LogGroup", FUNCTION, "retention_in_days=90,", "", _KEPT),
    ("admission-log-key", "cloudwatch.LogGroup", FUNCTION, "kms_key_id=part.key.arn,", "", _KEPT),
    ("admission-timeout", "lambda.Function", ADMISSION, "timeout=60,", "timeout=3,", _KEPT),
    (
        "admission-code",
        "lambda.Function",
        ADMISSION,
        '    "catalog/naming.py",\n',
        "",
        "tests/contract/test_archives.py::test_an_archive_holds_what_its_files_import",
    ),
    ("admission-stack", "lambda.Function", ADMISSION, "STACK: self._part.site.stack, ", "", _KNOWS),
    ("admission-deployer", "lambda.Function", ADMISSION, 'deployer.project if deployer else ""', '""', _KNOWS),
    ("admission-reads-verdicts", "iam.RolePolicy", ADMISSION, 'self._args.runs.grant_read(role, "runs")', "pass", _MAY),
    ("admission-reads-decisions", "iam.RolePolicy", ADMISSION, '"*/decisions/*", ', "", _MAY),
    ("admission-reads-the-freeze", "iam.RolePolicy", ADMISSION, '"*/freeze", ', "", _MAY),
    ("admission-reads-the-stacks-freeze", "iam.RolePolicy", ADMISSION, ', "freeze")]', ")]", _MAY),
    (
        "admission-writes-candidates",
        "iam.RolePolicy",
        ADMISSION,
        '("approved", "candidate", "versions/*")',
        '("approved", "versions/*")',
        _MAY,
    ),
    (
        "admission-keeps-versions",
        "iam.RolePolicy",
        ADMISSION,
        '("approved", "candidate", "versions/*")',
        '("approved", "candidate")',
        _MAY,
    ),
    (
        "admission-own-packages",
        "iam.RolePolicy",
        ADMISSION,
        'site.arn("sagemaker", f"{kind}/{site.name()}-*")',
        'site.arn("sagemaker", f"{kind}/*")',
        _MAY,
    ),
    ("admission-builds", "iam.RolePolicy", ADMISSION, '"codebuild:StartBuild", ', "", _MAY),
    ("admission-follows-builds", "iam.RolePolicy", ADMISSION, ', "codebuild:BatchGetBuilds"', "", _MAY),
    (
        "admission-own-project",
        "iam.RolePolicy",
        ADMISSION,
        "resources=[deployer.project_arn]",
        'resources=[site.arn("codebuild", "project/*")]',
        _MAY,
    ),
    (
        "refuse-many-groups",
        "rule",
        ADMISSION,
        "> _PATTERN:",
        "> 10 * _PATTERN:",
        f"{DECLARES}more_groups_than_a_rules_pattern_holds_are_refused",
    ),
    (
        "admit-what-the-gates-refused",
        "decision",
        DECIDE,
        'if verdict.get("outcome") not in ("approve", "ask"):',
        "if False:",
        f"{ADMITS}a_person_may_approve_what_the_gates_asked_about_but_not_what_they_refused",
    ),
    (
        "admit-what-gates-asked-about",
        "decision",
        DECIDE,
        '("approve", "ask")',
        '("approve",)',
        f"{ADMITS}a_person_may_approve_what_the_gates_asked_about_but_not_what_they_refused",
    ),
    ("admit-while-frozen", "decision", DECIDE, "if known.frozen:", "if False:", _FROZEN),
    (
        "admit-while-the-stack-is-frozen",
        "decision",
        ACCOUNT,
        'found.get("freeze") or found.get("stack", "")',
        'found.get("freeze", "")',
        _FROZEN,
    ),
    (
        "admit-what-was-rejected",
        "decision",
        DECIDE,
        "if known.decision:",
        "if False:",
        f"{ADMITS}a_version_on_which_there_is_a_verdict_is_not_tried_again",
    ),
    (
        "admit-what-is-live",
        "decision",
        DECIDE,
        'if known.approved == record["version"]:',
        "if False:",
        f"{ADMITS}the_live_version_is_left_alone",
    ),
    (
        "admit-first",
        "decision",
        DECIDE,
        '"candidate" if known.approved else "approved"',
        '"candidate"',
        f"{ADMITS}the_first_version_is_approved_at_once_and_left_to_whoever_trains_it",
    ),
    ("admit-of-another-group", "decision", DECIDE, "if group != package.group:", "if False:", _OTHERS),
    (
        "admit-of-another-models-run",
        "decision",
        DECIDE,
        'if f"/runs/{package.model}/" not in package.run:',
        "if False:",
        _OTHERS,
    ),
    ("admit-of-nobody", "decision", DECIDE, "if not package.model or not package.run:", "if False:", _OTHERS),
    (
        "admit-without-a-verdict",
        "decision",
        DECIDE,
        "if not isinstance(version, str) or not re.fullmatch(_VERSION, version):",
        "if False:",
        f"{ADMITS}a_verdict_that_says_too_little_is_refused",
    ),
    (
        "admit-without-an-artifact",
        "decision",
        DECIDE,
        "if not re.fullmatch(_ARTIFACT, package.artifact):",
        "if False:",
        f"{ADMITS}a_package_without_an_artifact_is_refused",
    ),
    (
        "admit-one-of-two-first",
        "admission",
        ACCOUNT,
        'Overwrite=admitted.slot == "candidate",',
        "Overwrite=True,",
        f"{ADMITS}of_two_first_versions_at_once_the_second_becomes_the_candidate",
    ),
    (
        "admit-and-deploy",
        "admission",
        HANDLER,
        "started = account.start_build(clients.codebuild, place.deployer)",
        'started = ""',
        f"{ADMITS}an_approved_version_becomes_the_candidate_and_is_deployed",
    ),
    (
        "admit-and-follow",
        "admission",
        HANDLER,
        'if status == "SUCCEEDED":',
        "if status:",
        f"{ADMITS}a_build_that_fails_fails_the_execution_and_names_it",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _TAKEN)
