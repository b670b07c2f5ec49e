"""Managed nodes: nobody logs in to one, its pods do not get at its role, and its disks are encrypted."""

from __future__ import annotations

from typing import Final

from policies.declared import Declared, given, inside, known
from policies.nested import rows
from policies.rule import FSBP, OWN, ResourceRule, Rule, Settings
from policies.sources import hub

_TEMPLATE: Final = ("aws:ec2/launchTemplate:LaunchTemplate",)
_GROUP: Final = ("aws:eks/nodeGroup:NodeGroup",)


def _tokens(resource: Declared, _settings: Settings) -> str | None:
    path = "metadataOptions.httpTokens"
    tokens = known(resource.at(path), path)
    off = known(resource.at("metadataOptions.httpEndpoint"), "metadataOptions.httpEndpoint") == "disabled"
    return None if tokens == "required" or off else f"{path} {tokens or 'left out'}"


def _encrypted(resource: Declared, _settings: Settings) -> str | None:
    disks = [each for each in rows(resource, "blockDeviceMappings") if given(each.get("ebs"))]
    bare = [each for each in disks if str(known(inside(each, "ebs.encrypted"), "ebs.encrypted")).lower() != "true"]
    return f"{bare[0].get('deviceName')} not encrypted" if bare else None


def _hops(resource: Declared, settings: Settings) -> str | None:
    path = "metadataOptions.httpPutResponseHopLimit"
    hops = known(resource.at(path), path)
    # EKS sets two where a template says nothing.
    return None if hops is not None and hops <= settings["hops"] else f"{path} {hops or 'left out'}"


def _closed(resource: Declared, _settings: Settings) -> str | None:
    return "remoteAccess" if given(resource.at("remoteAccess")) else None


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="EC2.170",
        name="ec2-170-templates-ask-for-tokens",
        severity="low",
        frameworks=(FSBP,),
        title="instances of a launch template answer questions about themselves to who has a token",
        allowed="metadataOptions.httpTokens: required",
        fix="set httpTokens to required",
        source=hub("EC2.170"),
        types=_TEMPLATE,
        check=_tokens,
    ),
    ResourceRule(
        control="EC2.181",
        name="ec2-181-templates-encrypt-disks",
        severity="medium",
        frameworks=(FSBP,),
        title="disks of a launch template are encrypted",
        allowed="blockDeviceMappings[*].ebs.encrypted: true",
        fix="set encrypted on every disk",
        source=hub("EC2.181"),
        types=_TEMPLATE,
        check=_encrypted,
    ),
    ResourceRule(
        control="Takeoff.66",
        name="takeoff-66-a-nodes-role-is-the-nodes",
        severity="high",
        frameworks=(OWN,),
        title="pods do not get at the role of their node",
        allowed="metadataOptions.httpPutResponseHopLimit of at most setting `hops`",
        fix="set httpPutResponseHopLimit to 1; pods get roles of their own by Pod Identity",
        source="https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
        settings={"hops": 1},
        types=_TEMPLATE,
        check=_hops,
    ),
    ResourceRule(
        control="Takeoff.66",
        name="takeoff-66-nobody-logs-in-to-nodes",
        severity="high",
        frameworks=(OWN,),
        title="nobody logs in to a node",
        allowed="a node group without remoteAccess",
        fix="take remoteAccess out; `kubectl debug node` leaves a trace in the audit log",
        source="https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html",
        types=_GROUP,
        check=_closed,
    ),
)
