"""A model's work that ends, on Kubernetes: by a schedule, or once."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from components.batch_job_args import JOB, BatchJobArgs
from components.labels import labels
from components.namespace import Namespace


class BatchJob(pulumi.ComponentResource):
    """Pods that run to their end and wait for whatever answers requests.

    Without a schedule it runs once for each content: another image, version or argument is another job, and the old one
    goes. The stack owns it, so that it is removed by no timer: the next refresh would find it gone and run it again. A
    deployment does not wait for it to end.
    """

    def __init__(
        self, name: str, namespace: Namespace, args: BatchJobArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:workload:BatchJob", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, depends_on=namespace.ready)
        own = labels(namespace.site, args.name, namespace.model)
        self.name = args.physical(namespace.site)
        if args.schedule:
            kubernetes.batch.v1.CronJob(
                name,
                metadata=namespace.metadata(self.name, JOB),
                spec=args.cron(namespace.site, own),
                opts=child,
            )
        else:
            kubernetes.batch.v1.Job(
                name,
                metadata=namespace.metadata(self.name, JOB, {"pulumi.com/skipAwait": "true"}),
                spec=args.job(namespace.site, own),
                opts=child,
            )
        self.register_outputs({"name": self.name})
