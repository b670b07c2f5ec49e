"""What every part of the configuration is made of."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel


class MistakeError(ValueError):
    """A rule over several keys that does not hold."""

    def __init__(self, where: str, got: str, allowed: str) -> None:
        super().__init__(where)
        self.where, self.got, self.allowed = where, got, allowed


class Strict(BaseModel):
    """Unknown keys are mistakes, and a string is not a number. Keys are the fields' names in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


def _listed(value: Any) -> Any:
    """YAML knows lists only; the model keeps tuples, which cannot be changed."""
    return tuple(value) if isinstance(value, list) else value


def as_number(value: Any) -> Any:
    """In YAML, 5 is a number too."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def require_job_type(instance_type: str, allowed: Collection[str], jobs: str) -> None:
    """Raise MistakeError, for a block's instanceType, unless `jobs` (such as transform jobs) run on this type."""
    if instance_type not in allowed:
        near = difflib.get_close_matches(instance_type, sorted(allowed), n=4, cutoff=0.4)
        raise MistakeError("instanceType", repr(instance_type), f"types of {jobs}, such as {', '.join(near)}")


AsTuple = BeforeValidator(_listed)
# 63 characters minus takeoff-<stack>-, the release and a variant's name (see components/release.py).
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=30)]
SlotName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=12)]
Version = Annotated[str, StringConstraints(pattern=r"^(approved|candidate|[0-9a-f]{12})$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
Schedule = Annotated[str, StringConstraints(pattern=r"^(cron|rate)\([^()]+\)$")]
Emails = Annotated[tuple[Email, ...], AsTuple]
Percent = Annotated[int, Field(ge=0, le=100)]
Share = Annotated[float, Field(ge=0, lt=100), BeforeValidator(as_number)]
