"""Rules on feature groups: what their stores are encrypted with and how long a record lives.

Titles, severities and what fails are AWS's: the page below, read on 2026-11-23.
"""

from __future__ import annotations

from policies.declared import Declared, given, known
from policies.nested import customer_key, true
from policies.rule import AI, OWN, ResourceRule, Rule, Settings

_PAGE = "https://docs.aws.amazon.com/securityhub/latest/userguide/sagemaker-controls.html"
_GROUP = ("aws:sagemaker/featureGroup:FeatureGroup", "aws-native:sagemaker:FeatureGroup")
_ONLINE, _OFFLINE = "onlineStoreConfig.securityConfig.kmsKeyId", "offlineStoreConfig.s3StorageConfig.kmsKeyId"


def _online(group: Declared) -> bool:
    return true(group, "onlineStoreConfig.enableOnlineStore")


def _offline_key(group: Declared, _settings: Settings) -> str | None:
    if not given(group.at("offlineStoreConfig")) or given(group.at(_OFFLINE)):
        return None
    return f"no {_OFFLINE}"


def _online_key(group: Declared, _settings: Settings) -> str | None:
    """AWS asks this of standard storage alone; Takeoff.1 asks it of both."""
    storage = known(group.at("onlineStoreConfig.storageType"), "onlineStoreConfig.storageType")
    if not _online(group) or storage not in (None, "", "Standard") or given(group.at(_ONLINE)):
        return None
    return f"no {_ONLINE}"


def _own_keys(group: Declared, _settings: Settings) -> str | None:
    paths = [_ONLINE] if _online(group) else []
    paths += [_OFFLINE] if given(group.at("offlineStoreConfig")) else []
    found = [f"{path} {group.at(path) or 'not set'}" for path in paths if not customer_key(group.at(path))]
    return ", ".join(found) or None


def _time_to_live(group: Declared, _settings: Settings) -> str | None:
    """A record without an end serves a customer's features long after they left, and is paid for as long."""
    if not _online(group):
        return None
    path = "onlineStoreConfig.ttlDuration.value"
    value, unit = known(group.at(path), path), group.at("onlineStoreConfig.ttlDuration.unit")
    if isinstance(value, int | float) and value > 0 and given(unit):
        return None
    return f"ttlDuration {value if value is not None else 'not set'}"


RULES: tuple[Rule, ...] = (
    ResourceRule(
        control="SageMaker.17",
        name="sagemaker-17-offline-store-is-encrypted",
        severity="medium",
        frameworks=(AI,),
        title="Offline stores of feature groups are encrypted with a KMS key",
        allowed=_OFFLINE,
        fix='offline_store_config={"s3_storage_config": {"kms_key_id": key.arn, ...}}',
        source=f"{_PAGE}#sagemaker-17",
        types=_GROUP,
        check=_offline_key,
    ),
    ResourceRule(
        control="SageMaker.18",
        name="sagemaker-18-online-store-is-encrypted",
        severity="medium",
        frameworks=(AI,),
        title="Online stores of feature groups with standard storage are encrypted with a KMS key",
        allowed=_ONLINE,
        fix='online_store_config={"security_config": {"kms_key_id": key.arn}, ...}',
        source=f"{_PAGE}#sagemaker-18",
        types=_GROUP,
        check=_online_key,
    ),
    ResourceRule(
        control="Takeoff.1",
        name="takeoff-1-feature-groups-have-keys-of-yours",
        severity="high",
        frameworks=(OWN,),
        title="Feature groups are encrypted with a customer managed key, online in every storage and offline",
        allowed="a key of yours for each store, not alias/aws/...",
        fix="kms_key_id=key.arn in security_config and in s3_storage_config; a store's key is set once, at creation",
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-security.html",
        types=_GROUP,
        check=_own_keys,
    ),
    ResourceRule(
        control="Takeoff.2",
        name="takeoff-2-online-records-expire",
        severity="medium",
        frameworks=(OWN,),
        title="Records of an online store have a time to live",
        allowed="onlineStoreConfig.ttlDuration with a unit and a value above 0",
        fix='online_store_config={"ttl_duration": {"unit": "Days", "value": 30}, ...}',
        source="https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-time-to-live.html",
        types=_GROUP,
        check=_time_to_live,
    ),
)
