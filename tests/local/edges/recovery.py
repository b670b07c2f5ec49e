"""After a kill: what is found of an account and a cluster, and removed in an order that they allow."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

FOUND, INSIDE = "tests/local/providers/test_leftovers.py::test_", "tests/local/test_leftover_objects.py::test_"
_TAGS = f"{FOUND}what_ec2_made_is_known_by_its_tags_and_removed"
_CLUSTER = f"{FOUND}a_protected_cluster_goes_with_all_that_is_in_it"
_IDS = f"{FOUND}what_has_a_name_of_ours_and_an_id_of_awss_is_removed_by_its_id"
_CHANCE = "tests/local/providers/test_shipped_stacks.py::test_no_part_of_another_resource_is_named_by_chance"

_EDGES = (
    (
        "target-id-rollout",
        "cloudwatch.EventTarget",
        "components/rollout.py",
        "        target_id=part.name,\n",
        "",
        _CHANCE,
    ),
    (
        "target-id-admission",
        "cloudwatch.EventTarget",
        "components/admission.py",
        "            target_id=part.name,\n",
        "",
        _CHANCE,
    ),
    (
        "target-id-monitor",
        "cloudwatch.EventTarget",
        "components/drift_monitor.py",
        "            target_id=self._name,\n",
        "",
        _CHANCE,
    ),
    (
        "tags-at-creation",
        "aws provider",
        "local/providers/aws/binding.py",
        '            arguments["TagSpecifications"] = [{"ResourceType": kind, "Tags": tags}]\n',
        "            pass\n",
        _TAGS,
    ),
    (
        "tags-of-the-stack",
        "recovery",
        "local/leftovers/leftover.py",
        '{"Key": "takeoff:stack", "Value": stack} in item.get("Tags", ())',
        'any(tag["Key"] == "takeoff:stack" for tag in item.get("Tags", ()))',
        _TAGS,
    ),
    (
        "default-group-stays",
        "recovery",
        "local/leftovers/network.py",
        '        if group["GroupName"] != "default":\n',
        "        if group:\n",
        f"{FOUND}a_networks_default_group_is_not_ours",
    ),
    (
        "gateway-detached",
        "recovery",
        "local/leftovers/network.py",
        '    for network in gateway["Attachments"]:\n',
        "    for network in ():\n",
        _TAGS,
    ),
    (
        "cluster-unprotected",
        "recovery",
        "local/leftovers/clusters.py",
        "        eks.update_cluster_config(name=cluster, deletionProtection=False)\n",
        "        pass\n",
        _CLUSTER,
    ),
    (
        "cluster-of-ours",
        "recovery",
        "local/leftovers/clusters.py",
        "if not cluster.startswith(prefix(stack)):",
        "if False:",
        _CLUSTER,
    ),
    (
        "template-by-its-id",
        "recovery",
        "local/leftovers/kinds.py",
        '"{item[LaunchTemplateId]}", by_id=True,',
        '"{item[LaunchTemplateId]}",',
        _IDS,
    ),
    (
        "applied-by-us",
        "recovery",
        "local/leftovers/objects.py",
        '    return any(each.get("manager") == MANAGER for each in found["metadata"].get("managedFields", ()))\n',
        "    return bool(found)\n",
        f"{INSIDE}what_controllers_made_under_our_labels_is_left_to_them",
    ),
    (
        "namespaces-first",
        "recovery",
        "local/leftovers/objects.py",
        'key=lambda each: each["kind"] != "Namespace"',
        'key=lambda each: each["kind"] == "Namespace"',
        f"{INSIDE}what_we_applied_is_found_by_its_label_under_pulumis_names_namespaces_first",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
