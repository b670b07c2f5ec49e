"""Keys of the stack's own: they rotate, outlast a mistake, open to nobody else, and encrypt whatever rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies import home
from policies.declared import Declared, Graph, Unknown, given, known
from policies.documents import Statement, statements
from policies.links import each
from policies.openness import public, strangers, unnamed_services
from policies.rule import FSBP, OWN, Broken, Framework, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

_KEY: Final = "aws:kms/key:Key"
_POLICIES: Final = (_KEY, "aws:kms/keyPolicy:KeyPolicy")
# What is encrypted with which property. A list's property is looked for in each element.
_ENCRYPTED: Final = {
    "aws:sns/topic:Topic": ("kmsMasterKeyId",),
    "aws:ecr/repository:Repository": ("encryptionConfigurations", "kmsKey"),
    "aws:codebuild/project:Project": ("encryptionKey",),
    "aws:cloudwatch/logGroup:LogGroup": ("kmsKeyId",),
    "aws:kinesis/stream:Stream": ("kmsKeyId",),
    "aws:dynamodb/table:Table": ("serverSideEncryption.kmsKeyArn",),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId",),
}


def _public(resource: Declared, _settings: Settings) -> str | None:
    found = [each for each in statements(resource, "policy") if public(each)]
    return f"{', '.join(found[0].actions)} for everybody" if found else None


def _narrow(graph: Graph, settings: Settings) -> Iterator[Broken]:
    own = home.own(graph, settings["accounts"])

    def check(resource: Declared) -> str | None:
        return next((got for each in statements(resource, "policy") if (got := _wide(each, own, settings))), None)

    return each(graph.of(*_POLICIES), check)


def _wide(statement: Statement, own: set[str], settings: Settings) -> str | None:
    if not statement.allows:
        return None
    if found := strangers(statement, own):
        return f"{', '.join(statement.actions)} for {', '.join(found)}"
    unnamed = [each for each in unnamed_services(statement, own) if each not in settings["unconditional"]]
    if unnamed:
        return f"{', '.join(unnamed)} for whichever account asks"
    services = [each.value for each in statement.principals if each.kind == "Service"]
    broad = [each for each in statement.actions if each in ("*", "kms:*")] or list(statement.not_actions)
    return f"{', '.join(broad)} for {', '.join(services)}" if services and broad else None


def _window(resource: Declared, settings: Settings) -> str | None:
    days = known(resource.at("deletionWindowInDays"), "deletionWindowInDays")
    # KMS waits 30 days unless it is told another number.
    return f"deletionWindowInDays {days}" if days is not None and int(days) < settings["least"] else None


def _rotates(resource: Declared, _settings: Settings) -> str | None:
    usage = known(resource.at("customerMasterKeySpec"), "customerMasterKeySpec")
    if usage not in (None, "", "SYMMETRIC_DEFAULT"):
        return None  # AWS rotates no others
    rotates = known(resource.at("enableKeyRotation"), "enableKeyRotation")
    return None if rotates is True else f"enableKeyRotation {rotates if rotates is not None else 'left out'}"


def _unkeyed(resource: Declared, _settings: Settings) -> str | None:
    path, *inner = _ENCRYPTED[resource.type]
    value = resource.at(path)
    if inner and not isinstance(value, Unknown):
        blocks: list[Any] = list(value) if value else [{}]
        found = [_no_key(inner[0], known(block, path).get(inner[0])) for block in blocks]
        return next((got for got in found if got), None)
    return _no_key(path, value)


def _unkeyed_images(resource: Declared, settings: Settings) -> str | None:
    path = "encryptionConfigurations"
    for block in known(resource.at(path), path) or ():
        # With AES256, ECR takes no notice of a key.
        kind = known(known(block, path).get("encryptionType"), f"{path}.encryptionType")
        if kind not in ("KMS", "KMS_DSSE"):
            return f"encryptionType {kind or 'left out'}"
    return _unkeyed(resource, settings)


def _no_key(path: str, key: Any) -> str | None:
    if not given(key):
        return f"{path} left out"
    return f"{path} {key}" if isinstance(key, str) and "alias/aws/" in key else None


def _encryption(control: str, name: str, type_: str, what: str, frameworks: tuple[Framework, ...]) -> ResourceRule:
    path = ".".join(_ENCRYPTED[type_])
    return ResourceRule(
        control=control,
        name=f"{control.lower().replace('.', '-')}-{name}",
        severity="medium",
        frameworks=frameworks,
        title=f"{what} encrypted with a key that its owner holds",
        allowed=f"{path}: a customer-managed key",
        fix=f"set {path} to the stack's key",
        source=hub(control) if control.partition(".")[0] in ("SNS", "ECR") else _KEYS_PAGE,
        types=(type_,),
        check=_unkeyed_images if control == "ECR.5" else _unkeyed,
    )


_KEYS_PAGE: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#customer-mgn-key"

RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="KMS.3",
        name="kms-3-not-deleted-by-mistake",
        severity="critical",
        frameworks=(FSBP,),
        title="a key that is deleted by mistake can be had back for long enough",
        allowed="deletionWindowInDays of at least `least` (30 unless it is set)",
        fix="leave deletionWindowInDays out, or set 30",
        source=hub("KMS.3"),
        settings={"least": 30},
        types=(_KEY,),
        check=_window,
    ),
    ResourceRule(
        control="KMS.4",
        name="kms-4-rotates",
        severity="medium",
        frameworks=(OWN,),  # AWS's control, which its own standard leaves out
        title="a key rotates",
        allowed="enableKeyRotation: true",
        fix="set enableKeyRotation",
        source=hub("KMS.4"),
        types=(_KEY,),
        check=_rotates,
    ),
    ResourceRule(
        control="KMS.5",
        name="kms-5-not-public",
        severity="critical",
        frameworks=(FSBP,),
        title="nobody at large uses a key",
        allowed="principals by name, or a condition that fixes who calls",
        fix="name the principals in the key's policy",
        source=hub("KMS.5"),
        types=_POLICIES,
        check=_public,
    ),
    StackRule(
        control="Takeoff.19",
        name="takeoff-19-key-policies",
        severity="high",
        frameworks=(OWN,),
        title="a key's policy lets in its own account, and services on its behalf",
        allowed="principals of the stack's account or of `accounts`; services under aws:SourceAccount or "
        "aws:SourceArn, but for those of `unconditional`; kms:* for no service",
        fix="name the account, its condition and the actions in the key's policy",
        source="https://docs.aws.amazon.com/kms/latest/developerguide/least-privilege.html",
        # EventBridge does not say for whom it uses a topic's key.
        # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
        settings={"accounts": [], "unconditional": ["events.amazonaws.com"]},
        types=_POLICIES,
        check=_narrow,
    ),
    # SNS.1 and ECR.5 are AWS's controls too, but not of its Foundational Security Best Practices.
    _encryption("SNS.1", "topics-are-encrypted", "aws:sns/topic:Topic", "topics are", (OWN,)),
    _encryption("ECR.5", "images-are-encrypted", "aws:ecr/repository:Repository", "images are", (OWN,)),
    _encryption(
        "Takeoff.21", "builds-are-encrypted", "aws:codebuild/project:Project", "what a build leaves is", (OWN,)
    ),
    _encryption("Takeoff.22", "logs-are-encrypted", "aws:cloudwatch/logGroup:LogGroup", "logs are", (OWN,)),
    _encryption("Takeoff.21", "streams-are-encrypted", "aws:kinesis/stream:Stream", "a stream's records are", (OWN,)),
    _encryption("Takeoff.21", "tables-are-encrypted", "aws:dynamodb/table:Table", "a table's rows are", (OWN,)),
    _encryption("Takeoff.21", "secrets-are-encrypted", "aws:secretsmanager/secret:Secret", "secrets are", (OWN,)),
)
