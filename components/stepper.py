"""A function that is called again and again until it has settled something: its archive and its state machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pulumi

_ROOT = Path(__file__).resolve().parent.parent


def archive(sources: Sequence[str]) -> pulumi.AssetArchive:
    """A function's code: files of the repository, and the Python files of folders, each under the path it has there.

    Standard library and boto3 only, which the Lambda runtime carries.
    """
    files: list[str] = []
    for source in sources:
        path = _ROOT / source
        files += [source] if path.is_file() else sorted(str(f.relative_to(_ROOT)) for f in path.glob("*.py"))
    return pulumi.AssetArchive({name: pulumi.FileAsset(str(_ROOT / name)) for name in files})


def definition(function_arn: str, partition: str, *, comment: str, error: str) -> str:
    """The state machine in Amazon States Language: step, and wait as long as the step says, until it is settled.

    The function returns `status` (succeeded, failed or waiting), `seconds` to wait and, on failure, `reason`.
    """
    states = {
        "Step": {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": function_arn, "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0}],
            "Next": "Settled",
        },
        "Settled": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "succeeded", "Next": "Succeeded"},
                {"Variable": "$.status", "StringEquals": "failed", "Next": "Failed"},
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Step"},
        "Succeeded": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "Error": error, "CausePath": "$.reason"},
    }
    return json.dumps({"Comment": comment, "StartAt": "Step", "States": states})
