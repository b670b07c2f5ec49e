"""The table: every resource type that the local stack can hold."""

from collections.abc import Mapping
from typing import Final

from local.providers.aws.row import Row
from local.providers.aws.table import (
    access,
    alarms,
    autoscaling,
    budgets,
    cloudwatch,
    codebuild,
    ecr,
    eks,
    emrserverless,
    endpoints,
    firewall,
    iam,
    kms,
    lake,
    lambda_,
    nodes,
    registry,
    routes,
    s3,
    sagemaker,
    scheduler,
    sfn,
    sns,
    ssm,
    vpc,
)

_MODULES = (
    *(access, alarms, autoscaling, budgets, cloudwatch, codebuild, ecr, eks, emrserverless),
    *(endpoints, firewall, iam, kms, lake, lambda_, nodes),
    *(registry, routes, s3, sagemaker, scheduler, sfn, sns, ssm, vpc),
)
TABLE: Final[Mapping[str, Row]] = {row.type: row for module in _MODULES for row in module.ROWS}
