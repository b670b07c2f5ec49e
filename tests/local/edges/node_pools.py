"""Pools of nodes: what keeps others off, how far they grow, and what is refused of them."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

UNIT, REFUSED = "tests/unit/components/test_node_pool.py::test_", "tests/stacks/test_refused_pods.py::test_"
CATALOG = "tests/unit/catalog/test_node_pool.py::test_"
OBJECTS, RULES, GROUPS, CLASS = (
    "catalog/node_pool_objects.py",
    "catalog/node_pool_rules.py",
    "catalog/node_group_rules.py",
    "components/node_class.py",
)
GROUP, PLUGIN, CONFIG = "components/node_group.py", "components/device_plugin.py", "infra/config/node_pool.py"
_GROWS = f"{UNIT}a_pool_grows_no_further_than_its_limits_and_others_stay_off_its_gpus"
_CLASS = f"{UNIT}an_elastic_pool_is_a_class_and_a_pool_that_names_it"
_LABELLED = f"{UNIT}a_node_group_has_the_pools_labels_taints_types_and_sizes"
_LOCKED = f"{UNIT}a_node_gives_its_pods_no_credentials_and_its_disk_is_encrypted"
_PARSED = f"{REFUSED}a_mistake_is_one_line_with_key_got_allowed_and_file"
_SPOT = f"{REFUSED}spot_alone_under_what_answers_is_refused_where_data_is_protected"

_EDGES = (
    ("pool-class-role", "NodeClass", CLASS, '        "role": ground.role,\n', "", _CLASS),
    (
        "pool-class-groups",
        "NodeClass",
        CLASS,
        '        "securityGroupSelectorTerms": [{"id": each} for each in ground.security_groups],\n',
        "",
        _CLASS,
    ),
    ("pool-class-key", "NodeClass", CLASS, ', "kmsKeyID": ground.key', "", _CLASS),
    (
        "pool-taint",
        "NodePool",
        OBJECTS,
        '            **({"taints": [dict(each) for each in declared.taints]} if declared.taints else {}),\n',
        "",
        _GROWS,
    ),
    ("pool-limits", "NodePool", OBJECTS, '            "limits": dict(declared.limits),\n', "", _GROWS),
    (
        "pool-tiers",
        "NodePool",
        OBJECTS,
        '{"weight": _HEAVIEST - number}',
        '{"weight": _HEAVIEST}',
        f"{UNIT}each_type_in_order_is_a_pool_of_its_own_with_one_class",
    ),
    (
        "group-taint",
        "eks.NodeGroup",
        GROUP,
        "            taints=[_taint(each) for each in pool.taints],\n",
        "",
        _LABELLED,
    ),
    ("group-labels", "eks.NodeGroup", GROUP, "            labels=pool.labels(site.stack),\n", "", _LABELLED),
    (
        "group-hops",
        "ec2.LaunchTemplate",
        GROUP,
        '"http_put_response_hop_limit": 1}',
        '"http_put_response_hop_limit": 2}',
        _LOCKED,
    ),
    ("group-tokens", "ec2.LaunchTemplate", GROUP, '"http_tokens": "required", ', "", _LOCKED),
    ("group-disk", "ec2.LaunchTemplate", GROUP, '            "encrypted": "true",\n', "", _LOCKED),
    (
        "group-policies",
        "eks.Addon",
        "components/node_addons.py",
        '{"vpc-cni": {"enableNetworkPolicy": "true"}}',
        "{}",
        f"{UNIT}nodes_come_after_what_gives_them_addresses_and_names_come_after_nodes",
    ),
    (
        "plugin-shares",
        "helm.Release",
        PLUGIN,
        '"failRequestsGreaterThanOne": True',
        '"failRequestsGreaterThanOne": False',
        f"{UNIT}the_plugin_of_a_node_group_shares_its_gpus_on_its_nodes_alone",
    ),
    ("pool-mixed", "stack file", RULES, "    if wrong:\n", "    if False:\n", _PARSED),
    ("pool-gpu-limit", "stack file", RULES, "if gpu and GPU not in declared.limits:", "if False:", _PARSED),
    ("pool-no-limit", "stack file", RULES, "if not gpu and not declared.limits:", "if False:", _PARSED),
    (
        "pool-node-fits",
        "stack file",
        RULES,
        "if sizes and not any(_within(size, most) for size in sizes):",
        "if False:",
        _PARSED,
    ),
    ("pool-clash", "stack file", RULES, "            elif name in taken:\n", "            elif False:\n", _PARSED),
    ("pool-family", "stack file", RULES, "            if name not in of:\n", "            if False:\n", _PARSED),
    ("pool-processor", "stack file", RULES, "    if other:\n", "    if False:\n", _PARSED),
    ("pool-zones", "stack file", RULES, "    if strange:\n", "    if False:\n", _PARSED),
    (
        "pool-spot",
        "stack file",
        CONFIG,
        "    found += [one for each in declared if",
        "    found += [one for each in () if",
        _SPOT,
    ),
    (
        "pool-shared-elastic",
        "stack file",
        GROUPS,
        "        for name in reasons:\n",
        "        for name in ():\n",
        _PARSED,
    ),
    ("pool-shared-cpu", "stack file", GROUPS, 'if declared.accelerator != "nvidia":', "if False:", _PARSED),
    ("pool-max-below-min", "stack file", GROUPS, "    if most < max(least, 1):\n", "    if False:\n", _PARSED),
    (
        "pool-image",
        "stack file",
        GROUPS,
        "    if declared.ami and declared.ami not in fitting:\n",
        "    if False:\n",
        _PARSED,
    ),
    (
        "pool-of-nobody",
        "stack file",
        "infra/config/pods.py",
        "            if block.pool not in pools:\n",
        "            if False:\n",
        _PARSED,
    ),
    (
        "pods-cluster",
        "stack file",
        "infra/config/stack.py",
        "            if inside:\n",
        "            if False:\n",
        _PARSED,
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
