"""Repositories, the projects that build images and apply stacks, and the command that stores a digest."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

IMAGE = "tests/unit/components/test_model_image.py::test_"
DEPLOYER = "tests/unit/components/test_deployer.py::test_"
COMMAND = "tests/unit/takeoff/test_image.py::test_"
ALIVE = "tests/local/cloud/test_image_command.py::test_"
CONTEXT = "tests/unit/catalog/test_build_context.py::test_"
TAGS = f"{IMAGE}tags_never_change_and_what_is_pushed_is_scanned_and_encrypted"
PROJECT = f"{IMAGE}the_project_builds_the_uploaded_source_by_the_one_buildspec_one_at_a_time"
MAY = f"{IMAGE}a_build_reads_its_own_sources_and_pushes_to_its_own_repository_and_no_more"
LOG = f"{IMAGE}a_build_writes_an_encrypted_log_that_ends_after_ninety_days"
INSIDE = f"{IMAGE}a_build_inside_a_network_may_make_its_interface_in_those_subnets_alone"
EXPIRES = f"{IMAGE}no_image_that_a_tag_names_ever_expires"
NO_IMAGE = f"{COMMAND}a_build_that_succeeded_without_an_image_has_failed"
MODEL_IMAGE, BUILD = "components/model_image.py", "components/build_project.py"
APPLIES, PREVIEWS, TAKEOFF = "components/deployer.py", "components/previews.py", "takeoff/image.py"

EDGES = (
    Sabotage("image-tags-immutable", "ecr.Repository", MODEL_IMAGE, 'image_tag_mutability="IMMUTABLE",', "", TAGS),
    Sabotage(
        "image-scan", "ecr.Repository", MODEL_IMAGE, 'image_scanning_configuration={"scan_on_push": True},', "", TAGS
    ),
    Sabotage("image-encryption-key", "ecr.Repository", MODEL_IMAGE, ', "kms_key": self._args.key.arn', "", TAGS),
    Sabotage(
        "image-retained",
        "ecr.Repository",
        MODEL_IMAGE,
        "force_delete=not self._args.retain,",
        "force_delete=True,",
        f"{IMAGE}a_repository_goes_with_its_images_only_where_nothing_is_retained",
    ),
    Sabotage("image-expiry-spares-tags", "ecr.LifecyclePolicy", MODEL_IMAGE, '"untagged"', '"any"', EXPIRES),
    Sabotage(
        "image-expiry",
        "ecr.LifecyclePolicy",
        MODEL_IMAGE,
        "aws.ecr.LifecyclePolicy(self._name, repository=repository.name, policy=_lifecycle(), opts=child)",
        "",
        EXPIRES,
    ),
    Sabotage(
        "image-owner-tag",
        "ModelImage",
        MODEL_IMAGE,
        "model_tags(args.model, args.owner)",
        "model_tags(None, args.owner)",
        f"{IMAGE}what_belongs_to_the_image_carries_its_models_name_and_owner",
    ),
    Sabotage("build-buildspec", "codebuild.Project", MODEL_IMAGE, "buildspec=_BUILDSPEC.read_text(),", "", PROJECT),
    Sabotage("build-docker", "codebuild.Project", MODEL_IMAGE, "privileged=True,", "", PROJECT),
    Sabotage("build-key", "codebuild.Project", MODEL_IMAGE, "            key=args.key,\n", "", PROJECT),
    Sabotage("build-one-at-a-time", "codebuild.Project", BUILD, "concurrent_build_limit=1,", "", PROJECT),
    Sabotage("build-timeout", "codebuild.Project", BUILD, "build_timeout=args.minutes,", "", PROJECT),
    Sabotage(
        "build-minutes",
        "codebuild.Project",
        BUILD,
        "if not 5 <= self.minutes <= _LONGEST:",
        "if False:",
        f"{IMAGE}a_build_of_no_possible_length_is_refused",
    ),
    Sabotage(
        "build-network",
        "codebuild.Project",
        BUILD,
        "vpc_config=_vpc(args.placement) if args.placement else None,",
        "",
        INSIDE,
    ),
    Sabotage(
        "build-interfaces",
        "iam.RolePolicy",
        BUILD,
        "allow_interfaces(role, site, args.placement)",
        "pass",
        INSIDE,
    ),
    Sabotage("build-log", "cloudwatch.LogGroup", BUILD, "retention_in_days=90,", "", LOG),
    Sabotage("build-log-key", "cloudwatch.LogGroup", BUILD, "kms_key_id=args.key.arn,", "", LOG),
    Sabotage("build-log-group", "codebuild.Project", BUILD, ', "group_name": log.name', "", LOG),
    Sabotage("build-writes-its-log", "iam.RolePolicy", BUILD, "role.allow(writes_log(log.arn))", "", LOG),
    Sabotage("build-writes-encrypted", "iam.RolePolicy", BUILD, "args.key.grant_encrypt(role)", "pass", MAY),
    Sabotage("build-reads-its-source", "iam.RolePolicy", MODEL_IMAGE, "args.sources.grant_read(role, prefix)", "", MAY),
    Sabotage("build-reads-a-version", "iam.RolePolicy", MODEL_IMAGE, '"s3:GetObjectVersion"', '"s3:GetObjectAcl"', MAY),
    Sabotage("build-reads-its-own-source", "iam.RolePolicy", MODEL_IMAGE, 'f"/{prefix}/*")', '"/*")', MAY),
    Sabotage("build-pushes", "iam.RolePolicy", MODEL_IMAGE, '    "ecr:PutImage",\n', "", MAY),
    Sabotage(
        "build-pushes-to-its-repository",
        "iam.RolePolicy",
        MODEL_IMAGE,
        "[repository.arn]",
        '[f"{repository.arn}*"]',
        MAY,
    ),
    Sabotage("build-logs-in", "iam.RolePolicy", MODEL_IMAGE, '"ecr:GetAuthorizationToken"', '"ecr:PutImage"', MAY),
    Sabotage(
        "deployer-becomes-one-role",
        "iam.RolePolicy",
        APPLIES,
        "resources=[args.role_arn]",
        'resources=["arn:aws:iam::123456789012:role/*"]',
        f"{DEPLOYER}its_own_role_may_become_the_deployer_write_its_log_and_nothing_else",
    ),
    Sabotage(
        "previews-become-one-role",
        "iam.RolePolicy",
        PREVIEWS,
        'role.allow(Statement(actions=["sts:AssumeRole"], resources=[args.role_arn]))',
        "",
        f"{DEPLOYER}what_runs_unread_code_may_look_add_a_report_write_its_log_and_nothing_else",
    ),
    Sabotage(
        "previews-reports-only",
        "iam.RolePolicy",
        PREVIEWS,
        "args.reports.grant_write(role, NAME)",
        'args.reports.grant_write(role, "")',
        f"{DEPLOYER}what_runs_unread_code_may_look_add_a_report_write_its_log_and_nothing_else",
    ),
    Sabotage(
        "previews-name",
        "codebuild.Project",
        PREVIEWS,
        'NAME = "previews"',
        'NAME = "previews-deployer"',
        f"{DEPLOYER}its_role_is_none_that_bootstrap_lets_become_the_deployer",
    ),
    Sabotage(
        "previews-apart",
        "ec2.SecurityGroup",
        PREVIEWS,
        "security_group_ids=[after(group.id, rules)]",
        "security_group_ids=placement.security_group_ids",
        f"{DEPLOYER}inside_the_network_unread_code_is_no_member_of_the_workloads_group",
    ),
    Sabotage(
        "deployer-branch",
        "codebuild.Project",
        APPLIES,
        "branch=args.branch,",
        "",
        f"{DEPLOYER}it_applies_its_own_stack_from_the_branch_one_at_a_time",
    ),
    Sabotage(
        "deployer-network",
        "codebuild.Project",
        APPLIES,
        "placement=args.placement,",
        "",
        f"{DEPLOYER}it_runs_inside_the_network_where_there_is_one",
    ),
    Sabotage(
        "digest-is-in-ecr", "takeoff image build", TAKEOFF, "elif not self._held(digest):", "elif False:", NO_IMAGE
    ),
    Sabotage(
        "digest-is-exported",
        "takeoff image build",
        TAKEOFF,
        'elif not digest.startswith("sha256:"):',
        "elif False:",
        NO_IMAGE,
    ),
    Sabotage(
        "failed-build-stores-nothing",
        "takeoff image build",
        TAKEOFF,
        'if build["buildStatus"] != "SUCCEEDED":',
        "if False:",
        f"{COMMAND}a_failed_build_names_phase_reason_and_log_and_stores_nothing",
    ),
    Sabotage(
        "build-of-the-uploaded-version",
        "takeoff image build",
        TAKEOFF,
        'sourceVersion=uploaded["VersionId"],',
        'sourceVersion="",',
        f"{COMMAND}a_first_build_uploads_the_context_and_stores_the_digest_that_ecr_has",
    ),
    Sabotage(
        "tag-follows-names",
        "takeoff image build",
        "catalog/build_context.py",
        'digest.update(f"{path}\\n{len(content)}\\n".encode() + content)',
        "digest.update(content)",
        f"{CONTEXT}the_tag_follows_every_byte_and_name_and_which_dockerfile_it_is",
    ),
    Sabotage(
        "gone-image-is-refused",
        "sagemaker.Model",
        "local/cloud/definitions.py",
        'if container and (reason := registry.refusal(container.get("Image", ""), response.region)):',
        "if container and (reason := None):",
        f"{ALIVE}an_image_that_is_gone_is_refused_and_the_endpoint_stays_as_it_was",
    ),
)
