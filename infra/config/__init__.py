"""The stack's configuration, typed: the one place that says what a key may be."""

from infra.config.base import MistakeError
from infra.config.load import ConfigError, load, parse
from infra.config.model import Model
from infra.config.stack import Stack
from infra.config.variant import Variant

__all__ = ["ConfigError", "MistakeError", "Model", "Stack", "Variant", "load", "parse"]
