"""moto's rules for the account: refusals and properties that it lacks, put in before anybody calls."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace
from typing import Any

from moto.lakeformation.models import Permission
from moto.s3.models import FakeBucket, S3Backend
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.cloud import (
    addons,
    budgets,
    cluster_access,
    clusters,
    identity,
    log_keys,
    managed_policies,
    network_refusals,
    network_rules,
    node_groups,
    package_groups,
    pod_identity,
    projects,
    scaling_targets,
    schedules,
)

_RULES = (
    addons,
    budgets,
    cluster_access,
    clusters,
    identity,
    log_keys,
    managed_policies,
    network_refusals,
    network_rules,
    node_groups,
    package_groups,
    pod_identity,
    projects,
    scaling_targets,
    schedules,
)


def install() -> None:
    """Installs all of them."""
    for module in _RULES:
        module.install()
    s3: Any = S3Backend
    locked = s3.get_object_lock_configuration
    # moto answers days and years, of which AWS takes one alone.
    s3.get_object_lock_configuration = lambda self, name: tuple(part or None for part in locked(self, name))
    bucket: Any = FakeBucket
    delivers = bucket._log_permissions_enabled_policy

    def log_permissions(target_bucket: Any, target_prefix: str | None) -> Any:
        # moto cannot read a statement that is for everybody, such as the refusal of plain HTTP.
        document = json.loads(target_bucket.policy or '{"Statement": []}')
        named = [each for each in document["Statement"] if isinstance(each["Principal"], dict)]
        policy = json.dumps({"Statement": named}).encode()
        readable = SimpleNamespace(policy=policy, name=target_bucket.name, partition=target_bucket.partition)
        return delivers(readable, target_prefix)

    bucket._log_permissions_enabled_policy = staticmethod(log_permissions)
    machines: Any = StepFunctionsParserBackend
    start = machines.start_execution

    def start_execution(backend: Any, state_machine_arn: str, name: str | None = None, *given: Any, **more: Any) -> Any:
        # moto calls each execution that has no name None, and refuses the second.
        return start(backend, state_machine_arn, name or str(uuid.uuid4()), *given, **more)

    machines.start_execution = start_execution
    permission: Any = Permission
    # moto's hash changes while the permission is in a set, so that it cannot be revoked after a second grant.
    permission.__hash__ = lambda self: hash((json.dumps(self.principal), json.dumps(self.resource)))
