"""What rules over clusters, nodes and pods see, and what preview and deployment know of the half in the cluster."""

from tests.local.edges.edge import Sabotage

CASES = "tests/unit/policies/test_cases.py::test_"
FOUND = f"{CASES}what_breaks_a_rule_is_found_with_its_fix"
WALLS, CONTAINERS = "policies/rules/pods/namespaces.py", "policies/rules/pods/containers.py"
POOLS, PLACED = "policies/rules/pods/pools.py", "policies/rules/pods/placement.py"
GPUS = "tests/unit/policies/test_capacity_rules.py::test_"

EDGES = (
    Sabotage("rule-both-directions", "policy", WALLS,
             ' and set(_DIRECTIONS) <= set(spec.get("policyTypes") or ())', "", FOUND),
    Sabotage("rule-empty-peers", "policy", WALLS, "if not named or any(", "if any(", FOUND),
    Sabotage("rule-policies-enforced", "policy", WALLS, 'if graph.of(_AUTO) and "true" not in switches:', "if False:",
             FOUND),
    Sabotage("rule-whole-quota", "policy", WALLS,
             'not spec.get("scopes") and not spec.get("scopeSelector") and ', "", FOUND),
    Sabotage("rule-first-containers", "policy", "policies/podded.py", '("initContainers", "containers", ',
             '("containers", ', FOUND),
    Sabotage("rule-host-path", "policy", CONTAINERS, 'if "hostPath" in known(volume, "volumes"):', "if False:", FOUND),
    Sabotage("rule-requests", "policy", CONTAINERS, 'for side in ("requests", "limits"):', 'for side in ("limits",):',
             FOUND),
    Sabotage("rule-gpu-limit", "policy", POOLS,
             'f"GPUs without a limit of {GPU}" if GPU not in limits and has_gpus(resource) else None', "None", FOUND),
    Sabotage("rule-boundless-pool", "policy", "policies/rules/capacity/gpus.py",
             'float("inf") if has_gpus(resource) else 0', "0",
             f"{GPUS}a_pool_of_gpus_without_a_limit_is_above_any_cap"),
    Sabotage("rule-pool-limits", "policy", PLACED, 'parts = ("template", "limits")', 'parts = ("template",)',
             f"{GPUS}a_pool_whose_limits_hold_no_replica_is_no_place"),
    Sabotage("rule-pods-approved", "policy", "policies/endpoints.py",
             "[*hosted, *(each for each in graph.of(PODS) if not models & set(by_model(each)))]", "hosted",
             "tests/unit/policies/test_release_rules.py::"
             "test_a_model_in_pods_is_approved_and_rated_as_one_behind_an_endpoint_is"),
    Sabotage("preview-same-file", "preview", "takeoff/preview/engine.py", "command += [*own_file(stack), ",
             "command += [",
             "tests/unit/takeoff/preview/test_engine.py::test_what_runs_in_a_cluster_is_previewed_by_its_stacks_file"),
    Sabotage("preview-nodes-limits", "preview", "takeoff/preview/nodes.py", "        limits=limits,\n", "",
             "tests/unit/takeoff/preview/test_nodes.py::"
             "test_what_is_over_the_limit_goes_to_the_next_tier_and_what_none_holds_is_named"),
    Sabotage("readiness-of-pods", "readiness", "takeoff/readiness/__init__.py", "if row.pods or not view.in_pods", "",
             "tests/unit/takeoff/readiness/test_readiness.py::test_a_model_in_pods_is_not_asked_about_an_endpoint"),
)  # fmt: skip
