"""Cases of the rules over keys and what they encrypt."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import ACCOUNT, KEY, ROLE, SOURCE, STRANGER, allow, policy

TYPE, POLICY = "aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy"
OWN = allow("kms:*", "*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
EVENTS = allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", {"Service": "events.amazonaws.com"})
LOGS = {"Service": "logs.us-east-1.amazonaws.com"}
GROUPS = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"}}
ALARMS = {"Service": "cloudwatch.amazonaws.com"}

KEYED = {
    "sns-1-topics-are-encrypted": ("aws:sns/topic:Topic", "kmsMasterKeyId", "alias/aws/sns"),
    "takeoff-21-builds-are-encrypted": ("aws:codebuild/project:Project", "encryptionKey", "alias/aws/s3"),
    "takeoff-22-logs-are-encrypted": ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", "alias/aws/logs"),
    "takeoff-21-streams-are-encrypted": ("aws:kinesis/stream:Stream", "kmsKeyId", "alias/aws/kinesis"),
    "takeoff-21-secrets-are-encrypted": ("aws:secretsmanager/secret:Secret", "kmsKeyId", "alias/aws/secretsmanager"),
}
REPOSITORY, TABLE = "aws:ecr/repository:Repository", "aws:dynamodb/table:Table"


def key(name: str = "data", *statements: dict[str, Any]) -> Declared:
    return declared(TYPE, name, policy=policy(OWN, *statements))


CASES: dict[str, Case] = {
    "kms-3-not-deleted-by-mistake": Case(
        compliant=[declared(TYPE, deletionWindowInDays=30), declared(TYPE)],
        violating=[declared(TYPE, deletionWindowInDays=7)],
        unknown=[declared(TYPE, deletionWindowInDays=UNKNOWN)],
    ),
    "kms-4-rotates": Case(
        compliant=[declared(TYPE, enableKeyRotation=True), declared(TYPE, customerMasterKeySpec="RSA_2048")],
        violating=[declared(TYPE, enableKeyRotation=False), declared(TYPE)],
        unknown=[declared(TYPE, enableKeyRotation=UNKNOWN)],
    ),
    "kms-5-not-public": Case(
        compliant=[
            key(),
            declared(
                POLICY, policy=policy(allow("kms:Decrypt", "*", "*", {"StringEquals": {"kms:CallerAccount": ACCOUNT}}))
            ),
        ],
        violating=[
            declared(TYPE, policy=policy(allow("kms:Decrypt", "*", "*"))),
            declared(
                POLICY,
                policy=policy(allow("kms:Decrypt", "*", {"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}})),
            ),
        ],
        unknown=[declared(TYPE, policy=UNKNOWN)],
    ),
    "takeoff-19-key-policies": Case(
        compliant=[
            key("data", allow("kms:Decrypt", "*", ALARMS, SOURCE), EVENTS, allow("kms:Decrypt*", "*", LOGS, GROUPS)),
            declared(POLICY, policy=policy(allow("kms:Decrypt", "*", {"AWS": ROLE}))),
        ],
        violating=[
            key("whoever", allow("kms:Decrypt", "*", ALARMS)),
            key("theirs", allow("kms:Decrypt", "*", ALARMS, {"StringEquals": {"aws:SourceAccount": "999999999999"}})),
            key("groups", allow("kms:Decrypt*", "*", LOGS, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "*"}})),
            key("stranger", allow("kms:Decrypt", "*", {"AWS": STRANGER})),
            key("anybody", allow("kms:Decrypt", "*", "*", SOURCE)),
            key("service", allow("kms:*", "*", ALARMS, SOURCE)),
        ],
        unknown=[declared(TYPE, policy=UNKNOWN)],
    ),
    **{
        name: Case(
            compliant=[declared(type_, props={path: KEY})],
            violating=[declared(type_), declared(type_, props={path: aws})],
            unknown=[declared(type_, props={path: UNKNOWN})],
            unknown_is="fine",
        )
        for name, (type_, path, aws) in KEYED.items()
    },
    "ecr-5-images-are-encrypted": Case(
        compliant=[declared(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": KEY}])],
        violating=[
            declared(REPOSITORY),
            declared(REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256", "kmsKey": KEY}]),
            declared(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS"}]),
            declared(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": "alias/aws/ecr"}]),
        ],
        unknown=[declared(REPOSITORY, encryptionConfigurations=[{"encryptionType": "KMS", "kmsKey": UNKNOWN}])],
        unknown_is="fine",
    ),
    "takeoff-21-tables-are-encrypted": Case(
        compliant=[declared(TABLE, serverSideEncryption={"enabled": True, "kmsKeyArn": KEY})],
        violating=[declared(TABLE), declared(TABLE, serverSideEncryption={"enabled": True})],
        unknown=[declared(TABLE, serverSideEncryption={"enabled": True, "kmsKeyArn": UNKNOWN})],
        unknown_is="fine",
    ),
}
