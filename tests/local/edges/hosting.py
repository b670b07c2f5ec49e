"""Models, configs, endpoints and the wish."""

from __future__ import annotations

from tests.local.edges.edge import MODEL_MAY, STACK, Sabotage

ENDPOINT = "tests/unit/components/test_model_endpoint.py::test_"
MODELS_ARE = f"{STACK}models_are_isolated_and_know_their_version_and_artifact"
HOSTED, ARGS = "components/model_endpoint.py", "components/model_endpoint_args.py"
RELEASE = "components/endpoint_release.py"
RULES, ROLE = "components/endpoint_rules.py", "components/model_role.py"
CONTAINER, TAGS = "components/container_permissions.py", "components/tags.py"

EDGES = (
    Sabotage(
        "default-tags",
        "Provider",
        "infra/program.py",
        ", default_tags=marks",
        "",
        f"{STACK}everything_carries_the_stacks_tags_by_default",
    ),
    Sabotage(
        "owner-tag",
        "ModelEndpoint",
        TAGS,
        ', "takeoff:owner": owner',
        "",
        f"{STACK}what_belongs_to_a_model_carries_its_name_and_owner",
    ),
    Sabotage(
        "shares-sum",
        "ModelEndpoint",
        RULES,
        "if total != 100:",
        "if False:",
        f"{ENDPOINT}shares_that_do_not_sum_to_a_hundred_are_refused",
    ),
    Sabotage(
        "shares-sum-of-a-stack-file",
        "stack file",
        "infra/config/model.py",
        "(total := sum(self.traffic.values())) != 100",
        "(total := 0)",
        "tests/unit/infra/test_config.py::test_a_mistake_is_one_line_with_key_got_allowed_and_file",
    ),
    Sabotage(
        "image-digest",
        "ModelEndpoint",
        RULES,
        'if "@sha256:" not in args.image:',
        "if False:",
        f"{ENDPOINT}an_image_without_its_digest_is_refused",
    ),
    Sabotage(
        "model-reads-its-artifact",
        "iam.RolePolicy",
        ROLE,
        "args.models.grant_read(role, args.model)",
        "",
        MODEL_MAY,
    ),
    Sabotage("model-pulls-its-image", "iam.RolePolicy", CONTAINER, '"ecr:BatchGetImage", ', "", MODEL_MAY),
    Sabotage("model-writes-its-log", "iam.RolePolicy", CONTAINER, '"logs:PutLogEvents", ', "", MODEL_MAY),
    Sabotage(
        "model-metrics-namespace",
        "iam.RolePolicy",
        CONTAINER,
        'conditions={"StringEquals": {"cloudwatch:namespace": namespace}},',
        "",
        MODEL_MAY,
    ),
    Sabotage("model-isolation", "sagemaker.Model", RELEASE, "enable_network_isolation=True,", "", MODELS_ARE),
    Sabotage("model-version", "sagemaker.Model", RELEASE, "VERSION_VARIABLE: variant.version.version", "", MODELS_ARE),
    Sabotage(
        "model-artifact", "sagemaker.Model", RELEASE, '"model_data_url": variant.version.artifact,', "", MODELS_ARE
    ),
    Sabotage(
        "model-outlives-its-release",
        "sagemaker.Model",
        RELEASE,
        "opts=pulumi.ResourceOptions(parent=self.parent, retain_on_delete=True),",
        "opts=pulumi.ResourceOptions(parent=self.parent),",
        f"{STACK}configs_and_models_outlive_their_release",
    ),
    Sabotage(
        "config-outlives-its-release",
        "sagemaker.EndpointConfiguration",
        RELEASE,
        "                retain_on_delete=True,\n",
        "",
        f"{STACK}configs_and_models_outlive_their_release",
    ),
    Sabotage(
        "config-keeps-its-counts",
        "sagemaker.EndpointConfiguration",
        RELEASE,
        'ignore_changes=["productionVariants[*].initialInstanceCount"],',
        "",
        f"{STACK}a_config_keeps_the_counts_that_it_was_born_with",
    ),
    Sabotage(
        "config-encryption",
        "sagemaker.EndpointConfiguration",
        RELEASE,
        "kms_key_arn=None if disks else args.key.arn,",
        "",
        f"{STACK}what_an_endpoint_stores_is_encrypted_under_the_stacks_key",
    ),
    Sabotage(
        "candidate-starts-without-traffic",
        "sagemaker.EndpointConfiguration",
        RELEASE,
        "100 if position == 0 else 0",
        "variant.traffic",
        f"{STACK}a_new_config_sends_no_traffic_to_the_candidate_until_rollout_says_so",
    ),
    Sabotage(
        "generation",
        "sagemaker.EndpointConfiguration",
        "components/release.py",
        "newest += 1",
        "newest += 0",
        f"{STACK}going_back_to_an_old_content_takes_a_new_name",
    ),
    Sabotage(
        "generation-in-the-name",
        "sagemaker.EndpointConfiguration",
        "components/release.py",
        'f"{self.generation:04d}-{self.content}"',
        "self.content",
        f"{STACK}going_back_to_an_old_content_takes_a_new_name",
    ),
    Sabotage(
        "endpoint-protection",
        "sagemaker.Endpoint",
        HOSTED,
        "protect=True, ",
        "",
        f"{STACK}the_endpoint_is_protected_and_left_to_rollout",
    ),
    Sabotage(
        "endpoint-left-to-rollout",
        "sagemaker.Endpoint",
        HOSTED,
        ', ignore_changes=["endpointConfigName", "deploymentConfig"]',
        "",
        f"{STACK}the_endpoint_is_protected_and_left_to_rollout",
    ),
    Sabotage(
        "wish-waits-for-its-listener",
        "ssm.Parameter",
        HOSTED,
        "dict(configs)), args.rollout.ready)",
        "dict(configs)), self.endpoint.name)",
        f"{STACK}the_wish_is_written_after_the_rule_that_hears_it",
    ),
    Sabotage(
        "wish-traffic",
        "ssm.Parameter",
        ARGS,
        "Share(traffic=v.traffic, ",
        "Share(traffic=0, ",
        f"{STACK}the_wish_carries_traffic_and_counts",
    ),
)
