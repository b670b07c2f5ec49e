"""Schedules."""

from local.providers.aws.row import Call, Read, Row

ROWS = (
    Row(
        type="aws:scheduler/schedule:Schedule",
        served_by="ours",
        service="scheduler",
        schema="AWS::Scheduler::Schedule",
        keys={"Name": "name", "GroupName": "groupName"},
        id="{groupName}/{name}",
        create=Call("create_schedule"),
        update=(Call("update_schedule"),),
        read=(Read("get_schedule"),),
        delete=Call("delete_schedule"),
        outputs={"arn": "Arn"},
        replace=frozenset({"groupName", "name"}),
        computed=frozenset({"actionAfterCompletion", "target.retryPolicy"}),
        defaults={"groupName": "default", "scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
    ),
)
