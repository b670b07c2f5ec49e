"""Entry point of the Pulumi program."""

import pulumi

from infra.config import ConfigError
from infra.program import deploy
from model_code.contract import SpecError

try:
    deploy()
except (ConfigError, SpecError) as error:
    raise pulumi.RunError(str(error)) from None
