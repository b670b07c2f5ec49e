"""What stays inside the VPC: calls to AWS, by endpoints of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from policies.declared import Declared, Graph, given, known
from policies.documents import Statement, statements
from policies.links import each, parts
from policies.openness import held
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.rules.network.networks import VPC
from policies.sources import hub

_ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
_PAGE: Final = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"
# AWS's controls for single services: number, service, its name.
_SERVICES: Final = (
    (10, "ec2", "Amazon EC2"),
    (55, "ecr.api", "the ECR API"),
    (56, "ecr.dkr", "Docker images in ECR"),
    (57, "ssm", "Systems Manager"),
    (58, "ssm-contacts", "Incident Manager's contacts"),
    (60, "ssm-incidents", "Incident Manager"),
)


def _endpoint(*services: str) -> Callable[[Graph, Settings], Iterator[Broken]]:
    def found(graph: Graph, settings: Settings) -> Iterator[Broken]:
        wanted = services or tuple(settings["services"])

        def check(vpc: Declared) -> str | None:
            for service in wanted:
                if (got := _reached(graph, vpc, service)) is not None:
                    return got
            return None

        return each(graph.of(VPC), check)

    return found


def _reached(graph: Graph, vpc: Declared, service: str) -> str | None:
    endpoints = [
        endpoint
        for endpoint in parts(graph, vpc, "vpcId", _ENDPOINT)
        if str(known(endpoint.at("serviceName"), "serviceName")).partition("amazonaws.")[2].partition(".")[2] == service
    ]
    if not endpoints:
        return f"no VpcEndpoint for {service}"
    if known(endpoints[0].at("vpcEndpointType"), "vpcEndpointType") != "Interface":
        return None
    # An interface endpoint takes the service's own name only with private DNS, and that needs both of the VPC's.
    if known(endpoints[0].at("privateDnsEnabled"), "privateDnsEnabled") is not True:
        return f"the endpoint of {service} without privateDnsEnabled"
    off = vpc.at("enableDnsSupport") is False or vpc.at("enableDnsHostnames") is not True
    return "a VPC without enableDnsSupport and enableDnsHostnames" if off else None


def _grouped(resource: Declared, _settings: Settings) -> str | None:
    if known(resource.at("vpcEndpointType"), "vpcEndpointType") != "Interface":
        return None
    return None if given(resource.at("securityGroupIds")) else "no securityGroupIds: the VPC's default group"


def _policy(resource: Declared, _settings: Settings) -> str | None:
    gateway = known(resource.at("vpcEndpointType"), "vpcEndpointType") in (None, "", "Gateway")
    if not given(resource.at("policy")):
        return "no policy: any bucket of anybody's" if gateway else None
    return next((got for each in statements(resource, "policy") if each.allows and (got := _loose(each))), None)


def _loose(statement: Statement) -> str | None:
    if "*" in statement.actions or statement.not_actions or statement.not_resources:
        return "every action"
    if held(statement):
        return None
    broad = [
        each for each in (*statement.actions, *statement.resources) if each.endswith((":*", "*:::*")) or each == "*"
    ]
    return f"{', '.join(broad)} for whichever account" if broad else None


RULES: Final[tuple[Rule, ...]] = (
    *(
        StackRule(
            control=f"EC2.{number}",
            name=f"ec2-{number}-endpoint-{service.replace('.', '-')}",
            severity="medium",
            frameworks=(FSBP,),
            title=f"a VPC reaches {name} by an interface endpoint",
            allowed=f"a VpcEndpoint for {service} with privateDnsEnabled, in a VPC with DNS support and host names",
            fix=f"declare one, or exempt the VPC where nothing in it calls {name}",
            source=hub(f"EC2.{number}"),
            types=(VPC,),
            check=_endpoint(service),
        )
        for number, service, name in _SERVICES
    ),
    StackRule(
        control="Takeoff.47",
        name="takeoff-47-calls-stay-inside",
        severity="medium",
        frameworks=(OWN,),
        title="a VPC reaches what model servers call by endpoints of its own",
        allowed="a VpcEndpoint for each of setting `services`, interfaces with privateDnsEnabled",
        fix="declare the missing one (our Network derives them from what is declared)",
        source=_PAGE,
        settings={"services": ["s3", "ecr.api", "ecr.dkr", "logs", "sts"]},
        types=(VPC,),
        check=_endpoint(),
    ),
    StackRule(
        control="Takeoff.47",
        name="takeoff-47-nodes-calls-stay-inside",
        severity="medium",
        frameworks=(OWN,),
        title="a VPC with a cluster reaches what nodes and pods call by endpoints of its own",
        allowed="a VpcEndpoint for each of setting `services`, interfaces with privateDnsEnabled",
        fix="declare the missing one (our Network derives them from what is declared)",
        source="https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html",
        settings={"services": ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "sts"]},
        types=("aws:eks/cluster:Cluster",),
        check=_endpoint(),
    ),
    ResourceRule(
        control="Takeoff.47",
        name="takeoff-47-endpoints-have-a-group",
        severity="medium",
        frameworks=(OWN,),
        title="an interface endpoint says who may call it",
        allowed="securityGroupIds with a group of its own",
        fix="set securityGroupIds",
        source=_PAGE,
        types=(_ENDPOINT,),
        check=_grouped,
    ),
    ResourceRule(
        control="Takeoff.19",
        name="takeoff-19-endpoint-policies",
        severity="medium",
        frameworks=(OWN,),
        title="a gateway endpoint leads to your own account's resources",
        allowed="a policy whose statements are held by aws:ResourceAccount or the like, or name actions and resources",
        fix="add the condition, or name the resource",
        source="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html#edit-vpc-endpoint-policy-s3",
        types=(_ENDPOINT,),
        check=_policy,
    ),
)
