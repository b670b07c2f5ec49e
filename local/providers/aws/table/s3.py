"""Buckets and what hangs on them."""

from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Autoname, Call, Read, Row, Tagging

_OF_BUCKET = {"Bucket": "bucket", "ExpectedBucketOwner": "expectedBucketOwner"}
_LOCKED = {"ObjectLockConfiguration.ObjectLockEnabled": "Enabled"}
_REPLACE = frozenset({"bucket"})
_REPLACE_OWNED = _REPLACE | {"expectedBucketOwner"}


def _empty(client: Any, state: Mapping[str, Any]) -> None:
    """Removes every object version, where the program asks for it: AWS keeps a bucket that is not empty."""
    if not state.get("forceDestroy"):
        return
    # From the beginning again and again: a page's marker is of no use once what it names is deleted.
    while True:
        page = client.list_object_versions(Bucket=state["bucket"])
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            return
        doomed = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]
        client.delete_objects(Bucket=state["bucket"], Delete={"Objects": doomed, "Quiet": True})


ROWS = (
    Row(
        type="aws:s3/bucket:Bucket",
        served_by="moto",
        service="s3",
        schema="AWS::S3::Bucket",
        schema_names={"bucket": "BucketName"},
        autoname=Autoname("bucket", lower=True),
        keys={"Bucket": "bucket"},
        id="{bucket}",
        create=Call(
            "create_bucket",
            renames={"objectLockEnabled": "ObjectLockEnabledForBucket"},
            properties=frozenset({"bucket", "objectLockEnabled"}),
        ),
        read=(Read("head_bucket"),),
        delete=Call("delete_bucket"),
        before_delete=_empty,
        outputs={
            "arn": "arn:aws:s3:::{bucket}",
            "bucketDomainName": "{bucket}.s3.amazonaws.com",
            "bucketRegion": "{region}",
            "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        },
        replace=frozenset({"bucket", "objectLockEnabled"}),
        tagging=Tagging("put_bucket_tagging", "delete_bucket_tagging", "get_bucket_tagging"),
        defaults={"forceDestroy": False, "hostedZoneId": "Z3AQBSTGFYJSTF"},
        local=frozenset({"forceDestroy"}),
        unread=frozenset({"objectLockEnabled"}),
    ),
    Row(
        type="aws:s3/bucketVersioning:BucketVersioning",
        served_by="moto",
        service="s3",
        schema="AWS::S3::Bucket#",
        schema_names={"bucket": "BucketName"},
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_bucket_versioning"),
        update=(Call("put_bucket_versioning"),),
        read=(Read("get_bucket_versioning", renames={"versioningConfiguration": ""}),),
        # A bucket that was ever versioned can only be suspended: the official plugin does the same.
        delete=Call("put_bucket_versioning", fixed={"VersioningConfiguration": {"Status": "Suspended"}}),
        replace=_REPLACE_OWNED,
    ),
    Row(
        type="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        served_by="moto",
        service="s3",
        schema="AWS::S3::Bucket#BucketEncryption",
        schema_names={
            "rules": "ServerSideEncryptionConfiguration",
            "rules.applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
        },
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_bucket_encryption", into="ServerSideEncryptionConfiguration"),
        update=(Call("put_bucket_encryption", into="ServerSideEncryptionConfiguration"),),
        read=(Read("get_bucket_encryption", at="ServerSideEncryptionConfiguration"),),
        delete=Call("delete_bucket_encryption"),
        replace=_REPLACE_OWNED,
    ),
    Row(
        type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        served_by="moto",
        service="s3",
        schema="AWS::S3::Bucket#PublicAccessBlockConfiguration",
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_public_access_block", into="PublicAccessBlockConfiguration"),
        update=(Call("put_public_access_block", into="PublicAccessBlockConfiguration"),),
        read=(Read("get_public_access_block", at="PublicAccessBlockConfiguration"),),
        delete=Call("delete_public_access_block"),
        replace=_REPLACE,
        defaults=dict.fromkeys(
            ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), False
        ),
        local=frozenset({"skipDestroy"}),
    ),
    Row(
        type="aws:s3/bucketPolicy:BucketPolicy",
        served_by="moto",
        service="s3",
        schema="AWS::S3::BucketPolicy",
        schema_names={"policy": "PolicyDocument"},
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_bucket_policy"),
        update=(Call("put_bucket_policy"),),
        read=(Read("get_bucket_policy"),),
        delete=Call("delete_bucket_policy"),
        replace=_REPLACE,
        json=frozenset({"policy"}),
    ),
    Row(
        type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        served_by="moto",
        service="s3",
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_bucket_lifecycle_configuration", into="LifecycleConfiguration"),
        update=(Call("put_bucket_lifecycle_configuration", into="LifecycleConfiguration"),),
        read=(Read("get_bucket_lifecycle_configuration"),),
        delete=Call("delete_bucket_lifecycle"),
        replace=_REPLACE_OWNED,
    ),
    Row(
        type="aws:s3/bucketLogging:BucketLogging",
        served_by="moto",
        service="s3",
        schema="AWS::S3::Bucket#LoggingConfiguration",
        schema_names={"targetBucket": "DestinationBucketName", "targetPrefix": "LogFilePrefix"},
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_bucket_logging", into="BucketLoggingStatus.LoggingEnabled"),
        update=(Call("put_bucket_logging", into="BucketLoggingStatus.LoggingEnabled"),),
        read=(Read("get_bucket_logging", at="LoggingEnabled"),),
        delete=Call("put_bucket_logging", fixed={"BucketLoggingStatus": {}}),
        replace=_REPLACE_OWNED,
    ),
    Row(
        type="aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        served_by="ours",
        service="s3",
        schema="AWS::S3::Bucket#ObjectLockConfiguration",
        autoname=None,
        keys=_OF_BUCKET,
        id="{bucket}",
        create=Call("put_object_lock_configuration", into="ObjectLockConfiguration", fixed=_LOCKED),
        update=(Call("put_object_lock_configuration", into="ObjectLockConfiguration", fixed=_LOCKED),),
        read=(Read("get_object_lock_configuration", at="ObjectLockConfiguration"),),
        # What was locked once stays so; only the rule for new objects goes.
        delete=Call("put_object_lock_configuration", fixed=_LOCKED),
        replace=_REPLACE_OWNED | {"objectLockEnabled"},
        defaults={"objectLockEnabled": "Enabled"},
    ),
)
