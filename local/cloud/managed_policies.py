"""Policies that AWS maintains: in the account from the moment that one is attached, since all of them would fill it."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

_PREFIX = ":iam::aws:policy/"


def install() -> None:
    """Lets a role take any of AWS's policies, with what AWS allows by it; moto knows all of them or none."""
    moto: Any = IAMBackend
    attach = moto.attach_role_policy

    def attach_role_policy(backend: Any, policy_arn: str, role_name: str) -> None:
        if _PREFIX in policy_arn and policy_arn not in backend.managed_policies:
            name = policy_arn.rpartition("/")[2]
            data = json.loads(aws_managed_policies_data).get(name)
            if data:
                policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
                if policy.arn == policy_arn:
                    backend.managed_policies[policy_arn] = policy
        attach(backend, policy_arn, role_name)

    moto.attach_role_policy = attach_role_policy
