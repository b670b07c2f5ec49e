"""What a model promises to everyone else: data only, quick to import, free of numpy and of AWS."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from model_code.errors import UnusableError

NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
CODE = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
NAME_LENGTH = 30  # SageMaker names end at 63; stack, variant and content hash take the rest
FOLDER = Path(__file__).resolve().parent

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./+-]*$", max_length=64)]


class SpecError(UnusableError):
    """A model's folder or its spec.py that cannot be used; the text says what to do."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Feature(_Data):
    """One input column, with the values it may take; bounds are inclusive, in the data's own unit."""

    name: Identifier
    dtype: Literal["float", "integer", "category"] = "float"
    minimum: FiniteFloat | None = None
    maximum: FiniteFloat | None = None
    categories: tuple[Label, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _is_coherent(self) -> Self:
        if (self.dtype == "category") != bool(self.categories):
            raise ValueError(f"feature {self.name}: categories are for dtype 'category', and it needs them")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError(f"feature {self.name}: a category stands twice in {list(self.categories)}")
        if self.categories and (self.minimum, self.maximum) != (None, None):
            raise ValueError(f"feature {self.name}: a category has no minimum or maximum")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"feature {self.name}: minimum {self.minimum} is above maximum {self.maximum}")
        return self


class Schema(_Data):
    """A request's columns in their order, and the classes of the answer in theirs."""

    features: Annotated[tuple[Feature, ...], Field(min_length=1)]
    target: Identifier
    classes: Annotated[tuple[Label, ...], Field(min_length=2)]

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names, in the order of a request's columns."""
        return tuple(feature.name for feature in self.features)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what, names in (("feature", (*self.names, self.target)), ("class", self.classes)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} names must differ, the target's too; got twice: {', '.join(twice)}")
        return self


class Spec(_Data):
    """What every model says of itself, whatever it takes and whatever it runs on."""

    name: Annotated[str, Field(pattern=NAME, max_length=NAME_LENGTH)]
    description: str


class ModelSpec(Spec):
    """A model that our server serves: rows of a schema in, a class and its probabilities out."""

    inputs: Schema
    max_rows: Annotated[int, Field(ge=1, le=50_000)] = 10_000
    """Rows that one request may carry."""


class TextSpec(Spec):
    """A model that takes and gives text, served by an image of somebody else's that its stack entry names."""

    weights: Annotated[str, Field(min_length=1)]
    """The published weights, by the name that their maker gives them."""
    licence: Annotated[str, Field(min_length=1)]
    """The weights' licence, by its SPDX identifier."""


class VersionRecord(_Data):
    """One registered version, as the SSM parameters `approved` and `candidate` hold it."""

    version: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    """The first 12 hex digits of the artifact's SHA-256."""
    artifact: Annotated[str, Field(pattern=r"^s3://[^/]+/.+\.tar\.gz$")]
    algorithm: str
    metrics: dict[str, FiniteFloat]
    run: str = ""
    """The folder (s3://…) of the pipeline's run that made it; empty for one that was trained by hand."""
    package: str = ""
    """The ARN of its model package; empty for one that is in no registry."""


def codes() -> list[str]:
    """The model folders that have a spec."""
    return sorted(path.parent.name for path in FOLDER.glob("*/spec.py"))


def load_spec(code: str) -> ModelSpec:
    """The spec of a model that takes rows of a schema.

    Raises SpecError when `any_spec` does, and for a model that takes something else.
    """
    spec = any_spec(code)
    if not isinstance(spec, ModelSpec):
        raise SpecError(
            f"model_code/{code}/spec.py: {spec.name} takes text and no rows of a schema; it is trained and served by "
            "the image that `image:` of its stack entry names, not by model_code"
        )
    return spec


def any_spec(code: str) -> Spec:
    """The spec that `model_code/<code>/spec.py` exports, whatever kind of model it is.

    Raises SpecError when the folder is missing, does not load, or exports anything else.
    """
    if not re.fullmatch(CODE, code) or code not in codes():
        found = ", ".join(codes()) or "none"
        raise SpecError(
            f"no model code {code!r}: model_code/{code}/spec.py does not exist; folders with a spec: {found}; "
            "correct `code:` in the model's stack entry, or make the folder with `takeoff new model NAME`"
        )
    where = f"model_code/{code}/spec.py"
    try:
        spec: object = importlib.import_module(f"model_code.{code}.spec").SPEC
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or e['type']}: {e['msg']}" for e in error.errors())
        raise SpecError(f"{where}: {faults}") from error
    except (ImportError, AttributeError, SyntaxError) as error:
        raise SpecError(f"{where} must export SPEC, a ModelSpec or TextSpec of model_code.contract: {error}") from error
    if not isinstance(spec, Spec):
        got = type(spec).__name__
        raise SpecError(f"{where}: SPEC must be a ModelSpec or TextSpec of model_code.contract, got {got}")
    return spec
