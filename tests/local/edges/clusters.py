"""A cluster: who enters it, what it keeps, and what its nodes may do."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

UNIT, FIRST = "tests/unit/components/test_cluster.py::test_", "tests/contract/test_first_up.py::test_"
REFUSED = "tests/stacks/test_refused_pods.py::test_"
CLUSTER, ACCESS, ROLES, BLOCK = (
    "components/cluster.py",
    "components/cluster_access.py",
    "components/cluster_roles.py",
    "infra/config/cluster.py",
)
_LOGGED = f"{UNIT}secrets_and_all_five_logs_are_under_the_stacks_key"
_PRIVATE = f"{UNIT}the_api_is_private_and_opens_to_named_ranges_alone"
_PERSONAS = f"{UNIT}each_persona_has_awss_policy_for_it_and_nodes_have_theirs"
_NODES = f"{UNIT}a_node_hands_pods_their_roles_and_pulls_images_and_reads_nothing_of_a_model"
_CONTROL = f"{UNIT}the_control_plane_has_the_policies_that_eks_asks_for_and_the_key_of_the_nodes_disks"
_BEFORE = f"{UNIT}the_roles_policies_and_the_log_come_before_the_cluster"
_DOOR = f"{UNIT}what_the_stack_runs_reaches_the_api_and_nothing_else_of_the_cluster"
_TOLD = f"{FIRST}the_sibling_is_told_of_the_cluster_when_everybody_may_enter_it"
_PARSED = f"{REFUSED}a_mistake_is_one_line_with_key_got_allowed_and_file"

_EDGES = (
    (
        "cluster-secrets",
        "eks.Cluster",
        CLUSTER,
        '        encryption_config={"provider": {"key_arn": args.key.arn}, "resources": ["secrets"]},\n',
        "",
        _LOGGED,
    ),
    ("cluster-logs", "eks.Cluster", CLUSTER, '"audit", ', "", _LOGGED),
    ("cluster-logs-on", "eks.Cluster", CLUSTER, "        enabled_cluster_log_types=list(LOGS),\n", "", _LOGGED),
    (
        "cluster-log-key",
        "cloudwatch.LogGroup",
        CLUSTER,
        "        retention_in_days=_DAYS,\n        kms_key_id=args.key.arn,\n",
        "        retention_in_days=_DAYS,\n",
        _LOGGED,
    ),
    (
        "cluster-private",
        "eks.Cluster",
        CLUSTER,
        '"endpoint_private_access": True,',
        '"endpoint_private_access": False,',
        _PRIVATE,
    ),
    (
        "cluster-not-public",
        "eks.Cluster",
        CLUSTER,
        '"endpoint_public_access": bool(args.access_cidrs),',
        '"endpoint_public_access": True,',
        _PRIVATE,
    ),
    (
        "cluster-ranges",
        "eks.Cluster",
        CLUSTER,
        '"public_access_cidrs": sorted(args.access_cidrs) or None,',
        "",
        _PRIVATE,
    ),
    (
        "cluster-entries-only",
        "eks.Cluster",
        CLUSTER,
        '{"authentication_mode": "API", "bootstrap',
        '{"authentication_mode": "API_AND_CONFIG_MAP", "bootstrap',
        f"{UNIT}only_access_entries_let_anybody_in_and_the_creator_is_nobody",
    ),
    (
        "cluster-creator",
        "eks.Cluster",
        CLUSTER,
        '"bootstrap_cluster_creator_admin_permissions": False',
        '"bootstrap_cluster_creator_admin_permissions": True',
        f"{UNIT}only_access_entries_let_anybody_in_and_the_creator_is_nobody",
    ),
    (
        "cluster-no-pools-of-aws",
        "eks.Cluster",
        CLUSTER,
        '"node_pools": []}',
        '"node_pools": ["general-purpose"]}',
        f"{UNIT}aws_runs_the_nodes_the_balancers_and_the_volumes_of_declared_pools_only",
    ),
    (
        "cluster-deletion",
        "eks.Cluster",
        CLUSTER,
        "deletion_protection=args.deletion_protection,",
        "",
        f"{UNIT}it_is_protected_from_deletion_where_it_is_asked_for",
    ),
    ("cluster-waits-for-log", "eks.Cluster", CLUSTER, ".ready_arn, [log])", ".ready_arn, [])", _BEFORE),
    (
        "cluster-name-waits",
        "eks.AccessPolicyAssociation",
        CLUSTER,
        "after(entrance.name, entered)",
        "entrance.name",
        f"{FIRST}everybody_may_enter_before_anything_else_takes_the_clusters_name",
    ),
    ("cluster-told-late", "ssm.Parameter", CLUSTER, '"name": self.name,\n', '"name": "",\n', _TOLD),
    (
        "cluster-door-in",
        "vpc.SecurityGroupIngressRule",
        CLUSTER,
        "security_group_id=entrance.group,\n                referenced",
        "security_group_id=group,\n                referenced",
        _DOOR,
    ),
    (
        "cluster-door-port",
        "vpc.SecurityGroupIngressRule",
        CLUSTER,
        'to_port=HTTPS,\n                description="The API, for',
        'to_port=65535,\n                description="The API, for',
        _DOOR,
    ),
    (
        "cluster-auto-mode",
        "Cluster",
        CLUSTER,
        "if not any(each.enabled for each in found.compute_configs):",
        "if False:",
        f"{UNIT}an_existing_cluster_that_cannot_take_our_pools_is_refused",
    ),
    (
        "entry-of-nodes",
        "eks.AccessEntry",
        ACCESS,
        '"AmazonEKSAutoNodePolicy", "EC2")',
        '"AmazonEKSAutoNodePolicy", "STANDARD")',
        _PERSONAS,
    ),
    (
        "entry-policy",
        "eks.AccessPolicyAssociation",
        ACCESS,
        "policy_arn=_POLICY.format(partition=part.site.partition, name=policy)",
        'policy_arn=_POLICY.format(partition=part.site.partition, name="AmazonEKSClusterAdminPolicy")',
        _PERSONAS,
    ),
    (
        "entry-before-policy",
        "eks.AccessPolicyAssociation",
        ACCESS,
        "cluster_name=entry.cluster_name,\n        principal_arn=entry.principal_arn,",
        "cluster_name=cluster,\n        principal_arn=principal,",
        f"{FIRST}the_cluster_comes_before_its_entries_and_each_entry_before_its_policy",
    ),
    ("control-policies", "iam.RolePolicyAttachment", ROLES, "    role.attach(*AUTO_MODE)\n", "", _CONTROL),
    (
        "control-grants",
        "iam.RolePolicy",
        ROLES,
        '            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},\n',
        "",
        _CONTROL,
    ),
    (
        "node-cluster",
        "iam.RolePolicy",
        ROLES,
        'resources=[site.arn("eks", f"cluster/{cluster}")]',
        'resources=[site.arn("eks", "cluster/*")]',
        _NODES,
    ),
    (
        "node-images",
        "iam.RolePolicy",
        ROLES,
        'site.arn("ecr", f"repository/takeoff-{site.stack}-*")',
        'site.arn("ecr", "repository/*")',
        _NODES,
    ),
    (
        "cluster-ranges-overlap",
        "stack file",
        BLOCK,
        "if both := public_ranges.overlapping(self.access_cidrs):",
        "if both := ():",
        _PARSED,
    ),
    (
        "cluster-ranges-wide",
        "stack file",
        BLOCK,
        "if allowed := public_ranges.refusal(cidr):",
        "if allowed := '':",
        _PARSED,
    ),
    (
        "cluster-ranges-protected",
        "stack file",
        BLOCK,
        "if cluster.access_cidrs and protect:",
        "if False:",
        f"{REFUSED}an_open_api_is_refused_where_data_is_protected",
    ),
    (
        "cluster-network",
        "stack file",
        BLOCK,
        '        raise MistakeError("cluster", "no network"',
        '        return\n        raise MistakeError("cluster", "no network"',
        _PARSED,
    ),
    (
        "cluster-version",
        "stack file",
        BLOCK,
        "if self.version and (allowed := kubernetes_versions.refusal(self.version)):",
        "if allowed := '':",
        _PARSED,
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
