"""Scaling of endpoint variants (Pulumi's module `appautoscaling`)."""

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

_SERVICE = "application-autoscaling"
_TARGET = {"ServiceNamespace": "serviceNamespace", "ResourceId": "resourceId", "ScalableDimension": "scalableDimension"}
_ADDRESS = frozenset(_TARGET.values())
_STEP = "stepScalingPolicyConfiguration.stepAdjustments"

ROWS = (
    Row(
        type="aws:appautoscaling/target:Target",
        served_by="ours",
        service=_SERVICE,
        schema="AWS::ApplicationAutoScaling::ScalableTarget",
        autoname=None,
        keys={**_TARGET, "ResourceIds": "resourceId", "ResourceARN": "arn"},
        id="{resourceId}",
        imported="{serviceNamespace}/{resourceId}/{scalableDimension}",
        create=Call("register_scalable_target"),
        update=(Call("register_scalable_target"),),
        read=(Read("describe_scalable_targets", at="ScalableTargets", pick=("ResourceId", "resourceId")),),
        delete=Call("deregister_scalable_target"),
        outputs={"arn": "ScalableTargetARN"},
        replace=_ADDRESS,
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
    ),
    Row(
        type="aws:appautoscaling/policy:Policy",
        served_by="ours",
        service=_SERVICE,
        schema="AWS::ApplicationAutoScaling::ScalingPolicy",
        schema_names={"name": "PolicyName"},
        keys={**_TARGET, "PolicyName": "name", "PolicyNames": "name"},
        id="{name}",
        imported="{serviceNamespace}/{resourceId}/{scalableDimension}/{name}",
        create=Call("put_scaling_policy"),
        update=(Call("put_scaling_policy"),),
        read=(Read("describe_scaling_policies", at="ScalingPolicies", pick=("PolicyName", "name")),),
        delete=Call("delete_scaling_policy"),
        outputs={"arn": "PolicyARN"},
        replace=_ADDRESS | {"name"},
        defaults={"policyType": "StepScaling"},
        texts=frozenset({f"{_STEP}.metricIntervalLowerBound", f"{_STEP}.metricIntervalUpperBound"}),
    ),
    Row(
        type="aws:appautoscaling/scheduledAction:ScheduledAction",
        served_by="ours",
        service=_SERVICE,
        autoname=Autoname(),
        keys={**_TARGET, "ScheduledActionName": "name", "ScheduledActionNames": "name"},
        id="{name}-{serviceNamespace}-{resourceId}",
        # The official plugin cannot import one; a form like that of a policy, so that the tests can.
        imported="{serviceNamespace}/{resourceId}/{scalableDimension}/{name}",
        create=Call("put_scheduled_action"),
        update=(Call("put_scheduled_action"),),
        read=(Read("describe_scheduled_actions", at="ScheduledActions", pick=("ScheduledActionName", "name")),),
        delete=Call("delete_scheduled_action"),
        outputs={"arn": "ScheduledActionARN"},
        replace=_ADDRESS | {"name"},
        defaults={"timezone": "UTC"},
    ),
)
