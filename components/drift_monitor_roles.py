"""What a monitoring job may do."""

from __future__ import annotations

import pulumi

from components.container_permissions import container_permissions
from components.drift_monitor_args import DriftMonitorArgs
from components.monitoring_places import JOB_ROLE, captures_of, jobs, prefix_of
from components.role import Role
from components.site import Site

# Where SageMaker sends logs and metrics of processing jobs; CloudWatch takes the model's metrics from the log.
_LOGS = "/aws/sagemaker/ProcessingJobs"


def job_role(site: Site, args: DriftMonitorArgs, opts: pulumi.ResourceOptions) -> Role:
    """Read the model's captures, outcomes, baseline and earlier reports, write reports, and what every container does.

    No `cloudwatch:PutMetricData` for its own metrics: they are lines of its log.
    """
    role = Role(
        f"{args.model}-{JOB_ROLE}",
        site=site,
        service="emr-serverless.amazonaws.com" if args.spark else "sagemaker.amazonaws.com",
        description=f"Looks at what {args.model} is asked and answers in {site.stack}",
        opts=opts,
    )
    args.captures.grant_read(role, captures_of(args.model))
    for kind in ("outcomes", "runs", "drift"):
        args.features.grant_read(role, prefix_of(kind, args.model))
    args.features.grant_write(role, prefix_of("drift", args.model))
    if args.spark:
        # EMR Serverless pulls the application's image by itself.
        args.spark.grant_log(role)
        return role
    streams = f"log-stream:{jobs(site, args.model)}-*"
    role.allow(*container_permissions(site, args.image, log_group=_LOGS, streams=streams, namespace=_LOGS))
    return role
