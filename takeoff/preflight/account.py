"""The account's side of preflight: questions, each answered or Unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from takeoff.preflight.finding import Unknown
from takeoff.preflight.names import Owner
from takeoff.preflight.permissions import principal
from takeoff.preflight.quotas import COUNTED, VCPUS, Answer

Result = TypeVar("Result")


class Account:
    """One account and region, looked at and never changed."""

    def __init__(self, region: str | None = None) -> None:
        self._session = boto3.Session(region_name=region)

    def sagemaker_quotas(self) -> Mapping[str, float] | Unknown:
        """SageMaker's quotas by name: each instance type's has a code of its own.

        https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
        """

        def listed() -> dict[str, float]:
            quotas = self._pages("service-quotas", "list_service_quotas", "Quotas", ServiceCode="sagemaker")
            return {quota["QuotaName"]: quota["Value"] for quota in quotas}

        return ask(listed)

    def counted_quotas(self, types: Collection[str]) -> dict[str, Answer]:
        """The applied value of each counted type's quota, by code."""
        return {code: self._quota(service, code) for type_ in types for service, code, _ in [COUNTED[type_]]}

    def vcpu_quotas(self) -> dict[str, Answer]:
        """The applied value of each vCPU quota, by code."""
        return {code: self._quota("ec2", code) for code, _ in VCPUS.values()}

    def counted(self, types: Collection[str]) -> dict[str, Answer]:
        """How many of each counted type there are; those of a VPC that is itself new are none."""
        questions: dict[str, Callable[[], float]] = {
            "aws:ec2/eip:Eip": lambda: len(self._client("ec2").describe_addresses()["Addresses"]),
            "aws:ec2/vpc:Vpc": lambda: len(self._all("ec2", "describe_vpcs", "Vpcs")),
            "aws:ec2/natGateway:NatGateway": lambda: 0.0,
            "aws:ec2/vpcEndpoint:VpcEndpoint": lambda: 0.0,
            "aws:eks/cluster:Cluster": lambda: len(self._all("eks", "list_clusters", "clusters")),
            "aws:eks/nodeGroup:NodeGroup": lambda: 0.0,
        }
        return {type_: ask(questions[type_]) for type_ in types}

    def vcpus(self, types: Collection[str]) -> Mapping[str, int] | Unknown:
        """vCPUs of EC2 types."""

        def listed() -> dict[str, int]:
            found = self._all("ec2", "describe_instance_types", "InstanceTypes", InstanceTypes=sorted(types))
            return {each["InstanceType"]: each["VCpuInfo"]["DefaultVCpus"] for each in found}

        return ask(listed) if types else {}

    def linked_roles(self) -> Collection[str] | Unknown:
        """The services that have a service-linked role in the account: its path is /aws-service-role/<service>/."""
        return ask(
            lambda: {
                role["Path"].split("/")[2]
                for role in self._all("iam", "list_roles", "Roles", PathPrefix="/aws-service-role/")
            }
        )

    def settings(self, names: Collection[str]) -> dict[str, bool | Unknown]:
        """Whether each of the account's settings is made."""
        questions: dict[str, Callable[[], bool]] = {
            "API Gateway's log role": lambda: bool(self._client("apigateway").get_account().get("cloudwatchRoleArn")),
            "Config recorder": lambda: bool(
                self._client("config").describe_configuration_recorders()["ConfigurationRecorders"]
            ),
            "Lake Formation administrator": lambda: bool(
                self._client("lakeformation").get_data_lake_settings()["DataLakeSettings"].get("DataLakeAdmins")
            ),
        }
        return {name: ask(questions[name]) for name in names}

    def zones(self) -> Collection[str] | Unknown:
        """The region's zones that this account may use."""
        filters = [{"Name": "zone-type", "Values": ["availability-zone"]}]
        return ask(
            lambda: {
                zone["ZoneName"]
                for zone in self._client("ec2").describe_availability_zones(Filters=filters)["AvailabilityZones"]
                if zone["State"] == "available"
            }
        )

    def type_zones(self, types: Collection[str]) -> dict[str, Collection[str] | Unknown]:
        """The zones that offer each EC2 type."""

        def zones(type_: str) -> set[str]:
            filters = [{"Name": "instance-type", "Values": [type_]}]
            asked = {"LocationType": "availability-zone", "Filters": filters}
            listed = self._all("ec2", "describe_instance_type_offerings", "InstanceTypeOfferings", **asked)
            return {each["Location"] for each in listed}

        return {type_: ask(lambda t=type_: zones(t)) for type_ in types}  # type: ignore[misc]

    def service_zones(self, services: Collection[str]) -> dict[str, Collection[str] | Unknown]:
        """The zones in which each service has interface endpoints."""

        def zones(service: str) -> set[str]:
            details = self._client("ec2").describe_vpc_endpoint_services(ServiceNames=[service])["ServiceDetails"]
            return {zone for each in details for zone in each["AvailabilityZones"]}

        return {service: ask(lambda s=service: zones(s)) for service in services}  # type: ignore[misc]

    def owner(self, bucket: str) -> Owner | Unknown:
        """Whose a bucket's name is. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
        try:
            self._client("s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            owners: dict[int, Owner] = {404: "nobody", 403: "another account", 301: "another account"}
            return owners.get(status, Unknown(str(error)))
        except BotoCoreError as error:
            return Unknown(str(error))
        return "this account"

    def free_addresses(self, subnets: Sequence[str]) -> Mapping[str, int] | Unknown:
        """Free addresses of existing subnets."""

        def listed() -> dict[str, int]:
            found = self._all("ec2", "describe_subnets", "Subnets", SubnetIds=list(subnets))
            return {subnet["SubnetId"]: subnet["AvailableIpAddressCount"] for subnet in found}

        return ask(listed) if subnets else {}

    def denied(self, actions: Sequence[str]) -> Sequence[str] | Unknown:
        """Which actions IAM denies to the caller; Unknown for the root user, whom IAM cannot simulate."""
        caller = ask(lambda: str(self._client("sts").get_caller_identity()["Arn"]))
        if isinstance(caller, Unknown):
            return caller
        if caller.endswith(":root"):
            return Unknown("the root user is not simulated; deploy with a role instead")

        def simulated() -> list[str]:
            asked = {"PolicySourceArn": principal(caller), "ActionNames": list(actions)}
            results = self._pages("iam", "simulate_principal_policy", "EvaluationResults", **asked)
            return [each["EvalActionName"] for each in results if each["EvalDecision"] != "allowed"]

        return ask(simulated) if actions else []

    def _quota(self, service: str, code: str) -> Answer:
        """The account's own value, else AWS's default."""
        asked = {"ServiceCode": service, "QuotaCode": code}
        client = self._client("service-quotas")
        applied = ask(lambda: float(client.get_service_quota(**asked)["Quota"]["Value"]))
        if not isinstance(applied, Unknown):
            return applied
        return ask(lambda: float(client.get_aws_default_service_quota(**asked)["Quota"]["Value"]))

    def _client(self, service: str) -> Any:
        return self._session.client(
            service, config=Config(retries={"total_max_attempts": 2}, user_agent_extra="takeoff")
        )

    def _pages(self, service: str, operation: str, key: str, **members: Any) -> Any:
        for page in self._client(service).get_paginator(operation).paginate(**members):
            yield from page[key]

    def _all(self, service: str, operation: str, key: str, **members: Any) -> list[Any]:
        return list(self._pages(service, operation, key, **members))


def ask(question: Callable[[], Result]) -> Result | Unknown:
    """The answer, or why there is none: a denial, a service that is not there, an emulator that does not know."""
    try:
        return question()
    except ClientError as error:
        return Unknown(f"{error.operation_name}: {error.response['Error'].get('Code', 'error')}")
    except ResponseParserError:
        return Unknown("not answered: the emulated account does not serve this question")
    except (BotoCoreError, KeyError, ValueError) as error:
        return Unknown(f"{type(error).__name__}: {error}")
