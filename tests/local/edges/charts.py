"""Charts of a cluster: each that the file names, whole, after its nodes and before what asks it."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

COMPONENT, PROGRAM = "components/cluster_charts.py", "infra/apps.py"
_UNIT = "tests/unit/infra/test_apps.py::test_"
_RELEASED = f"{_UNIT}charts_that_the_file_names_are_released_whole_in_namespaces_of_their_own"
_ORDERED = f"{_UNIT}charts_come_after_the_pools_for_their_pods_and_before_whatever_their_webhooks_look_at"

_EDGES = (
    ("charts-keda", "Release", COMPONENT, "        if args.keda:\n", "        if False:\n", _RELEASED),
    ("charts-kueue", "Release", COMPONENT, "        if args.kueue:\n", "        if False:\n", _RELEASED),
    ("charts-whole", "Release", COMPONENT, "            atomic=True,\n", "", _RELEASED),
    ("charts-after-pools", "Release", PROGRAM, "        after=tuple(before),\n", "", _ORDERED),
    (
        "charts-before-models",
        "Namespace",
        PROGRAM,
        '    before.append(ClusterCharts("charts", args, opts=pulumi.ResourceOptions(provider=provider)))\n',
        '    ClusterCharts("charts", args, opts=pulumi.ResourceOptions(provider=provider))\n',
        _ORDERED,
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
