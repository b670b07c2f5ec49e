"""The stack's configuration, typed: the one place that says what a key may be."""

from infra.config.base import MistakeError
from infra.config.batch import Batch
from infra.config.load import ConfigError, load, parse
from infra.config.model import Model, Objective
from infra.config.platform import Alerts, Budget, Deployer
from infra.config.stack import Stack
from infra.config.variant import Variant

__all__ = [
    "Alerts",
    "Batch",
    "Budget",
    "ConfigError",
    "Deployer",
    "MistakeError",
    "Model",
    "Objective",
    "Stack",
    "Variant",
    "load",
    "parse",
]
