"""moto's rules for the account: refusals and properties that it lacks, put in before anybody calls."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.lakeformation.models import Permission
from moto.s3.models import S3Backend
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.cloud import budgets, identity, network_refusals, network_rules, package_groups, projects, scaling_targets


def install() -> None:
    """Installs all of them."""
    for module in (budgets, identity, network_refusals, network_rules, package_groups, projects, scaling_targets):
        module.install()
    s3: Any = S3Backend
    locked = s3.get_object_lock_configuration
    # moto answers days and years, of which AWS takes one alone.
    s3.get_object_lock_configuration = lambda self, name: tuple(part or None for part in locked(self, name))
    machines: Any = StepFunctionsParserBackend
    start = machines.start_execution

    def start_execution(backend: Any, state_machine_arn: str, name: str | None = None, *given: Any, **more: Any) -> Any:
        # moto calls each execution that has no name None, and refuses the second.
        return start(backend, state_machine_arn, name or str(uuid.uuid4()), *given, **more)

    machines.start_execution = start_execution
    permission: Any = Permission
    # moto's hash changes while the permission is in a set, so that it cannot be revoked after a second grant.
    permission.__hash__ = lambda self: hash((json.dumps(self.principal), json.dumps(self.resource)))
