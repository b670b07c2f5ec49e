"""What a model is for, how much it is used, and what it may cost."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from infra.config.base import Strict, as_number

Dollars = Annotated[float, Field(gt=0), BeforeValidator(as_number)]
Kilobytes = Annotated[float, Field(gt=0, le=6000), BeforeValidator(as_number)]  # InvokeEndpoint's bodies end at 6 MB
Number = Annotated[float, BeforeValidator(as_number)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]


class Usage(Strict):
    """A month of one model, as the cost report assumes it."""

    requests_per_month: Annotated[int, Field(ge=0)] = Field(default=0, description="requests in a month")
    request_kb: Kilobytes = Field(default=1.0, description="kilobytes of one request")
    answer_kb: Kilobytes = Field(default=1.0, description="kilobytes of one answer")
    batch_hours: Annotated[float, Field(ge=0), BeforeValidator(as_number)] | None = Field(
        default=None, description="hours of all transform jobs in a month"
    )


class Kpi(Strict):
    """A number of the business that the model is there to move."""

    name: Name = Field(description="its name, in lower case")
    description: str = Field(min_length=1, max_length=200, description="what it counts, in one sentence")
    unit: str = Field(min_length=1, max_length=30, description="its unit: percent, USD, days …")
    target: Number = Field(description="the value that the model must bring about")
    direction: Literal["at-least", "at-most"] = Field(
        default="at-least", description="which side of the target is good"
    )
