"""The table: every resource type that the local stack can hold."""

from collections.abc import Mapping
from typing import Final

from local.providers.aws.row import Row
from local.providers.aws.table import cloudwatch, iam, kms, lambda_, s3, sagemaker, sfn, ssm

_MODULES = (cloudwatch, iam, kms, lambda_, s3, sagemaker, sfn, ssm)
TABLE: Final[Mapping[str, Row]] = {row.type: row for module in _MODULES for row in module.ROWS}
