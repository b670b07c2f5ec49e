"""EventBridge where moto has none: SSM changes become events, and rules reach Step Functions, Lambda and CodeBuild."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from jsonpath_ng.parser import parse
from moto.awslambda.models import lambda_backends
from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.events.models import Rule, events_backends
from moto.ssm.models import SimpleSystemManagerBackend
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.cloud.account import Account
from local.cloud.functions import Functions
from local.state import ACCOUNT

log = logging.getLogger(__name__)
PLACEHOLDER = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>]+)>')
INNER = re.compile(r"<([^<>]+)>")


def install(account: Account, functions: Functions) -> None:
    """Adds our events and targets to moto's."""
    others: Any = Rule.send_to_targets

    def send_to_targets(rule: Any, event: dict[str, Any], transform_input: bool = True) -> None:
        if rule.state != "ENABLED" or not rule.event_pattern.matches_event(event):
            return
        for target in list(rule.targets):
            try:
                if not start(target, _delivered(event), functions):
                    _only(others, rule, target, event, transform_input)
            except Exception:
                # AWS tells the target's dead-letter queue at most; never whoever put the event.
                log.exception("rule %s: target %s", rule.name, target["Arn"])

    rules: Any = Rule
    rules.send_to_targets = send_to_targets
    parameters: Any = SimpleSystemManagerBackend
    parameters.put_parameter = _announcing_put(parameters.put_parameter)
    parameters.delete_parameter = _announcing_delete(parameters.delete_parameter)
    parameters.delete_parameters = _announcing_deletes(parameters.delete_parameters)
    _tell_of_ended_executions(account)


def executions() -> dict[str, list[dict[str, str]]]:
    """The newest executions of each state machine, for `make status`."""
    return {
        machine.name: [
            {"name": execution.name, "status": str(execution.status), "started": execution.start_date.isoformat()}
            for execution in machine.executions[-10:]
        ]
        for backend in stepfunctions_parser_backends[ACCOUNT].values()
        for machine in backend.state_machines
    }


def start(target: dict[str, Any], event: dict[str, Any], functions: Functions) -> bool:
    """Starts what the target names; False if it is of a kind that we do not serve."""
    _, _, service, region, account, *rest = target["Arn"].split(":")
    if service == "states":
        machines = stepfunctions_parser_backends[account][region]
        machines.start_execution(target["Arn"], str(uuid.uuid4()), json.dumps(_input(target, event)))
        return True
    if service == "lambda":
        functions.later(lambda_backends[account][region].get_function(rest[1]), _input(target, event))
        return True
    if service == "codebuild":
        _build(target, event, region, rest[0].partition("/")[2])
        return True
    return False


def _build(target: dict[str, Any], event: dict[str, Any], region: str, project: str) -> None:
    """Starts a build as StartBuild does. Only an input of the rule's own may change it: an event is none.

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
    """
    own = any(name in target for name in ("Input", "InputPath", "InputTransformer"))
    given = (_input(target, event) if own else {}) | {"projectName": project}
    asked = SimpleNamespace(_get_param=given.get, codebuild_backend=codebuild_backends[ACCOUNT][region])
    responses: Any = CodeBuildResponse
    responses.start_build(asked)


def _only(others: Callable[..., None], rule: Any, target: dict[str, Any], event: Any, transform_input: bool) -> None:
    """Lets moto serve one target alone, so that its failure keeps nothing from the other targets."""
    targets, rule.targets = rule.targets, [target]
    try:
        others(rule, event, transform_input)
    finally:
        rule.targets = targets


def _delivered(event: dict[str, Any]) -> dict[str, Any]:
    """The event as targets see it: ISO time, and nothing of the service's own."""
    moment = datetime.fromtimestamp(float(event["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: value for name, value in event.items() if name != "ingestion-time"} | {"time": moment}


def _input(target: dict[str, Any], event: dict[str, Any]) -> Any:
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputPath" in target:
        return _at(target["InputPath"], event)
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event)
    return event


def _at(path: str, event: dict[str, Any]) -> Any:
    # `detail-type` is no name to a JSONPath parser unless it is quoted.
    quoted = re.sub(r"\.([A-Za-z_]\w*(?:-\w+)+)", r".'\1'", path)
    found = parse(quoted).find(event)
    return found[0].value if found else None


def _transformed(transformer: dict[str, Any], event: dict[str, Any]) -> Any:
    """Fills AWS's input template: JSON where a placeholder stands alone, plain text where it stands in a string."""
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values["aws.events.event.json"] = values["aws.events.event"] = event

    def plain(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]

    def fill(match: re.Match[str]) -> str:
        return json.dumps(values.get(match[1])) if match[1] else INNER.sub(plain, match[0])

    return json.loads(PLACEHOLDER.sub(fill, transformer["InputTemplate"]))


def _announcing_put(put: Callable[..., Any]) -> Callable[..., Any]:
    def put_parameter(backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        parameter = put(backend, name, *args, **kwargs)
        _announce(backend, "Create" if parameter.version == 1 else "Update", parameter)
        return parameter

    return put_parameter


def _announcing_delete(delete: Callable[..., Any]) -> Callable[..., Any]:
    def delete_parameter(backend: Any, name: str) -> Any:
        parameter = backend.get_parameter(name)
        result = delete(backend, name)
        _announce(backend, "Delete", parameter)
        return result

    return delete_parameter


def _announcing_deletes(delete: Callable[..., Any]) -> Callable[..., Any]:
    def delete_parameters(backend: Any, names: list[str]) -> Any:
        parameters = {name: backend.get_parameter(name) for name in names}
        deleted = delete(backend, names)
        for name in deleted:
            _announce(backend, "Delete", parameters[name])
        return deleted

    return delete_parameters


def _announce(backend: Any, operation: str, parameter: Any) -> None:
    name, kind = parameter.name, parameter.parameter_type
    resource = f"arn:aws:ssm:{backend.region_name}:{backend.account_id}:parameter/{name.lstrip('/')}"
    events_backends[backend.account_id][backend.region_name].put_events(
        [
            {
                "Source": "aws.ssm",
                "DetailType": "Parameter Store Change",
                "Resources": [resource],
                "Detail": json.dumps({"operation": operation, "name": name, "type": kind}),
            }
        ]
    )


def _tell_of_ended_executions(account: Account) -> None:
    moto: Any = BaseExecutionWorkerCommunication
    ended = moto.terminated

    def terminated(communication: Any) -> None:
        ended(communication)
        account.changed()

    moto.terminated = terminated
