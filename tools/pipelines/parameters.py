"""What an execution is given: everything that belongs to an account, a run or a stack."""

from __future__ import annotations

from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString

RUN, ARTIFACTS, IMAGE, ROLE, KEY, GROUP, VERSION, COMMIT, KIND, TRAINS_ON, ALGORITHM, MODEL, OWNER, RISK = (
    ParameterString(name=name)
    for name in (
        "Run",
        "Artifacts",
        "Image",
        "Role",
        "Key",
        "Group",
        "DataVersion",
        "Commit",
        "InstanceType",
        "TrainInstanceType",
        "Algorithm",
        "Model",
        "Owner",
        "Risk",
    )
)
COUNT = ParameterInteger(name="TrainInstanceCount")
PARAMETERS = [
    *(RUN, ARTIFACTS, IMAGE, ROLE, KEY, GROUP, VERSION, COMMIT),
    *(KIND, TRAINS_ON, COUNT, ALGORITHM, MODEL, OWNER, RISK),
]


def under(path: str) -> Join:
    """A place in the run's folder."""
    return Join(on="/", values=[RUN, path])
