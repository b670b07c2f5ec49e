"""The stack's configuration, typed: the one place that says what a key may be."""

from infra.config.base import MistakeError
from infra.config.batch import Batch
from infra.config.cluster import Cluster
from infra.config.load import ConfigError, load, parse
from infra.config.model import Model, Objective
from infra.config.platform import Alerts, Budget, Deployer, Spark
from infra.config.pods import PodJob, Pods
from infra.config.stack import Stack
from infra.config.variant import Variant

__all__ = [
    "Alerts",
    "Batch",
    "Budget",
    "Cluster",
    "ConfigError",
    "Deployer",
    "MistakeError",
    "Model",
    "Objective",
    "PodJob",
    "Pods",
    "Spark",
    "Stack",
    "Variant",
    "load",
    "parse",
]
