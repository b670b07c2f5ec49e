"""pytest in forks of a process that has already imported what takes long: a run costs its tests, not their imports.

Reads one JSON list of pytest's arguments a line and answers each with one line: the exit status. Nothing of ours is
imported before the fork, so each run finds the working tree as it is then.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys

import pytest

# What the owners import most, and none of it ours. pulumi_aws is lazy: its services are named.
SLOW = ("boto3", "grpc", "moto", "numpy", "pulumi.runtime.stack", "pydantic", "typer.main", "yaml")
SERVICES = (
    "appautoscaling cloudwatch codebuild ec2 ecr glue iam kms lakeformation lambda_ s3 sagemaker scheduler sfn sns ssm"
)


def main() -> None:
    for module in (*SLOW, *(f"pulumi_aws.{service}" for service in SERVICES.split())):
        importlib.import_module(module)
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (a device, not a file of ours)
                os.dup2(nowhere.fileno(), 1)
            os.setsid()
            os._exit(int(pytest.main(json.loads(line))))
        print(child, file=answers, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
