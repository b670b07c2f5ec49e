"""A Lambda function of this repository's own code, and its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.part import Part
from components.role import Role
from components.statement import writes_log

_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """What a function runs: `handler`, in an archive of `sources`, for at most `timeout` seconds with `memory` MiB.

    A source is a file of the repository, or a folder whose Python files are taken. Standard library and boto3 only,
    which the Lambda runtime carries.
    """

    description: str
    sources: Sequence[str]
    handler: str
    timeout: int
    memory: int = 256
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def declare_function(part: Part, role: Role, args: FunctionArgs) -> aws.lambda_.Function:
    """Declare a part's function and its log, kept for 90 days.

    The role may write to that log, and nothing more can be permitted to it afterwards.
    """
    log = aws.cloudwatch.LogGroup(
        part.name,
        name=f"/aws/lambda/{part.physical}",
        retention_in_days=90,
        kms_key_id=part.key.arn,
        tags=part.tags,
        opts=part.opts,
    )
    role.allow(writes_log(log.arn))
    return aws.lambda_.Function(
        part.name,
        name=part.physical,
        description=args.description,
        code=archive(args.sources),
        handler=args.handler,
        runtime="python3.13",
        role=role.ready_arn,
        timeout=args.timeout,
        memory_size=args.memory,
        environment={"variables": dict(args.environment)} if args.environment else None,
        tags=part.tags,
        opts=part.opts,
    )


def archive(sources: Sequence[str]) -> pulumi.AssetArchive:
    """A function's code, each file under the path that it has in the repository."""
    files: list[str] = []
    for source in sources:
        path = _ROOT / source
        files += [source] if path.is_file() else sorted(str(f.relative_to(_ROOT)) for f in path.glob("*.py"))
    return pulumi.AssetArchive({name: pulumi.FileAsset(str(_ROOT / name)) for name in files})
