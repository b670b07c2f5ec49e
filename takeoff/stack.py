"""What a deployed stack says about itself: the engine's outputs, read through `pulumi stack output`."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# What runs in a stack's cluster is a stack of its own, applied from the same stack file.
APPS = "-apps"


class CommandError(RuntimeError):
    """A command that cannot go on: what, got, allowed, where to fix. Printed in one line, exit code 2."""


@dataclass(frozen=True, kw_only=True)
class DeployedModel:
    """A model's entry in the outputs, as far as commands need it.

    `next` is the command that is due when it has no endpoint yet.
    `project` builds its image from `dockerfile` in its folder into `repository`; `registry` is its package group,
    `batch` its scheduled transform, `training` its pipeline, `namespace` where its pods are in the stack's cluster.
    Each is empty where the stack declares none. With `serving` kubernetes pods answer, and there is no endpoint.
    """

    name: str
    code: str
    owner: str
    traffic: Mapping[str, int]
    versions: list[str]
    endpoint: str = ""
    desired: str = ""
    next: str = ""
    project: str = ""
    repository: str = ""
    dockerfile: str = "Dockerfile"
    registry: str = ""
    batch: str = ""
    training: str = ""
    serving: str = "endpoint"
    namespace: str = ""

    @property
    def unhosted(self) -> str:
        """Why it has no endpoint: what is due, or that pods answer."""
        if self.next or self.serving == "endpoint":
            return f"no endpoint yet; next: {self.next}"
        return f"no endpoint: it answers from pods, in namespace {self.namespace}"

    @property
    def outcome(self) -> str:
        """The SSM parameter in which Rollout leaves its verdict."""
        return self.desired.removesuffix("desired") + "outcome"


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack's outputs.

    `features` is the bucket of data sets and runs; `rollout`, `retraining` and `admission` are state machines. Each but
    Rollout is empty where the stack declares none.
    """

    name: str
    bucket: str
    rollout: str
    models: Mapping[str, DeployedModel]
    features: str = ""
    retraining: str = ""
    admission: str = ""

    def model(self, name: str) -> DeployedModel:
        """One model. Raises CommandError for a name that the stack does not have."""
        if name not in self.models:
            known = ", ".join(self.models) or "none yet"
            raise CommandError(f"model: got {name!r}; allowed: {known}; declared in stacks/Pulumi.{self.name}.yaml")
        return self.models[name]

    def hosted(self, names: list[str]) -> list[DeployedModel]:
        """The named models, or all of them, that have an endpoint. Raises CommandError when none has."""
        models = [self.model(name) for name in names or self.models]
        hosted = [model for model in models if model.endpoint]
        if not hosted:
            why = "; ".join(f"{model.name}: {model.unhosted}" for model in models)
            raise CommandError(f"stack {self.name}: {why}")
        return hosted


def read(stack: str) -> DeployedStack:
    """The stack's outputs. Raises CommandError when the engine cannot tell them."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CommandError("pulumi: not on PATH; for the local stack use `make shell`") from None
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip()}; {_deploy(stack)}")
    return parse(stack, json.loads(done.stdout))


def parse(stack: str, outputs: Mapping[str, Any]) -> DeployedStack:
    """Outputs as objects. Raises CommandError when the stack was never deployed."""
    if "models" not in outputs:
        raise CommandError(f"stack {stack} is not deployed; {_deploy(stack)}")
    known = {each.name for each in fields(DeployedModel)}
    models = {
        name: DeployedModel(name=name, **{key: value for key, value in entry.items() if key in known})
        for name, entry in outputs["models"].items()
    }
    optional = {key: outputs[key] for key in ("features", "retraining", "admission") if outputs.get(key)}
    return DeployedStack(name=stack, bucket=outputs["bucket"], rollout=outputs["rollout"], models=models, **optional)


def _deploy(stack: str) -> str:
    return "`make up` deploys it" if stack == "local" else f"`pulumi up --stack {stack}` deploys it"


def own_file(stack: str) -> list[str]:
    """The engine's arguments for a stack's file: for `prod-apps` that of `prod`, and none where the engine finds it.

    An emulated account's pulumi knows the file of both by itself, with its machine's salt.
    """
    if not stack.endswith(APPS) or "TAKEOFF_STATE" in os.environ:
        return []
    return ["--config-file", f"stacks/Pulumi.{stack.removesuffix(APPS)}.yaml"]
