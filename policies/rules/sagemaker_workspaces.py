"""Rules on where people work: notebook instances, Studio domains and the images that they start.

Titles, severities and what fails are AWS's: the page below, read on 2026-11-23. SageMaker.6 and .7 belong to the
tagging standard and not to the AI one; they are here since the pack judges every control of SageMaker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.declared import Declared, given, known
from policies.nested import customer_key
from policies.rule import AI, FSBP, OWN, TAGGING, ResourceRule, Rule, Settings

_PAGE = "https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html"
_NOTEBOOK = ("aws:sagemaker/notebookInstance:NotebookInstance",)
_DOMAIN = ("aws:sagemaker/domain:Domain", "aws-native:sagemaker:Domain")
_APP_IMAGE = ("aws:sagemaker/appImageConfig:AppImageConfig", "aws-native:sagemaker:AppImageConfig")
_IMAGE = ("aws:sagemaker/image:Image", "aws-native:sagemaker:Image")
# The parameter of SageMaker.8, which AWS does not let anybody change; it was notebook-al2-v3 before.
_PLATFORM = "notebook-al2023-v1"
_IDLE = "defaultUserSettings.jupyterLabAppSettings.appLifecycleManagement.idleSettings.lifecycleManagement"


def _direct_internet(notebook: Declared, _settings: Settings) -> str | None:
    value = known(notebook.at("directInternetAccess"), "directInternetAccess")
    return None if value == "Disabled" else f"directInternetAccess {value or 'left at its default, Enabled'}"


def _outside_vpc(notebook: Declared, _settings: Settings) -> str | None:
    return None if given(notebook.at("subnetId")) else "no subnetId"


def _root(notebook: Declared, _settings: Settings) -> str | None:
    value = known(notebook.at("rootAccess"), "rootAccess")
    return None if value == "Disabled" else f"rootAccess {value or 'left at its default, Enabled'}"


def _platform(notebook: Declared, _settings: Settings) -> str | None:
    value = known(notebook.at("platformIdentifier"), "platformIdentifier")
    return None if value == _PLATFORM else f"platformIdentifier {value or 'left to AWS'}"


def _key(resource: Declared, _settings: Settings) -> str | None:
    value = resource.at("kmsKeyId")
    return None if customer_key(value) else f"kmsKeyId {value or 'not set'}"


def _metadata_service(notebook: Declared, _settings: Settings) -> str | None:
    path = "instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion"
    value = known(notebook.at(path), path)
    return None if str(value) == "2" else f"version {value or 'left at its default, 1'}"


def _domain(domain: Declared, _settings: Settings) -> str | None:
    """What lets a domain's notebooks out, leaves their disks to AWS's key or keeps them running over night."""
    network, idle = known(domain.at("appNetworkAccessType"), "appNetworkAccessType"), known(domain.at(_IDLE), _IDLE)
    found = [] if network == "VpcOnly" else [f"appNetworkAccessType {network or 'left at PublicInternetOnly'}"]
    found += [] if customer_key(domain.at("kmsKeyId")) else ["no key of yours as kmsKeyId"]
    found += [] if idle == "ENABLED" else ["no idle shutdown of JupyterLab"]
    return ", ".join(found) or None


def _tagged(resource: Declared, settings: Settings) -> str | None:
    """AWS asks for any tag where no key is named; default tags of the provider count, as AWS sees them too."""
    tags: Any = known(resource.at("tags"), "tags")
    if isinstance(tags, list):
        tags = {each.get("key"): each.get("value") for each in tags if isinstance(each, Mapping)}
    own = {key for key in tags or {} if not str(key).startswith("aws:")}
    missing = [key for key in settings["keys"] if key not in own]
    if missing:
        return f"no tag {', '.join(missing)}"
    return None if own else "no tag"


RULES: tuple[Rule, ...] = (
    ResourceRule(
        control="SageMaker.1",
        name="sagemaker-1-notebook-without-direct-internet",
        severity="high",
        frameworks=(AI, FSBP),
        title="Notebook instances have no direct internet access",
        allowed="directInternetAccess Disabled",
        fix='direct_internet_access="Disabled", with subnet_id and security_groups of a VPC',
        source=f"{_PAGE}#sagemaker-1",
        types=_NOTEBOOK,
        check=_direct_internet,
    ),
    ResourceRule(
        control="SageMaker.2",
        name="sagemaker-2-notebook-in-a-vpc",
        severity="high",
        frameworks=(AI, FSBP),
        title="Notebook instances start in a VPC of yours",
        allowed="a subnetId",
        fix="subnet_id=network.private_subnet_ids[0]",
        source=f"{_PAGE}#sagemaker-2",
        types=_NOTEBOOK,
        check=_outside_vpc,
    ),
    ResourceRule(
        control="SageMaker.3",
        name="sagemaker-3-notebook-without-root",
        severity="high",
        frameworks=(AI, FSBP),
        title="Users have no root access to notebook instances",
        allowed="rootAccess Disabled",
        fix='root_access="Disabled"',
        source=f"{_PAGE}#sagemaker-3",
        types=_NOTEBOOK,
        check=_root,
    ),
    ResourceRule(
        control="SageMaker.6",
        name="sagemaker-6-app-image-config-is-tagged",
        severity="low",
        frameworks=(TAGGING,),
        title="App image configurations are tagged",
        allowed="one tag or more, and those that `keys` names",
        fix='tags={"takeoff:owner": "<e-mail>"}',
        source=f"{_PAGE}#sagemaker-6",
        types=_APP_IMAGE,
        check=_tagged,
        settings={"keys": []},
    ),
    ResourceRule(
        control="SageMaker.7",
        name="sagemaker-7-image-is-tagged",
        severity="low",
        frameworks=(TAGGING,),
        title="SageMaker images are tagged",
        allowed="one tag or more, and those that `keys` names",
        fix='tags={"takeoff:owner": "<e-mail>"}',
        source=f"{_PAGE}#sagemaker-7",
        types=_IMAGE,
        check=_tagged,
        settings={"keys": []},
    ),
    ResourceRule(
        control="SageMaker.8",
        name="sagemaker-8-notebook-on-a-supported-platform",
        severity="medium",
        frameworks=(AI, FSBP),
        title="Notebook instances run on a supported platform",
        allowed=f"platformIdentifier {_PLATFORM}",
        fix=f'platform_identifier="{_PLATFORM}"',
        source=f"{_PAGE}#sagemaker-8",
        types=_NOTEBOOK,
        check=_platform,
    ),
    ResourceRule(
        control="SageMaker.21",
        name="sagemaker-21-notebook-is-encrypted-with-your-key",
        severity="medium",
        frameworks=(AI,),
        title="Notebook instances are encrypted with a customer managed key",
        allowed="kmsKeyId of a key of yours",
        fix="kms_key_id=key.arn",
        source=f"{_PAGE}#sagemaker-21",
        types=_NOTEBOOK,
        check=_key,
    ),
    ResourceRule(
        control="Takeoff.33",
        name="takeoff-33-domain-is-private-and-goes-to-sleep",
        severity="high",
        frameworks=(OWN,),
        title="Studio domains reach the world through a VPC only, are encrypted with your key and shut idle apps down",
        allowed="appNetworkAccessType VpcOnly, a kmsKeyId of yours, JupyterLab's idleSettings ENABLED",
        fix='app_network_access_type="VpcOnly", kms_key_id=key.arn and default_user_settings with idle_settings',
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/studio-notebooks-and-internet-access.html",
        types=_DOMAIN,
        check=_domain,
    ),
    ResourceRule(
        control="Takeoff.33",
        name="takeoff-33-notebook-hides-its-credentials",
        severity="medium",
        frameworks=(OWN,),
        title="Notebook instances answer to version 2 of the metadata service alone",
        allowed="minimumInstanceMetadataServiceVersion 2",
        fix='instance_metadata_service_configuration={"minimum_instance_metadata_service_version": "2"}',
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/nbi-imds.html",
        types=_NOTEBOOK,
        check=_metadata_service,
    ),
)
