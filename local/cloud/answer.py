"""Answers of SageMaker's runtime API, errors in AWS's own form."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from local.state import ACCOUNT


@dataclass
class Answer:
    """What goes back to the caller of InvokeEndpoint."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def error(cls, kind: str, status: int, message: str, **more: object) -> Answer:
        body = json.dumps({"Message": message, **more}).encode()
        return cls(status, body, {"Content-Type": "application/json", "x-amzn-ErrorType": kind})


def validation_error(message: str) -> Answer:
    return Answer.error("ValidationError", 400, message)


def model_error(region: str, endpoint: str, status: int, message: str) -> Answer:
    """What a caller is told when the container itself answered with an error."""
    side = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    text = (
        f'Received {side} error ({status}) from primary with message "{message}". '
        f"See {group} in account {ACCOUNT} for more information."
    )
    arn = f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}"
    return Answer.error("ModelError", 424, text, OriginalStatusCode=status, OriginalMessage=message, LogStreamArn=arn)
