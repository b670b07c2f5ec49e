"""Asking Admission to look at a model's registry again: what was approved while it was frozen."""

from __future__ import annotations

import json

import boto3

from takeoff.stack import DeployedModel, DeployedStack


def admit(stack: DeployedStack, model: DeployedModel) -> None:
    """Let the stack's admission take the newest approved package of a model; nothing without either."""
    if stack.admission and model.registry:
        request = json.dumps({"model": model.name})
        boto3.client("stepfunctions").start_execution(stateMachineArn=stack.admission, input=request)
