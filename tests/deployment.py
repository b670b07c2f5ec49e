"""Running the Pulumi program in a test: on its own event loop, drained, and handed back as data."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

ACCOUNT = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A resource as the program asked for it: inputs with the engine's names, and options.

    `made_from` names for each input the resources (URNs) whose outputs it was made from.
    """

    type: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    parent: str
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    depends_on: tuple[str, ...]
    made_from: Mapping[str, tuple[str, ...]]
    provider: str


@dataclass(frozen=True)
class Deployment:
    """Everything that one run of the program registered."""

    resources: list[Registered]
    outputs: dict[str, Any] = field(default_factory=dict)

    def all(self, kind: type[pulumi.Resource] | str) -> list[Registered]:
        """Every resource of a type, in order of registration."""
        wanted = kind if isinstance(kind, str) else kind.pulumi_type  # type: ignore[attr-defined]
        return [resource for resource in self.resources if resource.type == wanted]

    def one(self, kind: type[pulumi.Resource] | str, name: str | None = None) -> Registered:
        """The only resource of a type (and name); anything else is the test's failure."""
        found = [resource for resource in self.all(kind) if name in (None, resource.name)]
        assert len(found) == 1, f"expected one {kind} {name or ''}, got {[r.name for r in found]}"
        return found[0]


class _Account(Mocks):
    """Answers as AWS would: an ARN for everything, and parameters from the test."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        name = args.inputs.get("name") or args.inputs.get("bucket") or args.name
        service = args.typ.split(":")[1].split("/")[0]
        arn = f"arn:aws:{service}:us-east-1:{ACCOUNT}:{args.typ.split(':')[-1].lower()}/{name}"
        known: dict[str, Any] = {"arn": arn, "name": name, "keyId": f"key-{args.name}"}
        if args.typ == "aws:ecr/repository:Repository":
            known["repositoryUrl"] = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{name}"
        if args.typ == "aws:eks/cluster:Cluster":
            known["endpoint"] = f"https://{name}.eks.us-east-1.amazonaws.com"
            known["certificateAuthority"] = {"data": "Y2E="}
            known["vpcConfig"] = {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-cluster"}
        return str(name), {**args.inputs, **known}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT, "id": ACCOUNT}
        if args.token == "aws:index/getPartition:getPartition":
            return {"partition": "aws", "id": "aws"}
        if args.token == "aws:ssm/getParametersByPath:getParametersByPath":
            return {"names": list(self._parameters), "values": list(self._parameters.values())}
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":
            names = [f"us-east-1{letter}" for letter in "abcdef"]
            return {"names": names, "zoneIds": names, "groupNames": names, "id": "us-east-1"}
        if args.token == "aws:eks/getCluster:getCluster":
            name = args.args["name"]
            return {
                "name": name,
                "endpoint": f"https://{name}.eks.us-east-1.amazonaws.com",
                "certificateAuthorities": [{"data": "Y2E="}],
                "kubernetesNetworkConfigs": [{"serviceIpv4Cidr": "172.20.0.0/16"}],
            }
        if args.token == "aws:ec2/getPrefixList:getPrefixList":
            return {"id": "pl-63a5400a", "name": args.args["name"], "cidrBlocks": ["52.216.0.0/15", "3.5.0.0/19"]}
        raise AssertionError(f"the program asked the account for {args.token}, which no test answers")


class _Monitor(MockMonitor):
    """Keeps what the stock monitor forgets: options."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.registered: list[Registered] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        answer = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            made_from = {key: tuple(found.urns) for key, found in request.propertyDependencies.items() if found.urns}
            self.registered.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=answer.urn,
                    inputs=rpc.deserialize_properties(request.object),
                    parent=request.parent,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    ignore_changes=tuple(request.ignoreChanges),
                    depends_on=tuple(request.dependencies),
                    made_from=made_from,
                    provider=request.provider,
                )
            )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":  # a component's names it too, as its parent
            # Added, not put in place: set_mocks makes a stack as well, whose empty outputs may come last.
            self.outputs |= rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)


def deploy(
    program: Callable[[], None],
    *,
    stack: str = "test",
    config: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Deployment:
    """Run a program to the end and return what it registered; whatever it or an `apply` raises is raised here.

    It runs in a thread of its own, so that no event loop or context of one test reaches the next.
    """
    box: dict[str, Any] = {}

    def run() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        monitor = _Monitor(_Account(parameters or {}))
        try:
            set_mocks(_Account(parameters or {}), project="takeoff", stack=stack, preview=False, monitor=monitor)
            set_root_resource(None)  # type: ignore[arg-type]  # set_mocks made one; run_in_stack makes its own
            pulumi.runtime.set_all_config(dict(config or {}))
            loop.run_until_complete(run_in_stack(program))
            box["deployment"] = Deployment(monitor.registered, monitor.outputs)
        except BaseException as error:
            box["error"] = error
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in box:
        raise box["error"]
    return box["deployment"]
