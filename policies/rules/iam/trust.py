"""Whom a role trusts: services on behalf of this account, named principals, and workflows by their subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import home
from policies.declared import Declared, Graph, given
from policies.documents import Principal, Statement, statements
from policies.links import each
from policies.openness import account_of, unnamed_services
from policies.rule import OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.iam.identity import ROLE

_POD_IDENTITY: Final = "pods.eks.amazonaws.com"
# Session tags that EKS sets and nobody else can.
_SESSION: Final = ("eks-cluster-arn", "kubernetes-namespace", "kubernetes-service-account")


def _trusts(graph: Graph, settings: Settings) -> Iterator[Broken]:
    own = home.own(graph, settings["accounts"])

    def check(role: Declared) -> str | None:
        found = (_wide(statement, own, settings) for statement in statements(role, "assumeRolePolicy"))
        return next((got for got in found if got), None)

    return each(graph.of(ROLE), check)


def _wide(statement: Statement, own: set[str], settings: Settings) -> str | None:
    if not statement.allows:
        return None
    if statement.not_principals:
        return "everybody but some principals"
    unnamed = [each for each in unnamed_services(statement, own) if each not in settings["unconditional"]]
    if unnamed:
        return f"{', '.join(unnamed)} for whichever account asks"
    return next((got for each in statement.principals if (got := _stranger(each, statement, own))), None)


def _stranger(principal: Principal, statement: Statement, own: set[str]) -> str | None:
    if principal.kind == "Service":
        return None
    if principal.kind == "Federated":
        return _federated(principal.value, statement)
    if principal.everybody or account_of(principal.value) not in own:
        return "everybody" if principal.everybody else principal.value
    whole = principal.value.isdigit() or principal.value.endswith(":root")
    return f"the whole of account {account_of(principal.value)}" if whole and not _named(statement) else None


def _named(statement: Statement) -> bool:
    return any(statement.condition(key) for key in ("aws:PrincipalArn", "sts:ExternalId", "aws:PrincipalOrgID"))


def _federated(value: str, statement: Statement) -> str | None:
    provider = value.partition("oidc-provider/")[2] or value
    if ":saml-provider/" in value:
        return None if statement.condition("SAML:aud") else f"{value} without SAML:aud"
    who = statement.condition(f"{provider}:sub", "StringEquals", "StringLike", "ForAnyValue:StringLike")
    who = who or statement.condition(f"{provider}:amr")
    if not statement.condition(f"{provider}:aud") or not who:
        return f"{provider} without its aud and sub"
    open_ = [each for each in who if "*" in each]
    return f"{provider} for {', '.join(open_)}" if open_ else None


def _pods(role: Declared, _settings: Settings) -> str | None:
    """Pod Identity lets any service account of any cluster of the account ask; session tags tell which it is."""
    for statement in statements(role, "assumeRolePolicy"):
        if not statement.allows or not any(each.value == _POD_IDENTITY for each in statement.principals):
            continue
        for key in _SESSION:
            values = statement.condition(f"aws:RequestTag/{key}", "StringEquals", "ArnEquals")
            if not values or any("*" in each for each in values):
                return f"pods of any {key.removeprefix('kubernetes-').removesuffix('-arn').replace('-', ' ')}"
    return None


def _bounded(graph: Graph, settings: Settings) -> Iterator[Broken]:
    roles = graph.of(ROLE)
    # Where one role is held in, none is left out: the deployer of such an account can make no other kind.
    if not settings["required"] and not any(given(role.at("permissionsBoundary")) for role in roles):
        return iter(())
    return each(roles, lambda role: None if given(role.at("permissionsBoundary")) else "no permissionsBoundary")


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.20",
        name="takeoff-20-trust-is-narrow",
        severity="high",
        frameworks=(OWN,),
        title="a role trusts who needs it, on this account's behalf",
        allowed="services under aws:SourceAccount or aws:SourceArn of this account, but for `unconditional`; "
        "principals of this account or of `accounts`, a whole account only under a condition; identity providers "
        "under aud and sub without wildcards",
        fix="name the principal, and add the condition to assumeRolePolicy",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        # EC2 names no account when an instance takes its role.
        settings={"accounts": [], "unconditional": ["ec2.amazonaws.com"]},
        types=(ROLE,),
        check=_trusts,
    ),
    ResourceRule(
        control="Takeoff.20",
        name="takeoff-20-pods-are-named",
        severity="high",
        frameworks=(OWN,),
        title="a role of pods is that of one service account in one cluster",
        allowed=f"{_POD_IDENTITY} under {', '.join(f'aws:RequestTag/{key}' for key in _SESSION)}, without wildcards",
        fix="add the conditions to assumeRolePolicy (components/workload_role.py)",
        source="https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html",
        types=(ROLE,),
        check=_pods,
    ),
    StackRule(
        control="Takeoff.20",
        name="takeoff-20-roles-carry-the-boundary",
        severity="high",
        frameworks=(OWN,),
        title="every role carries the boundary where one does",
        allowed="permissionsBoundary on every role of the stack, or on none (setting `required`: on every one)",
        fix="set permissionsBoundary (takeoff:boundary in the stack file sets it for all)",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        settings={"required": False},
        types=(ROLE,),
        check=_bounded,
    ),
)
