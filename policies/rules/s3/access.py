"""Who reaches a bucket: nobody at large, nobody by access list, nobody without TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies import home
from policies.declared import Declared, Graph, given, known
from policies.documents import Statement, statements
from policies.links import each
from policies.openness import public, strangers
from policies.rule import FSBP, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.s3.parts import ACCESS_BLOCKS, ACLS, BUCKETS, OWNERSHIPS, POLICIES, of_bucket
from policies.rules.s3.parts import policies as policy_of
from policies.sources import hub

_SWITCHES: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_PUBLIC_ACLS: Final = {"public-read": "read", "authenticated-read": "read", "public-read-write": "write"}
# What no other account may do. https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-blacklisted-actions-prohibited.html
_SENSITIVE: Final = (
    "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
)  # fmt: skip


def _reads(statement: Statement) -> bool:
    verbs = [action.lower().removeprefix("s3:") for action in statement.actions]
    return bool(statement.not_actions) or any(verb.startswith(("get", "list", "*")) for verb in verbs)


def _writes(statement: Statement) -> bool:
    verbs = [action.lower().removeprefix("s3:") for action in statement.actions]
    return bool(statement.not_actions) or any(not verb.startswith(("get", "list")) for verb in verbs)


def _open(kind: str, does: Callable[[Statement], bool]) -> Callable[[Declared, Settings], str | None]:
    def check(resource: Declared, _settings: Settings) -> str | None:
        acl = known(resource.at("acl"), "acl")
        if acl in _PUBLIC_ACLS and (kind == "read" or _PUBLIC_ACLS[acl] == kind):
            return f"acl {acl}"
        found = [each for each in statements(resource, "policy") if public(each) and does(each)]
        return f"{', '.join(found[0].actions or found[0].not_actions)} for everybody" if found else None

    return check


def _plain(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        if any(_refuses_plain(statement, bucket) for statement in policy_of(graph, bucket)):
            return None
        return "no policy that denies s3:* on the bucket and its objects without TLS"

    return each(graph.of(*BUCKETS), check)


def _refuses_plain(statement: Statement, bucket: Declared) -> bool:
    conditions = [(each.operator, each.key, each.values) for each in statement.conditions]
    return (
        not statement.allows
        and any(each.everybody for each in statement.principals)
        and any(action in ("*", "s3:*") for action in statement.actions)
        and conditions == [("Bool", "aws:securetransport", ("false",))]
        and _covers(statement.resources, bucket.at("bucket"))
    )


def _covers(resources: tuple[str, ...], name: object) -> bool:
    """The bucket itself and every object of it; its name is known where we chose it."""
    roots = [each for each in resources if f"{each}/*" in resources and each.rpartition(":")[2]]
    return any(not isinstance(name, str) or each.rpartition(":")[2] in (name, "*") for each in roots)


def _abroad(graph: Graph, settings: Settings) -> Iterator[Broken]:
    own = home.own(graph, settings["accounts"])

    def check(policy: Declared) -> str | None:
        for statement in statements(policy, "policy"):
            if any(statement.does(action) for action in _SENSITIVE) and (found := strangers(statement, own)):
                return f"{', '.join(statement.actions or ('all but some actions',))} for {', '.join(found)}"
        return None

    return each(graph.of(*POLICIES, *BUCKETS), check)


def _switched(resource: Declared) -> str | None:
    off = [switch for switch in _SWITCHES if known(resource.at(switch), switch) is not True]
    return f"{', '.join(off)} not true" if off else None


def _blocked(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    def check(bucket: Declared) -> str | None:
        blocks = of_bucket(graph, bucket, ACCESS_BLOCKS)
        found = [_switched(block) for block in blocks] or ["no BucketPublicAccessBlock"]
        return None if None in found else found[0]

    return each(graph.of(*BUCKETS), check)


def _listed(resource: Declared, _settings: Settings) -> str | None:
    if resource.type in OWNERSHIPS:
        ownership = known(resource.at("rule.objectOwnership"), "rule.objectOwnership")
        return None if ownership == "BucketOwnerEnforced" else f"objectOwnership {ownership}"
    acl = known(resource.at("acl"), "acl")
    if acl not in (None, "", "private"):
        return f"acl {acl}"
    granted = [key for key in ("grants", "accessControlPolicy") if given(resource.at(key))]
    return f"{granted[0]}" if granted else None


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="S3.1",
        name="s3-1-account-blocks-public-access",
        severity="medium",
        frameworks=(FSBP,),
        title="the account blocks public access to S3",
        allowed=f"{', '.join(_SWITCHES)}: true",
        fix="set all four to true on the AccountPublicAccessBlock",
        source=hub("S3.1"),
        types=("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",),
        check=lambda resource, _settings: _switched(resource),
    ),
    ResourceRule(
        control="S3.2",
        name="s3-2-no-public-read",
        severity="critical",
        frameworks=(FSBP,),
        title="nobody at large reads a bucket",
        allowed="principals by name, or a condition that fixes who calls; acl private",
        fix="name the principals in the bucket's policy, and leave acl out",
        source=hub("S3.2"),
        types=(*POLICIES, *ACLS, *BUCKETS),
        check=_open("read", _reads),
    ),
    ResourceRule(
        control="S3.3",
        name="s3-3-no-public-write",
        severity="critical",
        frameworks=(FSBP,),
        title="nobody at large writes to a bucket",
        allowed="principals by name, or a condition that fixes who calls; acl private",
        fix="name the principals in the bucket's policy, and leave acl out",
        source=hub("S3.3"),
        types=(*POLICIES, *ACLS, *BUCKETS),
        check=_open("write", _writes),
    ),
    StackRule(
        control="S3.5",
        name="s3-5-tls-only",
        severity="medium",
        frameworks=(FSBP,),
        title="a bucket refuses what does not come over TLS",
        allowed='Deny s3:* to * on the bucket and bucket/* under {"Bool": {"aws:SecureTransport": "false"}} alone',
        fix="declare a BucketPolicy with that statement",
        source=hub("S3.5"),
        types=BUCKETS,
        check=_plain,
    ),
    StackRule(
        control="S3.6",
        name="s3-6-no-control-from-abroad",
        severity="high",
        frameworks=(FSBP,),
        title="no other account changes a bucket's policy, encryption or access lists",
        allowed=f"{', '.join(_SENSITIVE)} for principals of the stack's own account",
        fix="take the action or the principal out of the bucket's policy",
        source=hub("S3.6"),
        settings={"accounts": []},
        types=(*POLICIES, *BUCKETS),
        check=_abroad,
    ),
    StackRule(
        control="S3.8",
        name="s3-8-bucket-blocks-public-access",
        severity="high",
        frameworks=(FSBP,),
        title="a bucket blocks public access",
        allowed=f"a BucketPublicAccessBlock with {', '.join(_SWITCHES)}: true",
        fix="declare it beside the bucket with all four true",
        source=hub("S3.8"),
        types=BUCKETS,
        check=_blocked,
    ),
    ResourceRule(
        control="S3.12",
        name="s3-12-no-access-lists",
        severity="medium",
        frameworks=(FSBP,),
        title="no access list decides who reaches a bucket",
        allowed="acl private, no grants, objectOwnership BucketOwnerEnforced",
        fix="grant by policy, and leave BucketAcl out",
        source=hub("S3.12"),
        types=(*ACLS, *OWNERSHIPS, *BUCKETS),
        check=_listed,
    ),
)
