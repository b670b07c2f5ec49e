"""Kubernetes clusters: a private API of a supported version, with its secrets encrypted and its audit log on."""

from __future__ import annotations

from typing import Final

from policies.declared import Declared, given, known
from policies.rule import FSBP, ResourceRule, Rule, Settings
from policies.sources import hub

_CLUSTER: Final = ("aws:eks/cluster:Cluster",)


def _private(resource: Declared, settings: Settings) -> str | None:
    path = "vpcConfig.endpointPublicAccess"
    if known(resource.at(path), path) is False:
        return None
    own = known(resource.at("vpcConfig.publicAccessCidrs"), "vpcConfig.publicAccessCidrs") or ()
    if settings["cidrs"] and own and set(own) <= set(settings["cidrs"]):
        return None
    return f"endpointPublicAccess for {', '.join(map(str, own)) or 'everybody'}"


def _supported(resource: Declared, settings: Settings) -> str | None:
    version = known(resource.at("version"), "version")
    # Left out, EKS takes its newest.
    if version is None or _number(str(version)) >= _number(settings["oldest"]):
        return None
    return f"version {version}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _encrypted(resource: Declared, _settings: Settings) -> str | None:
    what = known(resource.at("encryptionConfig.resources"), "encryptionConfig.resources") or ()
    key = given(resource.at("encryptionConfig.provider.keyArn"))
    return None if "secrets" in what and key else "no encryptionConfig for secrets"


def _audited(resource: Declared, _settings: Settings) -> str | None:
    types = known(resource.at("enabledClusterLogTypes"), "enabledClusterLogTypes") or ()
    return None if "audit" in types else f"log types {', '.join(map(str, types)) or 'left out'}"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="EKS.1",
        name="eks-1-private-api",
        severity="high",
        frameworks=(FSBP,),
        title="a cluster's API is not reached from outside",
        allowed="vpcConfig.endpointPublicAccess: false, or publicAccessCidrs of setting `cidrs` (none by default)",
        fix="set endpointPublicAccess to false",
        source=hub("EKS.1"),
        settings={"cidrs": []},
        types=_CLUSTER,
        check=_private,
    ),
    ResourceRule(
        control="EKS.2",
        name="eks-2-supported-version",
        severity="high",
        frameworks=(FSBP,),
        title="a cluster runs a supported version of Kubernetes",
        allowed="version of at least setting `oldest`",
        fix="raise version, one minor version at a time",
        source=hub("EKS.2"),
        # https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
        settings={"oldest": "1.33"},
        types=_CLUSTER,
        check=_supported,
    ),
    ResourceRule(
        control="EKS.3",
        name="eks-3-encrypted-secrets",
        severity="medium",
        frameworks=(FSBP,),
        title="a cluster's secrets are encrypted with a key that its owner holds",
        allowed="encryptionConfig with resources [secrets] and provider.keyArn",
        fix="set encryptionConfig to the stack's key",
        source=hub("EKS.3"),
        types=_CLUSTER,
        check=_encrypted,
    ),
    ResourceRule(
        control="EKS.8",
        name="eks-8-audit-log",
        severity="medium",
        frameworks=(FSBP,),
        title="a cluster writes its audit log",
        allowed="enabledClusterLogTypes with audit",
        fix="add audit to enabledClusterLogTypes",
        source=hub("EKS.8"),
        types=_CLUSTER,
        check=_audited,
    ),
)
