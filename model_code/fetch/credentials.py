"""The credentials of a pod, from the agent that EKS runs on its node."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from model_code.paths import SettingError

_WHERE, _TOKEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
# Whoever sets the variable must not learn the pod's token. https://docs.aws.amazon.com/sdkref/latest/guide/
# feature-container-credentials.html
_AGENTS = frozenset({"169.254.170.23", "fd00:ec2::23", "127.0.0.1"})
_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a request is signed with; only the key's id is ever shown."""

    key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


def credentials(environment: Mapping[str, str]) -> Credentials:
    """The pod's own credentials. Raises SettingError without an agent, OSError for one that does not answer.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    """
    where, file = environment.get(_WHERE, ""), environment.get(_TOKEN, "")
    address = urlsplit(where)
    if address.scheme != "http" or address.hostname not in _AGENTS or not file:
        raise SettingError(
            f"{_WHERE}: got {where!r}; allowed: http:// and one of {', '.join(sorted(_AGENTS))}, with {_TOKEN}: EKS "
            "sets both in pods whose service account has a Pod Identity association"
        )
    connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=_SECONDS)
    try:
        connection.request("GET", address.path, headers={"Authorization": Path(file).read_text().strip()})
        answer = connection.getresponse()
        body = answer.read(1 << 16)
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"{where}: got {answer.status} {body[:200]!r}; allowed: 200, with credentials")
    found = json.loads(body)
    return Credentials(key=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["Token"])
