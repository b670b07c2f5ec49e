"""moto's rules for the account: refusals and properties that it lacks, put in before anybody calls."""

from __future__ import annotations

import json
from typing import Any

from moto.lakeformation.models import Permission
from moto.s3.models import S3Backend

from local.cloud import identity, network_refusals, network_rules, package_groups, projects, scaling_targets


def install() -> None:
    """Installs all of them."""
    for module in (identity, network_refusals, network_rules, package_groups, projects, scaling_targets):
        module.install()
    s3: Any = S3Backend
    locked = s3.get_object_lock_configuration
    # moto answers days and years, of which AWS takes one alone.
    s3.get_object_lock_configuration = lambda self, name: tuple(part or None for part in locked(self, name))
    permission: Any = Permission
    # moto's hash changes while the permission is in a set, so that it cannot be revoked after a second grant.
    permission.__hash__ = lambda self: hash((json.dumps(self.principal), json.dumps(self.resource)))
