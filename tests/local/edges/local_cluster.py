"""The local stack's Kubernetes provider: it serves this machine's cluster alone, and says what it cannot do."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

TESTS = "tests/local/providers/kubernetes/test_"
SETTINGS, TRANSLATE, OBJECTS = (
    f"local/providers/kubernetes/{name}.py" for name in ("settings", "translate", "objects")
)
_ELSEWHERE = f"{TESTS}settings.py::test_a_server_that_is_not_on_this_machine_is_refused"
_EKS = f"{TESTS}settings.py::test_only_a_kubeconfig_whose_tokens_are_ekss_is_taken_for_one"
_CLASS = f"{TESTS}translate.py::test_a_node_class_becomes_the_simulators_and_keeps_its_own_words"
_POOL = f"{TESTS}translate.py::test_a_pool_names_the_simulators_class_and_families_and_nothing_else_changes"

_EDGES = (
    ("here-loopback", "kubernetes provider", SETTINGS, "    _require_local(text)\n", "", _ELSEWHERE),
    (
        "here-every-server",
        "kubernetes provider",
        SETTINGS,
        'for each in found["clusters"]]',
        'for each in found["clusters"][:1]]',
        f"{TESTS}settings.py::test_one_server_elsewhere_among_several_is_enough",
    ),
    (
        "here-eks",
        "kubernetes provider",
        SETTINGS,
        "    if _is_eks(given):\n",
        "    if False:\n",
        f"{TESTS}settings.py::test_a_cluster_of_ekss_is_the_cluster_of_the_stack_that_is_worked_on",
    ),
    (
        "here-only-eks",
        "kubernetes provider",
        SETTINGS,
        '"get-token" in each["user"]["exec"]["args"] for',
        "True for",
        _EKS,
    ),
    ("here-some-user", "kubernetes provider", SETTINGS, "bool(users) and ", "", _EKS),
    (
        "here-eks-is-local",
        "kubernetes provider",
        "local/cluster/kubeconfig.py",
        'server=require_loopback(cluster["server"])',
        'server=cluster["server"]',
        f"{TESTS}settings.py::test_what_stands_for_a_cluster_of_ekss_must_be_on_this_machine_too",
    ),
    (
        "conflict-told",
        "kubernetes provider",
        OBJECTS,
        "            if error.status != 409:\n",
        "            if True:\n",
        f"{TESTS}objects.py::test_a_field_of_another_manager_is_a_conflict_with_a_way_out",
    ),
    (
        "conflict-not-forced",
        "kubernetes provider",
        OBJECTS,
        "force = asked if force is None else force",
        "force = True",
        f"{TESTS}objects.py::test_nobodys_fields_are_taken_over_unless_it_is_asked_for",
    ),
    (
        "existing-told",
        "kubernetes provider",
        OBJECTS,
        "if not self.settings.upsert and self.find(manifest) is not None:",
        "if False:",
        f"{TESTS}objects.py::test_what_is_there_already_is_not_created",
    ),
    (
        "class-translated",
        "kubernetes provider",
        TRANSLATE,
        '        made["apiVersion"], made["kind"] = SIMULATED\n',
        "",
        _CLASS,
    ),
    (
        "class-kept",
        "kubernetes provider",
        TRANSLATE,
        '**(metadata.get("annotations") or {}), SPEC: kept}',
        '**(metadata.get("annotations") or {})}',
        _CLASS,
    ),
    ("pool-reference", "kubernetes provider", TRANSLATE, "        reference |= after\n", "        pass\n", _POOL),
    (
        "pool-families",
        "kubernetes provider",
        TRANSLATE,
        '_KEYS: Final = {"eks.amazonaws.com/instance-family": "karpenter.kwok.sh/instance-family"}',
        '_KEYS: Final = {"eks.amazonaws.com/instance-family": "eks.amazonaws.com/instance-family"}',
        _POOL,
    ),
    (
        "pool-unknown-key",
        "kubernetes provider",
        TRANSLATE,
        "        _refuse_unknown(made)\n",
        "",
        f"{TESTS}translate.py::test_a_key_of_auto_mode_that_the_simulated_machines_lack_is_refused",
    ),
)

EDGES = tuple(Sabotage(*each) for each in _EDGES)
