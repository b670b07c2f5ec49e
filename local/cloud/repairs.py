"""moto's rules for the account: refusals and properties that it lacks, put in before anybody calls."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import EmptyResult
from moto.iam.responses import IamResponse
from moto.lakeformation.models import Permission
from moto.s3.models import S3Backend

from local.cloud import network_refusals, network_rules, package_groups, projects, scaling_targets


def install() -> None:
    """Installs all of them."""
    for module in (network_refusals, network_rules, package_groups, projects, scaling_targets):
        module.install()
    responses: Any = IamResponse
    responses.add_client_id_to_open_id_connect_provider = _add_client
    responses.remove_client_id_from_open_id_connect_provider = _remove_client
    s3: Any = S3Backend
    locked = s3.get_object_lock_configuration
    # moto answers days and years, of which AWS takes one alone.
    s3.get_object_lock_configuration = lambda self, name: tuple(part or None for part in locked(self, name))
    permission: Any = Permission
    # moto's hash changes while the permission is in a set, so that it cannot be revoked after a second grant.
    permission.__hash__ = lambda self: hash((json.dumps(self.principal), json.dumps(self.resource)))


def _add_client(response: Any) -> EmptyResult:
    clients, name = _clients(response), response._get_param("ClientID")
    if name not in clients:
        clients.append(name)
    return EmptyResult()


def _remove_client(response: Any) -> EmptyResult:
    clients, name = _clients(response), response._get_param("ClientID")
    if name in clients:
        clients.remove(name)
    return EmptyResult()


def _clients(response: Any) -> list[str]:
    arn = response._get_param("OpenIDConnectProviderArn")
    clients: list[str] = response.backend.get_open_id_connect_provider(arn).client_id_list
    return clients
