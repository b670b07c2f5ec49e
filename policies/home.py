"""Where a stack lives: its account and region, as most of what it declares says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final
from weakref import WeakKeyDictionary

from policies.declared import Declared, Graph, texts

# Partition, region and account of an ARN. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
ARN: Final = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d)?:(\d{12})?:")
# A registry of images, and a service's name behind a VPC endpoint, carry a region too.
REGISTRY: Final = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws")
_SERVICE: Final = re.compile(r"com\.amazonaws\.([a-z]{2}(?:-[a-z]+)+-\d)\.")
_PROVIDER: Final = "pulumi:providers:aws"


# A dozen rules ask of the same stack, whose dashboards and documents are long.
_ACCOUNTS: Final[WeakKeyDictionary[Graph, str | None]] = WeakKeyDictionary()


def account(graph: Graph) -> str | None:
    """The account that most ARNs of the stack name; None where none does."""
    if graph not in _ACCOUNTS:
        _ACCOUNTS[graph] = _account(graph)
    return _ACCOUNTS[graph]


def own(graph: Graph, more: Iterable[str]) -> set[str]:
    """The account of the stack, where something says it, and those that a setting adds."""
    return {number for number in (account(graph), *more) if number}


def _account(graph: Graph) -> str | None:
    return _most(number for resource in graph.resources for number in accounts(resource))


def region(graph: Graph) -> str | None:
    """The region that most of the stack names; else the provider's; None where nothing says."""
    found = _most(name for resource in graph.resources if resource.type != _PROVIDER for name in regions(resource))
    declared = (each.at("region") for each in graph.of(_PROVIDER))
    return found or next((name for name in declared if isinstance(name, str)), None)


def accounts(resource: Declared) -> list[str]:
    """The accounts that a resource's values name in ARNs."""
    return [number for text in texts(resource.props) for _, number in ARN.findall(text) if number]


def regions(resource: Declared) -> list[str]:
    """The regions that a resource's values name: in ARNs, registries, endpoints' services, and as its own."""
    found = [name for text in texts(resource.props) for name, _ in ARN.findall(text) if name]
    found += [name for text in texts(resource.props) for _, name in REGISTRY.findall(text)]
    found += [name for text in texts(resource.props) for name in _SERVICE.findall(text)]
    own = resource.props.get("region")
    return [*found, own] if isinstance(own, str) and own else found


def _most(names: Iterator[str]) -> str | None:
    ranked = Counter(names).most_common(1)
    return ranked[0][0] if ranked else None
