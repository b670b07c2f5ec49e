"""The bootstrap program: what an account needs once, before any stack."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from bootstrap.access import Access, AccessArgs
from bootstrap.config import load
from bootstrap.singletons import Singletons
from components.bucket import Bucket
from components.key import Key
from components.site import Site

# The account's part of every name here. Stacks of this program are accounts, and have names of their own.
NAME = "bootstrap"
# Every step of a deployment writes the state anew; this long an old one can be gone back to.
OLD_STATES_DAYS = 90


def deploy() -> None:
    """Declare the state bucket and its key, who may deploy, and the account's singletons."""
    config = load(pulumi.get_stack())
    tags = {"takeoff:stack": NAME, "takeoff:managed-by": "pulumi"}
    provider = aws.Provider("aws", region=config.region, default_tags={"tags": tags})
    site, opts = _site(config.region, provider), pulumi.ResourceOptions(provider=provider)
    # Without its state, or the key of its secrets, no stack of the account can be changed again.
    guarded = pulumi.ResourceOptions(provider=provider, protect=True)
    key = Key("state", site=site, purpose="State and secrets of every stack", opts=guarded)
    bucket = Bucket("state", site=site, key=key, force_destroy=False, noncurrent_days=OLD_STATES_DAYS, opts=guarded)
    access = Access(
        "access",
        site,
        AccessArgs(
            repository=config.repository,
            environments=config.environments,
            oidc_provider=config.oidc_provider,
            state_bucket=bucket.arn,
            key=key.arn,
        ),
        opts=opts,
    )
    Singletons("singletons", site, config, key, access.deployer.arn, opts=opts)
    pulumi.export("region", site.region)
    pulumi.export("state", bucket.name.apply(lambda name: f"s3://{name}?region={site.region}&awssdk=v2"))
    pulumi.export("secretsProvider", f"awskms://alias/{site.name('state')}?region={site.region}")
    pulumi.export("deployerRole", access.deployer.arn)
    pulumi.export("previewRole", access.preview.arn)
    pulumi.export("boundary", access.boundary.name)


def _site(region: str, provider: aws.Provider) -> Site:
    asked = pulumi.InvokeOptions(provider=provider)
    return Site(
        stack=NAME,
        account=aws.get_caller_identity(opts=asked).account_id,
        region=region,
        partition=aws.get_partition(opts=asked).partition,
    )
