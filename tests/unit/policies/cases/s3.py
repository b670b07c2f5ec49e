"""Cases of the rules over buckets."""

from __future__ import annotations

from typing import Any

from policies.declared import UNKNOWN, Declared
from tests.unit.policies.case import Case, declared
from tests.unit.policies.cases._policy import KEY, ROLE, STRANGER, allow, policy

BUCKET, V2 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
ACL, ACL_V2 = "aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
CONFIG = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
ROLE_POLICY, PROJECT = "aws:iam/rolePolicy:RolePolicy", "aws:codebuild/project:Project"

SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ON: dict[str, Any] = dict.fromkeys(SWITCHES, True)
ARN = "arn:aws:s3:::raw-1"
OBJECTS = f"{ARN}/*"


def bucket(name: str = "raw", **props: Any) -> Declared:
    return declared(BUCKET, name, {"bucket": f"{name}-1", **props})


def part(type_: str, name: str = "raw", **props: Any) -> Declared:
    return declared(type_, name, {"bucket": f"{name}-1", **props})


def refuses(
    effect: str = "Deny",
    action: str = "s3:*",
    resource: Any = (ARN, OBJECTS),
    principal: Any = "*",
    condition: Any = None,
) -> str:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    body = {"Effect": effect, "Action": action, "Resource": list(resource), "Principal": principal}
    return policy({**body, "Condition": plain if condition is None else condition})


def rules(status: Any = "Enabled", prefix: Any = "", **more: Any) -> list[dict[str, Any]]:
    return [{"id": "r", "status": status, "filter": {"prefix": prefix}, **more}]


def encrypted(**default: Any) -> list[dict[str, Any]]:
    return [{"applyServerSideEncryptionByDefault": default}]


def old(days: Any) -> dict[str, Any]:
    return {"noncurrentVersionExpiration": {"noncurrentDays": days}}


def aborted(days: Any) -> dict[str, Any]:
    return {"abortIncompleteMultipartUpload": {"daysAfterInitiation": days}}


def reporting(uri: Any, name: str = "previews", variable: str = "REPORTS") -> Declared:
    variables = [{"name": "STACK", "value": "prod"}, {"name": variable, "value": uri}]
    return declared(PROJECT, name, environment={"environmentVariables": variables})


def capturing(uri: Any) -> Declared:
    return declared(CONFIG, "m", dataCaptureConfig={"enableCapture": True, "destinationS3Uri": uri})


GONE: dict[str, Any] = {"expiration": {"days": 30}, "noncurrentVersionExpiration": {"noncurrentDays": 1}}
PUBLIC = {
    "s3-2-no-public-read": ("s3:GetObject", "public-read"),
    "s3-3-no-public-write": ("s3:PutObject", "public-read-write"),
}

