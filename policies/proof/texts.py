"""Operators on texts with a form of their own: images, ARNs and what an environment holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.proof.change import Change, Site

FOREIGN = "eu-west-3"
_REGION = re.compile(r"(?<=[.:])[a-z]{2}-[a-z]+-\d(?=[.:])")
# Names and values that a reader takes for secrets: a long random text, and a word behind a telling name.
SECRETS = (("AWS_SECRET_ACCESS_KEY", "q7Rk2Vx9/Lm4Zt8Bn/Wc1Yd6Hs/Pj3Ge5Uf"), ("DB_PASSWORD", "hunter2"))


def untag_digest(site: Site) -> Iterator[Change]:
    """An image named by its digest is named by a tag, or by nothing."""
    for place, value in site.values():
        if isinstance(value, str) and "@sha256:" in value:
            repository = value.partition("@")[0]
            yield site.edit(place, f"{repository}:latest", "tag")
            yield site.edit(place, repository, "bare")


def foreign_region(site: Site) -> Iterator[Change]:
    """An ARN or a registry is one of another region."""
    for place, value in site.values():
        if isinstance(value, str) and _REGION.search(value):
            yield site.edit(place, _REGION.sub(FOREIGN, value))


def add_secret(site: Site) -> Iterator[Change]:
    """An environment gets a secret in plain text."""
    for place, value in site.values(absent=True):
        for name, secret in SECRETS:
            if isinstance(value, list):
                yield site.edit(place, [*value, {"name": name, "value": secret}], name)
            else:
                held = value if isinstance(value, dict) else {}
                yield site.edit(place, {**held, name: secret}, name)
