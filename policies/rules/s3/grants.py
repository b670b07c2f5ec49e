"""A bucket that nobody may reach is a mistake: data that was to be written there goes nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.declared import Declared, Graph, known
from policies.documents import statements
from policies.links import each
from policies.rule import OWN, Broken, Rule, Settings, StackRule
from policies.rules.s3.parts import BUCKETS, policies, takes_logs

IDENTITY_POLICIES: Final = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy")


def _reached(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    documents = graph.of(*IDENTITY_POLICIES)

    def check(bucket: Declared) -> str | None:
        if takes_logs(graph, bucket) or any(statement.allows for statement in policies(graph, bucket)):
            return None
        if any(_grants(document, bucket) for document in documents):
            return None
        return "no policy that allows anything in it"

    return each(graph.of(*BUCKETS), check)


def _grants(document: Declared, bucket: Declared) -> bool:
    """By the bucket's name in an allowing statement's resources; by reference while the document is unknown."""
    name = bucket.at("bucket")
    if not isinstance(document.at("policy"), str) or not isinstance(name, str):
        if any(bucket.urn in urns for urns in document.refs.values()):
            return True
        known(document.at("policy"), "policy")
        known(name, "bucket")
    resources = [r for statement in statements(document, "policy") if statement.allows for r in statement.resources]
    names = [resource.partition(":::")[2].partition("/")[0] for resource in resources if ":s3:::" in resource]
    return name in names


RULES: Final[tuple[Rule, ...]] = (
    StackRule(
        control="Takeoff.16",
        name="takeoff-16-every-bucket-has-a-grant",
        severity="low",
        frameworks=(OWN,),
        title="every bucket is reached by a grant",
        allowed="an IAM or bucket policy that allows something on the bucket by name",
        fix="grant a role what it needs (bucket.grant_read, bucket.grant_write), or remove the bucket",
        source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-management.html",
        types=BUCKETS,
        check=_reached,
    ),
)
