"""The four kinds of monitor job, and which controls ask what of each.

pulumi-aws knows one of them; the others are aws-native's, with the same names of properties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from policies.rule import Severity


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of monitor job: how AWS calls it, its Pulumi types, and the two controls that ask about it.

    `alone` is whether AWS asks for encrypted traffic of a job on one instance too, which has none.
    """

    title: str
    slug: str
    types: tuple[str, ...]
    output: str
    isolation: str
    encryption: str
    severity: Severity = "medium"
    fsbp: bool = False
    alone: bool = True


KINDS: Final = (
    Kind(
        title="Data quality job definitions",
        slug="data-quality-job",
        types=(
            "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
            "aws-native:sagemaker:DataQualityJobDefinition",
        ),
        output="dataQualityJobOutputConfig",
        isolation="SageMaker.11",
        encryption="SageMaker.9",
    ),
    Kind(
        title="Model explainability job definitions",
        slug="explainability-job",
        types=("aws-native:sagemaker:ModelExplainabilityJobDefinition",),
        output="modelExplainabilityJobOutputConfig",
        isolation="SageMaker.20",
        encryption="SageMaker.10",
        severity="high",
        fsbp=True,
    ),
    Kind(
        title="Model bias job definitions",
        slug="bias-job",
        types=("aws-native:sagemaker:ModelBiasJobDefinition",),
        output="modelBiasJobOutputConfig",
        isolation="SageMaker.12",
        encryption="SageMaker.15",
        alone=False,
    ),
    Kind(
        title="Model quality job definitions",
        slug="model-quality-job",
        types=("aws-native:sagemaker:ModelQualityJobDefinition",),
        output="modelQualityJobOutputConfig",
        isolation="SageMaker.25",
        encryption="SageMaker.13",
        severity="high",
        fsbp=True,
    ),
)
OUTPUTS: Final = {type_: kind.output for kind in KINDS for type_ in kind.types}
