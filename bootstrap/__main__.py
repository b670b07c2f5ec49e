"""Entry point of the Pulumi program."""

import pulumi

from bootstrap.config import ConfigError
from bootstrap.program import deploy

try:
    deploy()
except ConfigError as error:
    raise pulumi.RunError(str(error)) from None
