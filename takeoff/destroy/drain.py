"""What each step of the plan does to the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError

from takeoff.destroy.account import Account, is_gone
from takeoff.destroy.plan import Kind, Step

_JOBS = (("transform", "TransformJob"), ("processing", "ProcessingJob"), ("training", "TrainingJob"))
_MOVING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}


def drain(account: Account, step: Step) -> str:
    """Carry out a step and say what it did; nothing ("") when there was nothing to do. Safe to repeat.

    Raises StuckError, and botocore's errors other than "it is gone".
    """
    try:
        return _DO[step.kind](account, step)
    except ClientError as error:
        if not is_gone(error):
            raise
        return ""


def _delete_schedule(account: Account, step: Step) -> str:
    """A schedule cannot be switched off without saying all of it again; the engine would delete it anyway."""
    group, _, name = step.target.partition("/")
    account.client("scheduler").delete_schedule(GroupName=group, Name=name)
    return "deleted"


def _disable_rule(account: Account, step: Step) -> str:
    bus = step.state.get("eventBusName") or "default"
    # The id of a rule on another bus is <bus>/<rule>.
    account.client("events").disable_rule(Name=step.target.rpartition("/")[2], EventBusName=bus)
    return "starts nothing any more"


def _stop_executions(account: Account, step: Step) -> str:
    asked = {"stateMachineArn": step.target, "statusFilter": "RUNNING"}
    running = list(account.pages("stepfunctions", "list_executions", "executions", **asked))
    for execution in running:
        account.client("stepfunctions").stop_execution(executionArn=execution["executionArn"], cause="takeoff destroy")
    return f"stopped {len(running)} executions" if running else ""


def _stop_builds(account: Account, step: Step) -> str:
    client = account.client("codebuild")
    # The newest first, a hundred a page: one page holds every build that can still run.
    ids = client.list_builds_for_project(projectName=step.state["name"])["ids"]  # the id is its ARN
    builds = client.batch_get_builds(ids=ids)["builds"] if ids else []
    running = [build["id"] for build in builds if build["buildStatus"] == "IN_PROGRESS"]
    for build in running:
        client.stop_build(id=build)
    return f"stopped {len(running)} builds" if running else ""


def _stop_jobs(account: Account, step: Step) -> str:
    """Jobs end some time after they were told to."""
    client, asked = account.client("sagemaker"), set()

    def running() -> list[tuple[str, str, str]]:
        return [
            (kind, what, item[f"{what}Name"])
            for kind, what in _JOBS
            for status in ("InProgress", "Stopping")
            for item in account.pages(
                "sagemaker",
                f"list_{kind}_jobs",
                f"{what}Summaries",
                NameContains=step.target,
                StatusEquals=status,
            )
            if item[f"{what}Name"].startswith(step.target)
        ]

    def all_ended() -> bool:
        found = running()
        for kind, what, name in found:
            if name not in asked:
                asked.add(name)
                getattr(client, f"stop_{kind}_job")(**{f"{what}Name": name})
        return not found

    account.await_(all_ended, f"jobs named {step.target}*")
    return f"stopped {len(asked)} jobs" if asked else ""


def _suspend_scaling(account: Account, step: Step) -> str:
    """https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html"""
    client = account.client("application-autoscaling")
    # Registering what is not registered would need an endpoint, which an earlier attempt may have deleted.
    named = {"ServiceNamespace": step.state["serviceNamespace"], "ResourceIds": [step.state["resourceId"]]}
    if not client.describe_scalable_targets(**named)["ScalableTargets"]:
        return ""
    switches = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    client.register_scalable_target(
        ServiceNamespace=step.state["serviceNamespace"],
        ResourceId=step.state["resourceId"],
        ScalableDimension=step.state["scalableDimension"],
        SuspendedState=dict.fromkeys(switches, True),
    )
    return "its count stays as it is"


def _delete_endpoint(account: Account, step: Step) -> str:
    """AWS refuses to delete an endpoint that moves; its network interfaces go some time after it."""
    client, name = account.client("sagemaker"), step.target

    def status() -> str | None:
        try:
            return str(client.describe_endpoint(EndpointName=name)["EndpointStatus"])
        except ClientError as error:
            if not is_gone(error):
                raise
            return None

    account.await_(lambda: status() not in _MOVING, f"endpoint {name}, which still moves")
    if (found := status()) is None:
        return ""
    if found != "Deleting":
        client.delete_endpoint(EndpointName=name)
    account.await_(lambda: status() is None, f"the deletion of endpoint {name}")
    return "deleted"


def _delete_packages(account: Account, step: Step) -> str:
    """A group with versions cannot be deleted."""
    asked = {"ModelPackageGroupName": step.target}
    packages = list(account.pages("sagemaker", "list_model_packages", "ModelPackageSummaryList", **asked))
    for package in packages:
        account.client("sagemaker").delete_model_package(ModelPackageName=package["ModelPackageArn"])
    return f"deleted {len(packages)} versions" if packages else ""


def _release_cluster(account: Account, step: Step) -> str:
    """EKS refuses to delete a cluster under deletion protection; who asks for this has confirmed that all may go."""
    client = account.client("eks")
    if not client.describe_cluster(name=step.target)["cluster"].get("deletionProtection"):
        return ""
    client.update_cluster_config(name=step.target, deletionProtection=False)
    return "may be deleted"


def _delete_nodes(account: Account, step: Step) -> str:
    """The nodes of a group hold network interfaces until they are gone."""
    cluster, _, group = step.target.partition(":")
    client, named = account.client("eks"), {"clusterName": cluster, "nodegroupName": group}

    def status() -> str | None:
        try:
            return str(client.describe_nodegroup(**named)["nodegroup"]["status"])
        except ClientError as error:
            if not is_gone(error):
                raise
            return None

    if (found := status()) is None:
        return ""
    if found != "DELETING":
        client.delete_nodegroup(**named)
    account.await_(lambda: status() is None, f"the nodes of {group}")
    return "its nodes are gone"


def _await_interfaces(account: Account, step: Step) -> str:
    """Jobs and endpoints leave network interfaces behind for minutes, which hold subnets and security groups.

    Those of VPC endpoints go with their VPC endpoint.
    """
    filters = [{"Name": "group-id", "Values": [step.target]}]

    def held() -> list[str]:
        listed = account.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters)
        return [each["NetworkInterfaceId"] for each in listed if each.get("InterfaceType") != "vpc_endpoint"]

    before = held()
    account.await_(lambda: not held(), f"the network interfaces of security group {step.target}")
    return f"{len(before)} network interfaces are gone" if before else ""


def _empty_bucket(account: Account, step: Step) -> str:
    """Delete what may be deleted; a version under object lock stays, and with it the bucket."""
    client, count = account.client("s3"), 0
    for page in client.get_paginator("list_object_versions").paginate(Bucket=step.target):
        items = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in items]
        if keys:
            answer = client.delete_objects(Bucket=step.target, Delete={"Objects": keys, "Quiet": True})
            count += len(keys) - len(answer.get("Errors", []))
    return f"deleted {count} object versions" if count else ""


def _empty_repository(account: Account, step: Step) -> str:
    images = list(account.pages("ecr", "list_images", "imageIds", repositoryName=step.target))
    for start in range(0, len(images), 100):  # as many as one call takes
        part = images[start : start + 100]
        account.client("ecr").batch_delete_image(repositoryName=step.target, imageIds=part)
    return f"deleted {len(images)} images" if images else ""


_DO: Mapping[Kind, Callable[[Account, Step], str]] = {
    "delete-schedule": _delete_schedule,
    "disable-rule": _disable_rule,
    "stop-executions": _stop_executions,
    "stop-builds": _stop_builds,
    "stop-jobs": _stop_jobs,
    "suspend-scaling": _suspend_scaling,
    "delete-endpoint": _delete_endpoint,
    "delete-packages": _delete_packages,
    "release-cluster": _release_cluster,
    "delete-nodes": _delete_nodes,
    "await-interfaces": _await_interfaces,
    "empty-bucket": _empty_bucket,
    "empty-repository": _empty_repository,
}
