"""Whether what a model is asked, and how it answers, is still what it was trained on: schedule, alarms, and the start
of a retraining."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

from components.drift_alarms import Monitored, declare_dead_man, declare_signals
from components.drift_monitor_args import Aim, DriftMonitorArgs, RetrainingTarget
from components.drift_monitor_roles import job_role
from components.site import Site
from components.tags import model_tags

__all__ = ["Aim", "DriftMonitor", "DriftMonitorArgs", "RetrainingTarget"]


class DriftMonitor(pulumi.ComponentResource):
    """One model's schedule, the settings that Monitoring works by, and the alarms on what it finds.

    `retrain` goes off when inputs, all columns together, the error rate or a KPI are no longer what they were; with
    `retraining` its beginning starts the retraining. `drift-silent` goes off when nobody has looked for two periods.
    """

    def __init__(
        self, name: str, site: Site, args: DriftMonitorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("takeoff:observability:DriftMonitor", name, None, opts)
        args.require_permitted(site)
        self._name, self._site, self._args = f"{name}-monitor", site, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = model_tags(args.model, args.owner)
        monitored = Monitored(
            model=args.model,
            owner=args.owner,
            period_seconds=args.period_seconds,
            fair=bool(args.fairness and args.fairness.groups),
            kpis=bool(args.kpis),
        )
        self.settings = self._settings()
        self.schedule = self._schedule()
        self.retrain = declare_signals(monitored, site, args.alerts, self._child)
        self.silent = declare_dead_man(monitored, site, args.alerts, self._child)
        if args.retraining:
            self._rule(args.retraining)
        self.register_outputs({"settings": self.settings.name, "retrain": self.retrain.alarm_name})

    def _settings(self) -> aws.ssm.Parameter:
        args = self._args
        names = pulumi.Output.all(
            endpoint=args.endpoint,
            role=job_role(self._site, args, self._child).ready_arn,
            key=args.key.arn,
            captures=args.captures.name,
            features=args.features.name,
            **({"spark": args.spark.id} if args.spark else {}),
        )
        return aws.ssm.Parameter(
            self._name,
            name=self._site.parameter(args.model, "monitor"),
            description=f"How {args.model} is monitored",
            type="String",
            insecure_value=names.apply(lambda known: args.settings(self._site, known)),
            tags=self._tags,
            opts=self._child,
        )

    def _schedule(self) -> aws.scheduler.Schedule:
        # https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
        told = {"model": self._args.model, "scheduled": "<aws.scheduler.scheduled-time>"}
        return aws.scheduler.Schedule(
            self._name,
            name=self._site.name(self._args.model, "monitor"),
            description=f"Looks at what {self._args.model} is asked and answers",
            schedule_expression=self._args.schedule,
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": self._args.monitoring.state_machine.arn,
                "role_arn": self._args.monitoring.scheduler_role_arn,
                "input": json.dumps(told),
            },
            # A look before the settings are there would fail.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.settings]),
        )

    def _rule(self, retraining: RetrainingTarget) -> aws.cloudwatch.EventTarget:
        rule = aws.cloudwatch.EventRule(
            self._name,
            name=self._site.name(self._args.model, "retrain"),
            description=f"{self._args.model} no longer fits what it is asked",
            event_pattern=self.retrain.alarm_name.apply(lambda alarm: json.dumps(pattern(alarm))),
            tags=self._tags,
            opts=self._child,
        )
        model = json.dumps(self._args.model)
        return aws.cloudwatch.EventTarget(
            self._name,
            target_id=self._name,
            rule=rule.name,
            arn=retraining.state_machine_arn,
            role_arn=retraining.role_arn,
            input_transformer={
                "input_paths": {"alarm": "$.detail.alarmName", "reason": "$.detail.state.reason"},
                "input_template": f'{{"model": {model}, "cause": "alarm", "by": <alarm>, "reason": <reason>}}',
            },
            opts=self._child,
        )


def pattern(alarm: str) -> dict[str, object]:
    """The event that an alarm's beginning makes.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [alarm], "state": {"value": ["ALARM"]}},
    }
