"""What runs in a cluster: walls, shares, order and the pods themselves."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

UNIT, STACKS = "tests/unit/components/test_", "tests/stacks/test_"
FIRST, APPS = "tests/contract/test_first_up.py::test_", "tests/unit/infra/test_apps.py::test_"
SPACE, WALLS, SHARES, POD, SERVICE, SERVED, JOB = (
    f"components/{name}.py"
    for name in ("namespace", "network_policy", "quota", "pod", "model_service", "model_service_args", "batch_job_args")
)
FIRST_COME, WORK, ROLE, SWITCH = (
    f"components/{name}.py" for name in ("priorities", "workload", "workload_role", "policy_enforcement")
)
PROGRAM, PROOF = "infra/apps.py", "infra/workloads.py"

_RESTRICTED = f"{UNIT}pod_security.py::test_every_pod_is_restricted_and_its_root_is_read_only"
_SPACE = f"{UNIT}pod_security.py::test_every_namespace_refuses_any_other_pod"
_REACH = f"{UNIT}isolation.py::test_pods_reach_what_they_need_and_nobody_else"
_DENIES = f"{UNIT}isolation.py::test_the_denial_selects_every_pod_of_the_namespace_both_ways"
_SESSION = f"{UNIT}isolation.py::test_only_the_models_service_account_in_this_cluster_takes_its_role_on"
_TIED = f"{UNIT}isolation.py::test_the_association_names_the_namespace_and_account_that_the_sibling_declares"
_PRIORITY = f"{UNIT}isolation.py::test_answers_take_nodes_from_jobs_and_jobs_from_nobody"
_QUOTA = f"{UNIT}model_service.py::test_the_quota_is_what_is_declared_and_jobs_leave_room_for_answers"
_OTHERS = f"{UNIT}model_service.py::test_pods_of_no_priority_of_ours_have_no_quota"
_CONSTRUCTED = f"{UNIT}model_service.py::test_a_workload_that_could_not_run_is_refused_at_construction"
_PROBES = f"{UNIT}model_service.py::test_probes_ask_what_sagemaker_asks"
_BUDGET = f"{UNIT}model_service.py::test_the_service_and_the_budget_speak_of_the_services_pods_and_of_no_jobs"
_RIGHTS = f"{UNIT}model_service.py::test_no_object_gives_a_right_in_the_cluster_and_no_pod_has_a_token_for_it"
_GPU = f"{UNIT}pod_security.py::test_a_gpu_is_the_models_alone_and_only_its_pods_tolerate_the_taint"
_ISOLATED = f"{STACKS}isolation.py::test_a_models_role_reads_lists_and_writes_nothing_of_any_other_model"
_READS = f"{STACKS}isolation.py::test_a_models_role_reads_its_own_artifacts"
_NEEDED = f"{STACKS}isolation.py::test_every_pod_resolves_names_gets_its_credentials_and_fetches_its_model"
_PROVEN = f"{STACKS}refused_pods.py::test_what_would_not_land_on_its_pool_is_refused_by_either_half"
_WALLED = f"{FIRST}walls_quotas_and_account_of_a_namespace_come_before_any_pod_in_it"
_VALID = f"{STACKS}manifests.py::test_every_pod_keeps_the_profile_restricted_and_names_digests_requests_and_limits"
_JOBS = f"{UNIT}batch_job.py::test_"

_EDGES = (
    (
        "space-enforces",
        "Namespace",
        SPACE,
        'for mode in ("enforce", "audit", "warn")}',
        'for mode in ("audit", "warn")}',
        _SPACE,
    ),
    ("space-restricted", "Namespace", SPACE, '": "restricted" for mode', '": "baseline" for mode', _SPACE),
    ("space-account-token", "ServiceAccount", SPACE, "automount_service_account_token=False, ", "", _RIGHTS),
    (
        "space-quota-holds",
        "ResourceQuota",
        SPACE,
        "if short := self.whole.short_of(each.one):",
        "if short := '':",
        f"{UNIT}model_service.py::test_a_quota_below_one_replica_is_refused_with_the_workloads_name",
    ),
    (
        "space-after",
        "Namespace",
        SPACE,
        ", depends_on=list(args.after)",
        "",
        f"{FIRST}priorities_pools_and_the_switch_for_policies_come_before_every_namespace",
    ),
    (
        "space-walls",
        "NetworkPolicy",
        SPACE,
        "[space, *self._walls(name, args, inside), *self",
        "[space, *self",
        f"{APPS}pods_reach_the_resolver_s3_and_the_network_of_the_stack_and_are_reached_from_it",
    ),
    ("space-shares", "ResourceQuota", SPACE, ", *self._shares(name, args, inside)]", "]", _QUOTA),
    (
        "space-limits",
        "LimitRange",
        SPACE,
        "return [*quotas, kubernetes.core.v1.LimitRange(name, metadata=limits, spec=limit_range(whole), opts=opts)]",
        "return quotas",
        f"{FIRST}walls_quotas_and_account_of_a_namespace_come_before_any_pod_in_it",
    ),
    (
        "walls-deny",
        "NetworkPolicy",
        WALLS,
        '        "deny-all": {"podSelector": _EVERYWHERE, "policyTypes": ["Ingress", "Egress"]},\n',
        "",
        _DENIES,
    ),
    (
        "walls-deny-out",
        "NetworkPolicy",
        WALLS,
        '_EVERYWHERE, "policyTypes": ["Ingress", "Egress"]}',
        '_EVERYWHERE, "policyTypes": ["Ingress"]}',
        _DENIES,
    ),
    (
        "walls-dns",
        "NetworkPolicy",
        WALLS,
        '        "dns": _out([resolvers, *_blocks([_single(reach.dns)])], dns),\n',
        "",
        _REACH,
    ),
    ("walls-dns-udp", "NetworkPolicy", WALLS, '("UDP", "TCP")]', '("TCP",)]', _REACH),
    ("walls-dns-node", "NetworkPolicy", WALLS, "[resolvers, *_blocks([_single(reach.dns)])]", "[resolvers]", _NEEDED),
    (
        "walls-identity",
        "NetworkPolicy",
        WALLS,
        '        "pod-identity": _out(_blocks(POD_IDENTITY), [{"port": 80, "protocol": "TCP"}]),\n',
        "",
        _NEEDED,
    ),
    (
        "walls-identity-v6",
        "NetworkPolicy",
        WALLS,
        '("169.254.170.23/32", "fd00:ec2::23/128")',
        '("169.254.170.23/32",)',
        _REACH,
    ),
    (
        "walls-https",
        "NetworkPolicy",
        WALLS,
        '        "https": _out(_blocks(reach.https), [{"port": 443, "protocol": "TCP"}]),\n',
        "",
        _NEEDED,
    ),
    (
        "walls-https-port",
        "NetworkPolicy",
        WALLS,
        '_blocks(reach.https), [{"port": 443, "protocol": "TCP"}])',
        "_blocks(reach.https), [])",
        _REACH,
    ),
    ("walls-callers", "NetworkPolicy", WALLS, '[{"from": callers, "ports"', '[{"ports"', _REACH),
    (
        "walls-callers-of-jobs",
        "NetworkPolicy",
        WALLS,
        '"podSelector": {"matchLabels": {COMPONENT: SERVICE}},',
        '"podSelector": _EVERYWHERE,',
        _REACH,
    ),
    (
        "walls-wide",
        "NetworkPolicy",
        WALLS,
        "if block.prefixlen < _WIDEST or local:",
        "if local:",
        f"{UNIT}model_service.py::test_nonsense_is_refused_with_what_is_allowed",
    ),
    (
        "walls-metadata",
        "NetworkPolicy",
        WALLS,
        "if block.prefixlen < _WIDEST or local:",
        "if block.prefixlen < _WIDEST:",
        f"{UNIT}model_service.py::test_nonsense_is_refused_with_what_is_allowed",
    ),
    (
        "walls-hold",
        "ConfigMap",
        SWITCH,
        '"enable-network-policy-controller": "true"',
        '"enable-network-policy-controller": "false"',
        f"{APPS}the_switch_that_makes_policies_hold_is_on",
    ),
    ("share-of-all", "ResourceQuota", SHARES, '        "all": {"hard": whole.hard()},\n', "", _QUOTA),
    (
        "share-of-jobs",
        "ResourceQuota",
        SHARES,
        '        "batch": {"hard": scoped, **_scope("In", [CLASS["batch"]])},\n',
        "",
        _QUOTA,
    ),
    (
        "share-of-others",
        "ResourceQuota",
        SHARES,
        '        "others": {"hard": {"pods": "0"}, **_scope("NotIn", sorted(CLASS.values()))},\n',
        "",
        _OTHERS,
    ),
    ("share-gpus", "ResourceQuota", SHARES, '            f"requests.{GPU}": str(self.gpu),\n', "", _QUOTA),
    ("pod-non-root", "Deployment", POD, '"runAsNonRoot": True,', "", _RESTRICTED),
    ("pod-user", "Deployment", POD, "_USER = 10001", "_USER = 0", _RESTRICTED),
    ("pod-seccomp", "Deployment", POD, '"seccompProfile": {"type": "RuntimeDefault"},', "", _RESTRICTED),
    ("pod-escalation", "Deployment", POD, '"allowPrivilegeEscalation": False,', "", _RESTRICTED),
    ("pod-read-only", "Deployment", POD, '"readOnlyRootFilesystem": True,', "", _RESTRICTED),
    ("pod-capabilities", "Deployment", POD, '"capabilities": {"drop": ["ALL"]},', "", _RESTRICTED),
    ("pod-token", "Deployment", POD, '"automountServiceAccountToken": False,', "", _RIGHTS),
    ("pod-account", "Deployment", POD, '"serviceAccountName": ACCOUNT,', '"serviceAccountName": "default",', _TIED),
    (
        "pod-priority",
        "Deployment",
        POD,
        '"priorityClassName": CLASS[priority],',
        "",
        f"{UNIT}model_service.py::test_answers_go_before_jobs",
    ),
    (
        "pod-fetch-sized",
        "Deployment",
        POD,
        '                "resources": workload.size.resources(gpus=False),\n',
        '                "resources": {},\n',
        _RESTRICTED,
    ),
    (
        "pod-sized",
        "Deployment",
        POD,
        '                "resources": workload.size.resources(),\n',
        '                "resources": {},\n',
        _RESTRICTED,
    ),
    (
        "pod-volume",
        "Deployment",
        POD,
        "_mounts(read_only=not writes)",
        "_mounts(read_only=False)",
        f"{UNIT}pod_security.py::test_a_pod_finds_the_artifact_of_its_version_where_sagemaker_puts_it",
    ),
    ("pod-placed", "Deployment", POD, "        **workload.placed(),\n", "", _GPU),
    (
        "digest-pin",
        "Workload",
        WORK,
        'if not re.search(r"@sha256:[0-9a-f]{64}$", self.image):',
        "if False:",
        _CONSTRUCTED,
    ),
    (
        "toleration",
        "Workload",
        WORK,
        "for key, value, effect in sorted(taints)",
        "for key, value, effect in ()",
        f"{UNIT}model_service.py::test_gpus_are_never_counted_by_cpu",
    ),
    ("toleration-of-gpus-alone", "Workload", WORK, 'if size.gpu or taint["key"] != GPU', "if True", _CONSTRUCTED),
    ("selector", "Workload", WORK, '"nodeSelector": {POOL: pool},', '"nodeSelector": {},', _GPU),
    ("selector-proof", "Workload", WORK, "    if isinstance(found, Mismatch):\n", "    if False:\n", _CONSTRUCTED),
    (
        "probe-startup",
        "Deployment",
        SERVED,
        '        "startupProbe": asked(5, 96),  # eight minutes, as long as SageMaker waits\n',
        "",
        _PROBES,
    ),
    ("probe-readiness", "Deployment", SERVED, '        "readinessProbe": asked(5, 2),\n', "", _PROBES),
    ("probe-liveness", "Deployment", SERVED, '        "livenessProbe": asked(10, 3),\n', "", _PROBES),
    (
        "spread",
        "Deployment",
        SERVED,
        '                    "topologySpreadConstraints": self._spread(),\n',
        "",
        f"{UNIT}model_service.py::test_pods_spread_over_zones_and_fill_nodes",
    ),
    (
        "gpus-not-by-cpu",
        "HorizontalPodAutoscaler",
        SERVED,
        "if self.workload.size.gpu and not self.scaling.fixed and self.scaling.metric is None:",
        "if False:",
        f"{UNIT}model_service.py::test_gpus_are_never_counted_by_cpu",
    ),
    (
        "one-at-a-time",
        "PodDisruptionBudget",
        SERVICE,
        '"maxUnavailable": _BROKEN,',
        '"maxUnavailable": "100%",',
        _BUDGET,
    ),
    (
        "budget-of-its-pods",
        "PodDisruptionBudget",
        SERVICE,
        '"selector": {"matchLabels": chosen},\n                "unhealthy',
        '"selector": {},\n                "unhealthy',
        _BUDGET,
    ),
    (
        "autoscaler",
        "HorizontalPodAutoscaler",
        SERVICE,
        "if not args.scaling.fixed:",
        "if False:",
        f"{UNIT}model_service.py::test_the_autoscaler_owns_the_count_and_a_fixed_one_has_none",
    ),
    ("service-waits", "Deployment", SERVICE, "depends_on=namespace.ready", "depends_on=[]", _WALLED),
    ("job-waits", "CronJob", "components/batch_job.py", "depends_on=namespace.ready", "depends_on=[]", _WALLED),
    (
        "job-preempted",
        "Job",
        JOB,
        '"action": "Ignore"',
        '"action": "Count"',
        f"{_JOBS}a_pod_that_made_room_is_no_failure_and_one_that_cannot_start_ends_the_run",
    ),
    ("priority-order", "PriorityClass", FIRST_COME, "value=1_000,", "value=100_000,", _PRIORITY),
    (
        "priority-jobs-wait",
        "PriorityClass",
        FIRST_COME,
        'preemption_policy="Never",',
        'preemption_policy="PreemptLowerPriority",',
        _PRIORITY,
    ),
    (
        "role-session",
        "iam.Role",
        ROLE,
        "            session=_session(site, args.cluster, self.namespace),\n",
        "",
        _SESSION,
    ),
    (
        "role-session-cluster",
        "iam.Role",
        ROLE,
        '        "eks-cluster-arn": site.arn("eks", f"cluster/{cluster}"),\n',
        "",
        _SESSION,
    ),
    ("role-session-namespace", "iam.Role", ROLE, '        "kubernetes-namespace": namespace,\n', "", _SESSION),
    ("role-session-account", "iam.Role", ROLE, '        "kubernetes-service-account": ACCOUNT,\n', "", _SESSION),
    (
        "role-own-artifacts",
        "iam.RolePolicy",
        ROLE,
        'artifacts = (args.models, args.model, "")',
        'artifacts = (args.models, "*", "")',
        _ISOLATED,
    ),
    ("role-own-data", "iam.RolePolicy", ROLE, 'f"datasets/{args.model}"', '"datasets"', _ISOLATED),
    ("role-own-predictions", "iam.RolePolicy", ROLE, 'f"predictions/{args.model}"', '"*"', _ISOLATED),
    ("role-reads", "iam.RolePolicy", ROLE, "            bucket.grant_read(role, read)\n", "            pass\n", _READS),
    (
        "role-tied",
        "eks.PodIdentityAssociation",
        ROLE,
        "            namespace=self.namespace,\n            service",
        '            namespace="default",\n            service',
        _TIED,
    ),
    (
        "role-tied-late",
        "eks.PodIdentityAssociation",
        ROLE,
        "cluster_name=args.ready,",
        "cluster_name=args.cluster,",
        f"{FIRST}everybody_may_enter_before_anything_else_takes_the_clusters_name",
    ),
    (
        "apps-order",
        "Namespace",
        PROGRAM,
        "            after=inside.before,\n",
        "",
        f"{FIRST}priorities_pools_and_the_switch_for_policies_come_before_every_namespace",
    ),
    (
        "apps-proof",
        "Workload",
        PROGRAM,
        "        workloads.prove(name, model, inside.config, site.stack)\n",
        "",
        _PROVEN,
    ),
    (
        "apps-quota",
        "ResourceQuota",
        PROGRAM,
        "            quota=workloads.quota(model),\n",
        "",
        f"{APPS}a_quota_of_the_file_is_the_namespaces",
    ),
    (
        "apps-network",
        "NetworkPolicy",
        PROGRAM,
        ", *own], balancers=own)",
        "], balancers=own)",
        f"{APPS}pods_reach_the_resolver_s3_and_the_network_of_the_stack_and_are_reached_from_it",
    ),
    (
        "apps-resolver",
        "NetworkPolicy",
        PROGRAM,
        "ip_network(services)[10]",
        "ip_network(services)[1]",
        f"{APPS}pods_reach_the_resolver_s3_and_the_network_of_the_stack_and_are_reached_from_it",
    ),
    (
        "apps-cluster-first",
        "stack file",
        PROGRAM,
        "    if config.cluster is None:\n",
        "    if False:\n",
        f"{APPS}a_stack_file_without_a_cluster_has_no_half_inside_one",
    ),
    (
        "preview-proof",
        "Workload",
        "infra/models.py",
        "    workloads.prove(name, model, shared.config, shared.site.stack)\n",
        "",
        _PROVEN,
    ),
    (
        "preview-quota",
        "ResourceQuota",
        PROOF,
        "if most and (short := most.short_of(Quota.of(_size(block), 1))):",
        "if short := '':",
        _PROVEN,
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
