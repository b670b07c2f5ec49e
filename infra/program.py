"""The Pulumi program: the order in which a stack comes into being, and everything that it exports."""

from __future__ import annotations

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


def deploy() -> None:
    """Declare the current stack."""
    stack = pulumi.get_stack()
    config = load(stack)
    provider = aws.Provider("aws", region=config.region, default_tags={"tags": tags(stack)})
    invoke = pulumi.InvokeOptions(provider=provider)
    site = Site(
        stack=stack,
        account=aws.get_caller_identity(opts=invoke).account_id,
        region=config.region,
        partition=aws.get_partition(opts=invoke).partition,
    )
    facts = account.read(stack, invoke)
    _Program(site, config, facts, pulumi.ResourceOptions(provider=provider)).run()


class _Program:
    """One run over one stack."""

    def __init__(
        self, site: Site, config: Stack, facts: dict[str, account.Facts], opts: pulumi.ResourceOptions
    ) -> None:
        self._site, self._config, self._facts, self._opts = site, config, facts, opts

    def run(self) -> None:
        """The platform first, then each model that has something to serve."""
        self._key = Key("data", site=self._site, purpose=f"Data and models of {self._site.stack}", opts=self._opts)
        self._models = Bucket(
            "models", site=self._site, key=self._key, force_destroy=not self._config.retain_data, opts=self._opts
        )
        self._rollout = Rollout("rollout", self._site, opts=self._opts)
        pulumi.export("bucket", self._models.name)
        pulumi.export("rollout", self._rollout.state_machine.arn)
        pulumi.export("models", {name: self._model(name, model) for name, model in self._config.models.items()})

    def _model(self, name: str, model: Model) -> dict[str, Any]:
        """Declare one model, or say what the account lacks for it."""
        load_spec(model.code)
        facts = self._facts.get(name, account.Facts())
        wanted = sorted({variant.version for variant in model.variants})
        shared = {"code": model.code, "owner": model.owner, "traffic": model.traffic, "versions": wanted}
        if missing := _missing(name, model, facts, self._site.stack):
            pulumi.log.info(f"{name}: not deployed yet; next: {missing}")
            return {**shared, "next": missing}
        endpoint = ModelEndpoint(name, self._site, self._args(name, model, facts), opts=self._opts)
        return {**shared, "endpoint": endpoint.endpoint.name, "desired": endpoint.desired.name}

    def _args(self, name: str, model: Model, facts: account.Facts) -> ModelEndpointArgs:
        return ModelEndpointArgs(
            model=name,
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
            models=self._models,
            key=self._key,
            rollout=self._rollout,
            previous=facts.desired,
        )


def _missing(name: str, model: Model, facts: account.Facts, stack: str) -> str | None:
    """The next command for a model that the account has no image or version for; None when it can be deployed."""
    if not facts.image:
        return f"push an image of {name} and store its URI with digest in {parameter_name(stack, name, 'image')}"
    if any(variant.version not in facts.versions for variant in model.variants):
        return f"takeoff train {name} --count {len(model.variants)} --register --stack {stack}"
    return None
