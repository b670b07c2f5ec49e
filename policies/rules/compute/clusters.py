"""Kubernetes clusters: a private API of a supported version, with its secrets encrypted and its audit log on."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from catalog.kubernetes_versions import number, supported
from policies.declared import Declared, given, known
from policies.rule import FSBP, OWN, ResourceRule, Rule, Settings
from policies.sources import hub

_CLUSTER: Final = ("aws:eks/cluster:Cluster",)
_ASSOCIATION: Final = ("aws:eks/accessPolicyAssociation:AccessPolicyAssociation",)
_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_ENTRIES: Final = "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html"


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
    if version is None or number(str(version)) >= number(settings["oldest"]):
        return None
    return f"version {version}"


def _encrypted(resource: Declared, _settings: Settings) -> str | None:
    what = known(resource.at("encryptionConfig.resources"), "encryptionConfig.resources") or ()
    key = given(resource.at("encryptionConfig.provider.keyArn"))
    return None if "secrets" in what and key else "no encryptionConfig for secrets"


def _audited(resource: Declared, _settings: Settings) -> str | None:
    types = known(resource.at("enabledClusterLogTypes"), "enabledClusterLogTypes") or ()
    return None if "audit" in types else f"log types {', '.join(map(str, types)) or 'left out'}"


def _logged(resource: Declared, _settings: Settings) -> str | None:
    types = known(resource.at("enabledClusterLogTypes"), "enabledClusterLogTypes") or ()
    missing = [kind for kind in _LOGS if kind not in types]
    return f"no log of {', '.join(missing)}" if missing else None


def _entered(resource: Declared, _settings: Settings) -> str | None:
    mode = known(resource.at("accessConfig.authenticationMode"), "accessConfig.authenticationMode")
    return None if mode == "API" else f"authentication mode {mode or 'left out'}"


def _ownerless(resource: Declared, _settings: Settings) -> str | None:
    path = "accessConfig.bootstrapClusterCreatorAdminPermissions"
    return None if known(resource.at(path), path) is False else "whoever creates it as an administrator for ever"


def _kept(resource: Declared, _settings: Settings) -> str | None:
    protected = known(resource.at("deletionProtection"), "deletionProtection")
    return None if protected is True else "deletionProtection false or left out"


def _association(resource: Declared, settings: Settings) -> str | None:
    """Cluster-wide administration is for few."""
    policy = known(resource.at("policyArn"), "policyArn")
    scope = known(resource.at("accessScope.type"), "accessScope.type")
    if not str(policy).endswith("/AmazonEKSClusterAdminPolicy") or scope != "cluster":
        return None
    who = str(known(resource.at("principalArn"), "principalArn"))
    names = settings["administrators"]
    if any(fnmatchcase(who.rpartition(":role/")[2], name) for name in names):
        return None
    return f"{who} as an administrator of the whole cluster"


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
        # The oldest in standard support, by the calendar of the catalog.
        settings={"oldest": supported()[0]},
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
    ResourceRule(
        control="Takeoff.56",
        name="takeoff-56-every-control-plane-log",
        severity="medium",
        frameworks=(OWN,),
        title="a cluster writes every log of its control plane",
        allowed=f"enabledClusterLogTypes with {', '.join(_LOGS)}",
        fix="name all five in enabledClusterLogTypes",
        source="https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html",
        types=_CLUSTER,
        check=_logged,
    ),
    ResourceRule(
        control="Takeoff.57",
        name="takeoff-57-access-by-entries",
        severity="high",
        frameworks=(OWN,),
        title="a cluster lets in by access entries alone",
        allowed="accessConfig.authenticationMode: API",
        fix="set authenticationMode to API; a ConfigMap in the cluster is nobody's declaration",
        source=_ENTRIES,
        types=_CLUSTER,
        check=_entered,
    ),
    ResourceRule(
        control="Takeoff.57",
        name="takeoff-57-creator-is-nobody",
        severity="high",
        frameworks=(OWN,),
        title="whoever creates a cluster is nobody in it",
        allowed="accessConfig.bootstrapClusterCreatorAdminPermissions: false",
        fix="set it to false and declare an access entry",
        source=_ENTRIES,
        types=_CLUSTER,
        check=_ownerless,
    ),
    ResourceRule(
        control="Takeoff.57",
        name="takeoff-57-few-administrators",
        severity="high",
        frameworks=(OWN,),
        title="a whole cluster has few administrators",
        allowed="AmazonEKSClusterAdminPolicy over a whole cluster for roles named like setting `administrators`",
        fix="associate AmazonEKSEditPolicy or AmazonEKSViewPolicy, or name the role in `administrators`",
        source="https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html",
        settings={"administrators": ["takeoff-*-deployer"]},
        types=_ASSOCIATION,
        check=_association,
    ),
    ResourceRule(
        control="Takeoff.58",
        name="takeoff-58-cluster-is-kept",
        severity="medium",
        frameworks=(OWN,),
        title="a cluster is not deleted by mistake",
        allowed="deletionProtection: true",
        fix="set deletionProtection (protect: true in the stack file sets it)",
        source="https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
        types=_CLUSTER,
        check=_kept,
    ),
)
