"""Entry point of the Pulumi program."""

import atexit
import gc

import pulumi

from infra.config import ConfigError
from infra.program import deploy
from model_code.contract import SpecError

# pulumi_aws is a quarter of a million objects that live to the end: walking them for garbage, while they are loaded
# and once more at exit, takes more than a second of every preview.
gc.disable()
atexit.register(gc.freeze)

try:
    deploy()
except (ConfigError, SpecError) as error:
    raise pulumi.RunError(str(error)) from None