CASES: dict[str, Case] = {
    "s3-1-account-blocks-public-access": Case(
        compliant=[declared(ACCOUNT_BLOCK, props=ON)],
        violating=[declared(ACCOUNT_BLOCK, props={**ON, switch: False}) for switch in SWITCHES],
        unknown=[declared(ACCOUNT_BLOCK, props={**ON, "blockPublicAcls": UNKNOWN})],
    ),
    **{
        name: Case(
            compliant=[
                part(POLICY, policy=policy(allow(action, OBJECTS, {"AWS": ROLE}))),
                part(
                    POLICY, policy=policy(allow(action, OBJECTS, "*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))
                ),
                part(POLICY, policy=refuses()),
                bucket(),
                part(ACL, acl="private"),
            ],
            violating=[
                part(POLICY, policy=policy(allow(action, OBJECTS, "*"))),
                part(POLICY, policy=policy(allow("s3:*", OBJECTS, {"AWS": "*"}))),
                part(POLICY, policy=policy(allow(action, OBJECTS, "*", {"StringLike": {"aws:SourceAccount": "*"}}))),
                declared(V2, acl=acl),
                part(ACL_V2, acl=acl),
                bucket(policy=policy(allow(action, OBJECTS, "*"))),
            ],
            unknown=[part(POLICY, policy=UNKNOWN), part(ACL, acl=UNKNOWN)],
        )
        for name, (action, acl) in PUBLIC.items()
    },
    "s3-5-tls-only": Case(
        compliant=[bucket(), part(POLICY, policy=refuses())],
        violating=[
            bucket("none"),
            bucket("allows"),
            part(POLICY, "allows", policy=refuses(effect="Allow")),
            bucket("narrow"),
            part(POLICY, "narrow", policy=refuses(action="s3:GetObject")),
            bucket("objects"),
            part(POLICY, "objects", policy=refuses(resource=["arn:aws:s3:::objects-1/*"])),
            bucket("some"),
            part(POLICY, "some", policy=refuses(principal={"AWS": ROLE})),
            bucket("turned"),
            part(POLICY, "turned", policy=refuses(condition={"Bool": {"aws:SecureTransport": "true"}})),
        ],
        unknown=[bucket(), part(POLICY, policy=UNKNOWN)],
    ),
    "s3-6-no-control-from-abroad": Case(
        compliant=[
            part(
                POLICY,
                policy=policy(
                    allow("s3:PutBucketPolicy", ARN, {"AWS": ROLE}), allow("s3:GetObject", OBJECTS, {"AWS": STRANGER})
                ),
            )
        ],
        violating=[
            part(
                POLICY,
                policy=policy(allow("s3:GetObject", OBJECTS, {"AWS": ROLE}), allow("s3:Put*", ARN, {"AWS": STRANGER})),
            ),
        ],
        unknown=[part(POLICY, policy=UNKNOWN)],
    ),
    "s3-8-bucket-blocks-public-access": Case(
        compliant=[bucket(), part(BLOCK, **ON)],
        violating=[bucket(), part(BLOCK, **{**ON, "restrictPublicBuckets": False}), bucket("none")],
        unknown=[bucket(), part(BLOCK, **{**ON, "blockPublicAcls": UNKNOWN})],
    ),
    "s3-12-no-access-lists": Case(
        compliant=[
            bucket(),
            part(ACL, acl="private"),
            part(OWNERSHIP, rule={"objectOwnership": "BucketOwnerEnforced"}),
        ],
        violating=[
            bucket(grants=[{"type": "Group"}]),
            declared(V2, acl="public-read"),
            part(ACL, acl="log-delivery-write"),
            part(ACL_V2, accessControlPolicy={"grants": []}),
            part(OWNERSHIP, rule={"objectOwnership": "ObjectWriter"}),
        ],
        unknown=[part(ACL, acl=UNKNOWN)],
    ),
    "takeoff-16-every-bucket-has-a-grant": Case(
        compliant=[
            bucket(),
            declared(ROLE_POLICY, policy=policy(allow("s3:GetObject", OBJECTS))),
            bucket("shared"),
            part(POLICY, "shared", policy=policy(allow("s3:GetObject", "arn:aws:s3:::shared-1/*", {"AWS": ROLE}))),
            bucket("logs"),
            declared(LOGGING, props={"bucket": "raw-1", "targetBucket": "logs-1"}),
        ],
        violating=[
            bucket(),
            part(POLICY, policy=refuses()),
            # Neither a longer name nor a denial is a grant.
            declared(
                ROLE_POLICY,
                policy=policy(
                    allow("s3:GetObject", "arn:aws:s3:::raw-12/*"), {**allow("s3:*", OBJECTS), "Effect": "Deny"}
                ),
            ),
        ],
        unknown=[bucket(), declared(ROLE_POLICY, policy=UNKNOWN)],
    ),
    "s3-9-access-is-logged": Case(
        compliant=[
            bucket(),
            declared(LOGGING, props={"bucket": "raw-1", "targetBucket": "logs-1"}),
            bucket("logs"),
            part(ENCRYPTION, "logs", rules=encrypted(sseAlgorithm="AES256")),
        ],
        violating=[
            bucket(),
            declared(LOGGING, "a", {"bucket": "x-1", "targetBucket": "keyed-1"}),
            bucket("keyed"),
            part(ENCRYPTION, "keyed", rules=encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY)),
            declared(LOGGING, "b", {"bucket": "x-1", "targetBucket": "locked-1"}),
            bucket("locked"),
            part(LOCK, "locked", rule={"defaultRetention": {"mode": "GOVERNANCE", "days": 1}}),
        ],
        unknown=[
            bucket(bucket=UNKNOWN),
            declared(LOGGING, props={"bucket": UNKNOWN, "targetBucket": UNKNOWN}, refs={"bucket": (bucket().urn,)}),
        ],
        unknown_is="fine",
    ),
    "s3-14-versioned": Case(
        compliant=[bucket(), part(VERSIONING, versioningConfiguration={"status": "Enabled"})],
        violating=[bucket(), part(VERSIONING, versioningConfiguration={"status": "Suspended"}), bucket("none")],
        unknown=[bucket(), part(VERSIONING, versioningConfiguration={"status": UNKNOWN})],
    ),
    "s3-17-encrypted-with-a-key": Case(
        compliant=[
            bucket(),
            part(ENCRYPTION, rules=encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY)),
            # S3 writes its logs under its own keys only.
            bucket("logs"),
            declared(LOGGING, props={"bucket": "raw-1", "targetBucket": "logs-1"}),
        ],
        violating=[
            bucket("none"),
            bucket("empty"),
            part(ENCRYPTION, "empty", rules=[]),
            bucket("own"),
            part(ENCRYPTION, "own", rules=encrypted(sseAlgorithm="AES256")),
            bucket("keyless"),
            part(ENCRYPTION, "keyless", rules=encrypted(sseAlgorithm="aws:kms")),
            bucket("aws"),
            part(ENCRYPTION, "aws", rules=encrypted(sseAlgorithm="aws:kms", kmsMasterKeyId="alias/aws/s3")),
        ],
        unknown=[bucket(), part(ENCRYPTION, rules=encrypted(sseAlgorithm=UNKNOWN))],
    ),
    "takeoff-25-audit-cannot-be-rewritten": Case(
        compliant=[
            bucket(),
            bucket("audit", objectLockEnabled=True),
            part(LOCK, "audit", rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}),
        ],
        violating=[
            bucket("audit"),
            bucket("bare", objectLockEnabled=True),
            bucket("soft", objectLockEnabled=True),
            part(LOCK, "soft", rule={"defaultRetention": {"mode": "GOVERNANCE", "days": 365}}),
            bucket("short", objectLockEnabled=True),
            part(LOCK, "short", rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}),
        ],
        unknown=[
            bucket("audit", objectLockEnabled=True),
            part(LOCK, "audit", rule={"defaultRetention": {"mode": "COMPLIANCE", "days": UNKNOWN}}),
        ],
    ),
    "s3-13-lifecycle": Case(
        compliant=[bucket(), part(LIFECYCLE, rules=rules(**GONE))],
        violating=[bucket(), part(LIFECYCLE, rules=rules(status="Disabled", **GONE)), bucket("none")],
        unknown=[bucket(), part(LIFECYCLE, rules=UNKNOWN)],
    ),
    "takeoff-27-captures-expire": Case(
        compliant=[
            bucket(),
            part(LIFECYCLE, rules=rules(prefix="m/", **GONE)),
            capturing("s3://raw-1/m"),
            capturing("s3://theirs/m"),
        ],
        violating=[bucket(), part(LIFECYCLE, rules=rules(prefix="other/", **GONE)), capturing("s3://raw-1/m")],
        unknown=[bucket(), part(LIFECYCLE, rules=rules(**GONE)), capturing(UNKNOWN)],
    ),
    "takeoff-27-expiry-is-bounded": Case(
        compliant=[bucket(), part(LIFECYCLE, rules=rules(**GONE))],
        violating=[
            bucket(),
            part(LIFECYCLE, rules=rules(**{**GONE, "expiration": {"days": 36500}})),
            bucket("versions"),
            part(LIFECYCLE, "versions", rules=rules(expiration={"days": 30})),
        ],
        unknown=[bucket(), part(LIFECYCLE, rules=rules(expiration={"days": UNKNOWN}))],
    ),
    "takeoff-27-reports-expire": Case(
        compliant=[
            bucket(),
            part(LIFECYCLE, rules=rules(prefix="previews/", **GONE)),
            reporting("s3://raw-1/previews"),
            reporting("s3://theirs/previews", "b"),
            reporting("s3://raw-1/state", "c", variable="STATE"),
        ],
        violating=[bucket(), part(LIFECYCLE, rules=rules(prefix="other/", **GONE)), reporting("s3://raw-1/previews")],
        unknown=[bucket(), reporting(UNKNOWN)],
    ),
    "takeoff-27-unfinished-uploads-go": Case(
        compliant=[bucket(), part(LIFECYCLE, rules=rules(**aborted(7)))],
        violating=[
            bucket(),
            part(LIFECYCLE, rules=rules(**aborted(3650))),
            bucket("some"),
            part(LIFECYCLE, "some", rules=rules(prefix="some/", **aborted(7))),
            bucket("tagged"),
            part(LIFECYCLE, "tagged", rules=[{**rules(**aborted(7))[0], "filter": {"tag": {"key": "a"}}}]),
            bucket("none"),
        ],
        unknown=[bucket(), part(LIFECYCLE, rules=rules(**aborted(UNKNOWN)))],
    ),
    "takeoff-27-old-versions-are-bounded": Case(
        compliant=[
            bucket(),
            part(LIFECYCLE, rules=[*rules(**old(90)), *rules(prefix="previews/", **GONE)]),
            bucket("passes"),
            part(LIFECYCLE, "passes", rules=rules(**GONE)),
            bucket("captures"),
            part(LIFECYCLE, "captures", rules=rules(prefix="m/", **GONE)),
            bucket("audit"),
            part(LOCK, "audit", rule={"defaultRetention": {"years": 7}}),
            part(LIFECYCLE, "audit", rules=rules(**old(7 * 365))),
        ],
        violating=[
            bucket(),
            part(LIFECYCLE, rules=rules(**old(36500))),
            bucket("short"),
            part(LIFECYCLE, "short", rules=rules(**old(1))),
            bucket("ever"),
            part(LIFECYCLE, "ever", rules=rules(**aborted(7))),
            bucket("elsewhere"),
            part(LIFECYCLE, "elsewhere", rules=[*rules(prefix="a/", **old(90)), *rules(prefix="b/", **GONE)]),
            bucket("audit"),
            part(LOCK, "audit", rule={"defaultRetention": {"days": 365}}),
            part(LIFECYCLE, "audit", rules=rules(**old(36500))),
        ],
        unknown=[bucket(), part(LIFECYCLE, rules=rules(**old(UNKNOWN)))],
    ),
}
