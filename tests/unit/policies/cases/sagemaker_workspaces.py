"""Cases of the rules on notebooks, domains and images."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
APP_IMAGES = ("aws:sagemaker/appImageConfig:AppImageConfig", "aws-native:sagemaker:AppImageConfig")
IMAGES = ("aws:sagemaker/image:Image", "aws-native:sagemaker:Image")
DOMAINS = ("aws:sagemaker/domain:Domain", "aws-native:sagemaker:Domain")
SLEEPY = {"jupyterLabAppSettings": {"appLifecycleManagement": {"idleSettings": {"lifecycleManagement": "ENABLED"}}}}
PRIVATE = {"appNetworkAccessType": "VpcOnly", "kmsKeyId": KEY, "defaultUserSettings": SLEEPY}


def notebook(**props: Any) -> Declared:
    return declared("aws:sagemaker/notebookInstance:NotebookInstance", instanceType="ml.t3.medium", **props)


def imds(version: Any) -> Declared:
    return notebook(instanceMetadataServiceConfiguration={"minimumInstanceMetadataServiceVersion": version})


def tagged(types: tuple[str, ...]) -> Case:
    classic, native = types
    return Case(
        compliant=[
            declared(classic, tags={"takeoff:owner": "ml@example.com"}),
            declared(native, tags=[{"key": "takeoff:owner", "value": "ml@example.com"}]),
        ],
        violating=[
            declared(classic),
            declared(classic, tags={"aws:cloudformation:stack-name": "made by AWS"}),
            declared(classic, tags={"Owner": "tag keys are case sensitive"}),
            declared(native, tags=[]),
        ],
        unknown=[declared(classic, tags=UNKNOWN)],
        settings={"keys": ["takeoff:owner"]},
    )


CASES = {
    "sagemaker-1-notebook-without-direct-internet": Case(
        compliant=[notebook(directInternetAccess="Disabled")],
        violating=[notebook(directInternetAccess="Enabled"), notebook()],
        unknown=[notebook(directInternetAccess=UNKNOWN)],
    ),
    "sagemaker-2-notebook-in-a-vpc": Case(
        compliant=[notebook(subnetId="subnet-1")],
        violating=[notebook(), notebook(subnetId="")],
        unknown=[notebook(subnetId=UNKNOWN)],
        unknown_is="fine",
    ),
    "sagemaker-3-notebook-without-root": Case(
        compliant=[notebook(rootAccess="Disabled")],
        violating=[notebook(rootAccess="Enabled"), notebook()],
        unknown=[notebook(rootAccess=UNKNOWN)],
    ),
    "sagemaker-6-app-image-config-is-tagged": tagged(APP_IMAGES),
    "sagemaker-7-image-is-tagged": tagged(IMAGES),
    "sagemaker-8-notebook-on-a-supported-platform": Case(
        compliant=[notebook(platformIdentifier="notebook-al2023-v1")],
        violating=[notebook(platformIdentifier="notebook-al2-v2"), notebook()],
        unknown=[notebook(platformIdentifier=UNKNOWN)],
    ),
    "sagemaker-21-notebook-is-encrypted-with-your-key": Case(
        compliant=[notebook(kmsKeyId=KEY)],
        violating=[notebook(), notebook(kmsKeyId="arn:aws:kms:us-east-1:123456789012:alias/aws/sagemaker")],
        unknown=[notebook(kmsKeyId=UNKNOWN)],
        unknown_is="fine",
    ),
    "takeoff-33-domain-is-private-and-goes-to-sleep": Case(
        compliant=[declared(type_, props=PRIVATE) for type_ in DOMAINS],
        violating=[
            *(declared(DOMAINS[0], props={**PRIVATE, key: None}) for key in PRIVATE),
            declared(DOMAINS[0], props={**PRIVATE, "appNetworkAccessType": "PublicInternetOnly"}),
            declared(DOMAINS[0], props={**PRIVATE, "kmsKeyId": "alias/aws/sagemaker"}),
        ],
        unknown=[declared(DOMAINS[0], props={**PRIVATE, "appNetworkAccessType": UNKNOWN})],
    ),
    "takeoff-33-notebook-hides-its-credentials": Case(
        compliant=[imds("2")],
        violating=[imds("1"), notebook()],
        unknown=[imds(UNKNOWN)],
    ),
}
