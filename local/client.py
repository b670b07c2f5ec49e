"""boto3 on the emulated account, for whoever looks at it from outside."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.state import REGION, require_loopback

# Credentials that open nothing, given explicitly so that no others are looked for.
_NOBODY = "takeoff-local"


def client(endpoint: str, service: str, **settings: Any) -> Any:
    """A service's client, which does not retry: what fails must be seen. `settings` go to botocore's Config.

    Raises NotLocalError for an endpoint that is not loopback.
    """
    return boto3.client(
        service,
        endpoint_url=require_loopback(endpoint),
        region_name=REGION,
        aws_access_key_id=_NOBODY,
        aws_secret_access_key=_NOBODY,
        config=Config(retries={"total_max_attempts": 1}, **settings),
    )
