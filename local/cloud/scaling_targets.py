"""Application Auto Scaling where moto is laxer than AWS: tags, bounds, what needs a target and what goes with it."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

# Where a target keeps its tags: moto's own has no place for them.
_TAGS = "takeoff_tags"


def install() -> None:
    """Puts our operations around moto's."""
    responses: Any = ApplicationAutoScalingResponse
    backend: Any = ApplicationAutoscalingBackend
    for name in ("put_scaling_policy", "put_scheduled_action"):
        setattr(backend, name, _needing_a_target(getattr(backend, name)))
    for name in ("delete_scaling_policy", "delete_scheduled_action", "deregister_scalable_target"):
        setattr(backend, name, _deleting(name, getattr(backend, name)))
    responses.register_scalable_target = _registering(responses.register_scalable_target)
    for operation in (tag_resource, untag_resource, list_tags_for_resource):
        setattr(responses, operation.__name__, operation)


def tag_resource(response: Any) -> str:
    _tags(response).update(response._get_param("Tags"))
    return "{}"


def untag_resource(response: Any) -> str:
    for key in response._get_param("TagKeys"):
        _tags(response).pop(key, None)
    return "{}"


def list_tags_for_resource(response: Any) -> str:
    return json.dumps({"Tags": _tags(response)})


def _registering(register: Any) -> Any:
    def register_scalable_target(response: Any) -> str:
        place = response._get_param("ScalableDimension"), response._get_param("ResourceId")
        known = response.applicationautoscaling_backend.targets.get(place[0], {}).get(place[1])
        low, high = (
            response._get_int_param(name) if response._get_int_param(name) is not None else getattr(known, kept, None)
            for name, kept in (("MinCapacity", "min_capacity"), ("MaxCapacity", "max_capacity"))
        )
        if low is None or high is None:
            raise AWSValidationException("MinCapacity and MaxCapacity are required to register a new scalable target.")
        if low > high:
            raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")
        answer: str = register(response)
        target = response.applicationautoscaling_backend.targets[place[0]][place[1]]
        if known is None:
            setattr(target, _TAGS, dict(response._get_param("Tags") or {}))
        return answer

    return register_scalable_target


def _needing_a_target(put: Any) -> Any:
    def with_target(backend: Any, **given: Any) -> Any:
        if given["resource_id"] not in backend.targets.get(given["scalable_dimension"], {}):
            raise _missing("scalable target", given)
        return put(backend, **given)

    return with_target


def _deleting(name: str, delete: Any) -> Any:
    """Says what is missing as AWS does, and lets policies and actions go with their target."""

    def deleting(backend: Any, *args: Any, **given: Any) -> Any:
        if name == "delete_scheduled_action" and not _actions(backend, given):
            raise _missing("scheduled action", given)
        try:
            answer = delete(backend, *args, **given)
        except AWSValidationException as error:
            raise JsonRESTError("ObjectNotFoundException", error.message) from error
        if name == "deregister_scalable_target":
            _, resource, dimension = args
            place = resource, dimension
            for key, policy in list(backend.policies.items()):
                if (policy.resource_id, policy.scalable_dimension) == place:
                    del backend.policies[key]
            backend.scheduled_actions = [
                each for each in backend.scheduled_actions if (each.resource_id, each.scalable_dimension) != place
            ]
        return answer

    return deleting


def _actions(backend: Any, given: dict[str, Any]) -> list[Any]:
    wanted = {name: given[name] for name in ("scheduled_action_name", "resource_id", "scalable_dimension")}
    return [a for a in backend.scheduled_actions if all(getattr(a, n) == value for n, value in wanted.items())]


def _missing(what: str, given: dict[str, Any]) -> JsonRESTError:
    where = f"service namespace: {given['service_namespace']}, resource ID: {given['resource_id']}"
    said = f"No {what} found for {where}, scalable dimension: {given['scalable_dimension']}"
    return JsonRESTError("ObjectNotFoundException", said)


def _tags(response: Any) -> dict[str, str]:
    arn = response._get_param("ResourceARN")
    targets = (each for kind in response.applicationautoscaling_backend.targets.values() for each in kind.values())
    target = next((each for each in targets if each.arn == arn), None)
    if target is None:
        raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for ARN: {arn}")
    tags: dict[str, str] = target.__dict__.setdefault(_TAGS, {})
    return tags
