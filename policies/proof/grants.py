"""The operator on all grants of a bucket at once: nobody reaches it any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from policies.declared import Declared, Unknown
from policies.proof.change import Change, Site

_BUCKET: Final = "aws:s3/bucket:Bucket"
_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"


def delete_grants(site: Site) -> Iterator[Change]:
    """Whatever a policy grants goes out of it: it permits nothing any more, and what it named nobody reaches."""
    resource, stack = site.resource, site.stack
    document = resource.props.get("policy")
    # A grant in a document that nobody knows yet cannot be taken out.
    if not isinstance(document, str) or any(map(_unknown_policy, stack)):
        return
    for bucket in (each for each in stack if each.type == _BUCKET):
        put = [without for each in stack if (without := _without_bucket(each, bucket)) != each]
        # One mutant per bucket, told of the first policy that grants it: the same grants would go each time.
        if put and put[0].urn == resource.urn:
            yield Change(path="policy", label=bucket.name, put=tuple(put))


def _unknown_policy(resource: Declared) -> bool:
    return resource.type == _POLICY and isinstance(resource.props.get("policy"), Unknown)


def _without_bucket(resource: Declared, bucket: Declared) -> Declared:
    """A role's policy without the statements, and the resources in them, that name a bucket."""
    document = resource.props.get("policy")
    if resource.type != _POLICY or not isinstance(document, str):
        return resource
    arn = f"arn:aws:s3:::{bucket.props.get('bucket')}"
    parsed = json.loads(document)
    kept = []
    for statement in parsed["Statement"]:
        names = statement.get("Resource", [])
        names = names if isinstance(names, list) else [names]
        rest = [name for name in names if name != arn and not name.startswith(f"{arn}/")]
        if rest or not names:
            kept.append({**statement, "Resource": rest} if len(rest) < len(names) else statement)
    if kept == parsed["Statement"]:
        return resource
    return replace(resource, props={**resource.props, "policy": json.dumps({**parsed, "Statement": kept})})
