"""What a step of retraining talks to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

STACK = "TAKEOFF_STACK"


@dataclass(frozen=True, kw_only=True)
class Clients:
    """The services, and for which stack of which account."""

    s3: Any
    sagemaker: Any
    ssm: Any
    states: Any
    budgets: Any
    stack: str
    account: str
    now: Callable[[], datetime]

    @property
    def time(self) -> str:
        """Now, as records say it."""
        return self.now().isoformat(timespec="seconds")


@cache
def clients_of(account: str) -> Clients:
    """Made once for all steps that a function's process takes: making them is slower than a step."""
    s3, sagemaker, ssm, states, budgets = map(boto3.client, ("s3", "sagemaker", "ssm", "stepfunctions", "budgets"))
    return Clients(
        s3=s3,
        sagemaker=sagemaker,
        ssm=ssm,
        states=states,
        budgets=budgets,
        stack=os.environ[STACK],
        account=account,
        now=lambda: datetime.now(UTC),
    )
