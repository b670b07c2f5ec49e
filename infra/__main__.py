"""Entry point of the Pulumi program."""

import pulumi

from infra.config import ConfigError
from infra.program import deploy

try:
    deploy()
except ConfigError as error:
    raise pulumi.RunError(str(error)) from None
