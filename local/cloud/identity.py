"""IAM and KMS where moto is laxer than AWS, and an identity provider's clients, which it cannot change."""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse


def install() -> None:
    """Puts our operations around moto's."""
    responses: Any = IamResponse
    responses.add_client_id_to_open_id_connect_provider = add_client
    responses.remove_client_id_from_open_id_connect_provider = remove_client
    iam: Any = IAMBackend
    delete_policy = iam.delete_policy

    def delete_unattached(backend: Any, policy_arn: str) -> None:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
        if backend.get_policy(policy_arn).attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        delete_policy(backend, policy_arn)

    iam.delete_policy = delete_unattached
    kms: Any = KmsResponse
    schedule = kms.schedule_key_deletion

    def schedule_key_deletion(response: Any) -> Any:
        # https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
        days = response._get_param("PendingWindowInDays")
        if days is not None and not 7 <= days <= 30:
            raise ValidationException(f"PendingWindowInDays: got {days}, allowed 7 to 30")
        return schedule(response)

    kms.schedule_key_deletion = schedule_key_deletion


def add_client(response: Any) -> EmptyResult:
    clients, name = _clients(response), response._get_param("ClientID")
    if name not in clients:
        clients.append(name)
    return EmptyResult()


def remove_client(response: Any) -> EmptyResult:
    clients, name = _clients(response), response._get_param("ClientID")
    if name in clients:
        clients.remove(name)
    return EmptyResult()


def _clients(response: Any) -> list[str]:
    arn = response._get_param("OpenIDConnectProviderArn")
    clients: list[str] = response.backend.get_open_id_connect_provider(arn).client_id_list
    return clients
