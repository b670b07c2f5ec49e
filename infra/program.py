"""The Pulumi program: the order in which a stack comes into being, and everything that it exports."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.site import Site
from infra import account, apps, foundation, models
from infra.config import Stack, load
from infra.tags import tags


def deploy() -> None:
    """Declare the current stack: AWS, or for `<stack>-apps` what runs in its cluster, from the same stack file."""
    stack = pulumi.get_stack().removesuffix(apps.SUFFIX)
    config = load(stack)
    inside = pulumi.get_stack() != stack
    # What runs in a cluster has labels; of AWS that half asks, and declares nothing.
    marks = None if inside else {"tags": tags(stack)}
    provider = aws.Provider("aws", region=config.region, default_tags=marks)
    asked = pulumi.InvokeOptions(provider=provider)
    site = _site(stack, config, asked)
    if inside:
        pulumi.export("workloads", apps.declare(site, config, asked))
        return
    _deploy(site, config, provider, asked)


def _deploy(site: Site, config: Stack, provider: aws.Provider, asked: pulumi.InvokeOptions) -> None:
    """The platform first, then each model as far as the account is ready for it."""
    shared = foundation.declare(site, config, provider)
    facts = account.read(site.stack, asked)
    pulumi.export("bucket", shared.lake.models.name)
    pulumi.export("rollout", shared.rollout.state_machine.arn)
    if shared.lake.features:
        pulumi.export("features", shared.lake.features.name)
    for name, part in (
        ("retraining", shared.retraining),
        ("monitoring", shared.monitoring),
        ("admission", shared.admission),
    ):
        if part:
            pulumi.export(name, part.state_machine.arn)
    pulumi.export(
        "models",
        {
            name: models.declare(shared, name, model, facts.get(name, account.NONE))
            for name, model in config.models.items()
        },
    )


def _site(stack: str, config: Stack, asked: pulumi.InvokeOptions) -> Site:
    return Site(
        stack=stack,
        account=aws.get_caller_identity(opts=asked).account_id,
        region=config.region,
        partition=aws.get_partition(opts=asked).partition,
        boundary=config.boundary,
    )
