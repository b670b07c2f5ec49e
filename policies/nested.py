"""Values inside of values: what a rule reads below a property, with the same care for what is unknown yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from policies.declared import Declared, Unknown, UnknownError, given, known

T = TypeVar("T")
Found = TypeVar("Found")


def rows(resource: Declared, path: str) -> list[Mapping[str, Any]]:
    """The mappings of a list property, or the one mapping there; none where it is absent. Raises UnknownError."""
    value = known(resource.at(path), path)
    several = value if isinstance(value, list | tuple) else [value] if given(value) else []
    return [row for row in (known(each, path) for each in several) if isinstance(row, Mapping)]


def true(resource: Declared, path: str) -> bool:
    """Whether a flag is set. Raises UnknownError."""
    return known(resource.at(path), path) is True


def customer_key(value: Any) -> bool:
    """Whether a KMS key is named that is not one of AWS's own (`alias/aws/...`). A value yet to come counts as one.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-mgmt
    """
    return given(value) and not (isinstance(value, str) and "alias/aws/" in value)


def settled(value: Any, of: str) -> Any:
    """The value, all of which is known. Raises UnknownError, naming property `of`."""
    if any(isinstance(each, Unknown) for each in _leaves(value)):
        raise UnknownError(of)
    return value


def apart(each: Iterable[T], check: Callable[[T], Iterable[Found]]) -> Iterator[Found]:
    """What a check finds in each, the ones after an unknown value too. Raises the first UnknownError at the end."""
    unknown: UnknownError | None = None
    for one in each:
        try:
            yield from check(one)
        except UnknownError as error:
            unknown = unknown or error
    if unknown:
        raise unknown


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
