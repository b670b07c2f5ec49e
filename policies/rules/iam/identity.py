"""Policies of identities: everything that says what a role, user or group may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from policies.declared import Declared, Graph, known
from policies.documents import Statement, parse, statements
from policies.links import belongs

ROLE: Final = "aws:iam/role:Role"
MANAGED: Final = "aws:iam/policy:Policy"
INLINE: Final = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    ROLE,
)
POLICIES: Final = (MANAGED, *INLINE)


def allowed(resource: Declared) -> list[Statement]:
    """What a policy, or a role's own inline policies, allow. Raises UnknownError."""
    if resource.type != ROLE:
        return [each for each in statements(resource, "policy") if each.allows]
    inner = known(resource.at("inlinePolicies"), "inlinePolicies") or ()
    documents = [known(each, "inlinePolicies") for each in inner]
    texts = [known(each.get("policy"), "inlinePolicies.policy") for each in documents if isinstance(each, Mapping)]
    return [each for text in texts if text for each in parse(text, resource.name) if each.allows]


def first(resource: Declared, check: Callable[[Statement], str | None]) -> str | None:
    """What the first allowing statement that breaks a check got."""
    return next((got for each in allowed(resource) if (got := check(each)) is not None), None)


def is_boundary(graph: Graph, policy: Declared) -> bool:
    """Whether a policy is the bound of a role: it grants nothing by itself, and AWS's controls leave it out."""
    return any(belongs(graph, role, "permissionsBoundary", policy) for role in graph.of(ROLE))
