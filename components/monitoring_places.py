"""Where monitoring finds and puts things: names and prefixes that one function and every model's job agree on."""

from __future__ import annotations

from typing import Literal

from components.site import Site

Kind = Literal["outcomes", "runs", "drift"]
JOB_ROLE = "drift-job"
# A window and a number follow: -20261122030000-604800-99 of the 63 characters that SageMaker allows.
_JOBS = 38


def jobs(site: Site, model: str = "") -> str:
    """What the names of processing jobs begin with: a model's own, or all of the stack's.

    The model's name comes last, so that what is cut of a long one is not what IAM knows these jobs by.
    """
    return site.name("drift", *([model] if model else []), limit=_JOBS)


def job_roles(site: Site) -> str:
    """The pattern of the names of the roles under which monitoring jobs run."""
    return f"{site.name()}-*-{JOB_ROLE}"


def captures_of(model: str) -> str:
    """The prefix of a model's captures in the captures bucket."""
    return model


def prefix_of(kind: Kind, model: str) -> str:
    """The prefix of a model's outcomes, training runs or reports in the features bucket."""
    return f"{kind}/{model}"
