"""Cases of the rules on feature groups."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
TYPES = ("aws:sagemaker/featureGroup:FeatureGroup", "aws-native:sagemaker:FeatureGroup")
AWS_KEY = "alias/aws/sagemaker"


def offline(key: Any, type_: str = TYPES[0]) -> Declared:
    return declared(type_, offlineStoreConfig={"s3StorageConfig": {"s3Uri": "s3://features", "kmsKeyId": key}})


def online(key: Any, type_: str = TYPES[0], **more: Any) -> Declared:
    store = {"enableOnlineStore": True, "securityConfig": {"kmsKeyId": key}, **more}
    return declared(type_, onlineStoreConfig=store)


def living(value: Any, unit: Any = "Days", type_: str = TYPES[0]) -> Declared:
    return online(KEY, type_, ttlDuration={"value": value, "unit": unit})


OFF = declared(TYPES[0], onlineStoreConfig={"enableOnlineStore": False})
PERHAPS = declared(TYPES[0], onlineStoreConfig={"enableOnlineStore": UNKNOWN})

CASES = {
    "sagemaker-17-offline-store-is-encrypted": Case(
        compliant=[offline(KEY), offline(KEY, TYPES[1]), online(None)],
        violating=[offline(None), offline("", TYPES[1])],
        unknown=[offline(UNKNOWN)],
        unknown_is="fine",
    ),
    "sagemaker-18-online-store-is-encrypted": Case(
        compliant=[online(KEY), online(KEY, TYPES[1]), online(UNKNOWN), online(None, storageType="InMemory"), OFF],
        violating=[online(None), online(None, storageType="Standard"), online("", TYPES[1])],
        unknown=[PERHAPS, online(None, storageType=UNKNOWN)],
    ),
    "takeoff-1-feature-groups-have-keys-of-yours": Case(
        compliant=[online(KEY), offline(KEY, TYPES[1]), offline(UNKNOWN), OFF],
        violating=[offline(AWS_KEY), online(AWS_KEY), online(None, TYPES[1], storageType="InMemory"), offline(None)],
        unknown=[PERHAPS],
    ),
    "takeoff-2-online-records-expire": Case(
        compliant=[living(30), living(12, "Hours", TYPES[1]), offline(KEY), OFF],
        violating=[living(0), living(30, None), living(None), online(KEY, TYPES[1])],
        unknown=[living(UNKNOWN), PERHAPS],
    ),
}
