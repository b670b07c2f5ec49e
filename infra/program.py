"""The Pulumi program: the order in which a stack comes into being, and everything that it exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from catalog.naming import parameter_name
from components.bucket import Bucket
from components.key import Key
from components.model_endpoint import ModelEndpoint, ModelEndpointArgs, Variant
from components.rollout import Rollout
from components.site import Site
from infra import account
from infra.config import Model, Stack, load
from infra.tags import tags
from model_code.contract import load_spec


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What all models of a stack share."""

    site: Site
    key: Key
    models: Bucket
    rollout: Rollout
    opts: pulumi.ResourceOptions


def deploy() -> None:
    """Declare the current stack: the platform first, then each model that has something to serve."""
    stack = pulumi.get_stack()
    config = load(stack)
    provider = aws.Provider("aws", region=config.region, default_tags={"tags": tags(stack)})
    asked = pulumi.InvokeOptions(provider=provider)
    platform = _platform(_site(stack, config, asked), config, pulumi.ResourceOptions(provider=provider))
    facts = account.read(stack, asked)
    pulumi.export("bucket", platform.models.name)
    pulumi.export("rollout", platform.rollout.state_machine.arn)
    pulumi.export(
        "models",
        {name: _model(platform, name, model, facts.get(name, account.NONE)) for name, model in config.models.items()},
    )


def _site(stack: str, config: Stack, asked: pulumi.InvokeOptions) -> Site:
    return Site(
        stack=stack,
        account=aws.get_caller_identity(opts=asked).account_id,
        region=config.region,
        partition=aws.get_partition(opts=asked).partition,
    )


def _platform(site: Site, config: Stack, opts: pulumi.ResourceOptions) -> Platform:
    key = Key("data", site=site, purpose=f"Data and models of {site.stack}", opts=opts)
    models = Bucket("models", site=site, key=key, force_destroy=not config.retain_data, opts=opts)
    return Platform(site=site, key=key, models=models, rollout=Rollout("rollout", site, opts=opts), opts=opts)


def _model(platform: Platform, name: str, model: Model, facts: account.Facts) -> dict[str, Any]:
    """Declare one model, or say which command the account still needs for it."""
    load_spec(model.code)
    shared = {
        "code": model.code,
        "owner": model.owner,
        "traffic": model.traffic,
        "versions": sorted({variant.version for variant in model.variants}),
    }
    if due := _due(name, model, facts, platform.site.stack):
        pulumi.log.info(f"{name}: not deployed yet; next: {due}")
        return {**shared, "next": due}
    hosted = ModelEndpoint(name, platform.site, _args(platform, name, model, facts), opts=platform.opts)
    return {**shared, "endpoint": hosted.endpoint.name, "desired": hosted.desired.name}


def _args(platform: Platform, name: str, model: Model, facts: account.Facts) -> ModelEndpointArgs:
    return ModelEndpointArgs(
        model=name,
        owner=model.owner,
        image=facts.image,
        variants=[
            Variant(
                name=variant.name,
                version=facts.versions[variant.version],
                instance_type=variant.instance_type,
                instances=variant.instances,
                traffic=model.traffic[variant.name],
            )
            for variant in model.variants
        ],
        models=platform.models,
        key=platform.key,
        rollout=platform.rollout,
        previous=facts.desired,
    )


def _due(name: str, model: Model, facts: account.Facts, stack: str) -> str | None:
    """The next command for a model that the account has no image or version for; None when it can be deployed."""
    if not facts.image:
        return f"push an image of {name} and store its URI with digest in {parameter_name(stack, name, 'image')}"
    if any(variant.version not in facts.versions for variant in model.variants):
        return f"takeoff train {name} --count {len(model.variants)} --register --stack {stack}"
    return None
