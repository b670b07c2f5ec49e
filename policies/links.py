"""What belongs to what: pulumi-aws splits one thing of AWS into several resources that name each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from policies.declared import Declared, Graph, given
from policies.nested import apart
from policies.rule import Broken


def belongs(graph: Graph, part: Declared, path: str, owner: Declared) -> bool:
    """Whether a property of a part names an owner: by reference, also through a sibling, or by the owner's own name."""
    value = part.at(path)
    if not given(value):
        return False
    references = part.refs.get(path.partition(".")[0], ())
    if owner.urn in references:
        return True
    if isinstance(value, str) and value and value.rpartition(":")[2].rpartition("/")[2] in _names(owner):
        return True
    # A lifecycle configuration may take its bucket from the bucket's versioning, so that it comes after it.
    siblings = [graph.get(urn) for urn in references]
    return any(
        each is not None and each.urn != part.urn and each.type != owner.type and owner.urn in each.refs.get(path, ())
        for each in siblings
    )


def parts(graph: Graph, owner: Declared, path: str, *types: str) -> list[Declared]:
    """The resources of some types whose property at a path names the owner."""
    return [each for each in graph.of(*types) if belongs(graph, each, path, owner)]


def each(resources: Iterable[Declared], check: Callable[[Declared], str | None]) -> Iterator[Broken]:
    """What breaks a check of single resources. An unknown value of one does not hide the others: it is raised last."""
    return apart(resources, lambda resource: _broken(resource, check(resource)))


def _broken(resource: Declared, got: str | None) -> list[Broken]:
    return [] if got is None else [Broken(resource, got)]


def _names(owner: Declared) -> list[str]:
    keys = ("name", "bucket", "id", "functionName", "clusterName")
    return [name for key in keys if isinstance(name := owner.props.get(key), str) and name]
