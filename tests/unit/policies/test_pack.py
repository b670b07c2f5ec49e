"""The pack as the engine meets it: the SDK's policies, asked by the engine's own messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto
from pulumi_policy import ResourceValidationPolicy, StackValidationPolicy

from policies.configuration import ConfigurationError
from policies.declared import Declared, Graph, known
from policies.pack import Servicer, policies
from policies.remedies import REMEDIES
from policies.rule import OWN, Broken, ResourceRule, Settings, StackRule
from policies.rules import RULES

TODAY = date(2026, 11, 1)
UNKNOWN_NUMBER = "3eeb2bf0-c639-47a8-9e75-3b44932eb421"
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
BUCKET, TOPIC, QUEUE = "aws:s3/bucket:Bucket", "aws:sns/topic:Topic", "aws:sqs/queue:Queue"


def too_small(resource: Declared, settings: Settings) -> str | None:
    size = known(resource.at("size"), "size")
    return None if size >= settings["least"] else f"size {size!r}"


def unwatched(graph: Graph, _settings: Settings) -> Iterator[Broken]:
    for bucket in graph.of(BUCKET):
        if not graph.referring(bucket):
            yield Broken(bucket, f"nothing that names it, with {bucket.at('size')!r}")


SIZE = ResourceRule(
    control="Takeoff.98",
    name="takeoff-98-size",
    severity="high",
    frameworks=("AI Security Best Practices v1.0.0", OWN),
    title="a bucket is large",
    allowed="5 or more",
    fix="size: 5",
    source="https://example.com/size",
    settings={"least": 5},
    types=(BUCKET,),
    check=too_small,
)
WATCHED = StackRule(
    control="Takeoff.99",
    name="takeoff-99-watched",
    severity="low",
    frameworks=(OWN,),
    title="a bucket is watched",
    allowed="a reference",
    fix="bucket=bucket.id",
    source="https://example.com/watched",
    types=(BUCKET,),
    check=unwatched,
)


def struct(content: Mapping[str, Any]) -> Struct:
    made = Struct()
    made.update(dict(content))
    return made


def request(kind: str = BUCKET, name: str = "b", protect: bool = False, **props: Any) -> Any:
    options = proto.AnalyzerResourceOptions(protect=protect)
    return proto.AnalyzeRequest(type=kind, name=name, urn=f"urn:{name}", properties=struct(props), options=options)


def in_stack(name: str, kind: str = BUCKET, made_from: Mapping[str, str] | None = None, **outputs: Any) -> Any:
    links = {key: proto.AnalyzerPropertyDependencies(urns=[urn]) for key, urn in (made_from or {}).items()}
    return proto.AnalyzerResource(
        type=kind, name=name, urn=f"urn:{name}", properties=struct(outputs), propertyDependencies=links
    )


def servicer(**config: tuple[Any, Mapping[str, Any]]) -> Servicer:
    made = Servicer(lambda: TODAY, [SIZE, WATCHED])
    entries = {
        name.replace("_", "-"): proto.PolicyConfig(enforcementLevel=level, properties=struct(settings))
        for name, (level, settings) in config.items()
    }
    made.Configure(proto.ConfigureAnalyzerRequest(policyConfig=entries), None)
    return made


def found(answer: Any) -> list[tuple[str, int, str]]:
    return [(each.policyName, each.enforcementLevel, each.urn) for each in answer.diagnostics]


def listed() -> Any:
    """What the engine is told of the policies."""
    asked: Any = servicer()
    return asked.GetAnalyzerInfo(None, None).policies


def test_each_rule_is_one_policy_with_all_that_a_reviewer_is_shown() -> None:
    size, watched = listed()[:2]
    assert (size.name, size.description) == ("takeoff-98-size", "Takeoff.98 a bucket is large")
    assert (size.severity, watched.severity) == (proto.POLICY_SEVERITY_HIGH, proto.POLICY_SEVERITY_LOW)
    assert (size.framework.name, size.framework.version) == ("AI Security Best Practices", "v1.0.0")
    assert size.framework.reference == "Takeoff.98"
    assert watched.framework.name == "Takeoff"
    assert (size.remediation_steps, size.url) == ("size: 5", "https://example.com/size")
    assert (size.policy_type, watched.policy_type) == (proto.POLICY_TYPE_RESOURCE, proto.POLICY_TYPE_STACK)
    assert set(size.configSchema.properties) == {"least", "exemptions"}
    assert size.configSchema.properties["least"]["type"] == "number"
    assert set(watched.configSchema.properties) == {"exemptions"}


def test_every_rule_is_mandatory_and_every_remedy_off_where_nobody_says_otherwise() -> None:
    levels = {each.name: each.enforcementLevel for each in listed()}
    assert levels == {"takeoff-98-size": proto.MANDATORY, "takeoff-99-watched": proto.MANDATORY} | {
        remedy.name: proto.DISABLED for remedy in REMEDIES
    }


def test_the_rules_that_ship_are_policies_of_their_kind() -> None:
    made = policies(RULES)
    for rule, policy in zip(RULES, made, strict=False):
        assert policy.name == rule.name
        kind = ResourceValidationPolicy if isinstance(rule, ResourceRule) else StackValidationPolicy
        assert isinstance(policy, kind)
    assert len(made) == len(RULES) + len(REMEDIES)


def test_a_resource_that_breaks_a_rule_is_stopped_before_it_is_made() -> None:
    answer = servicer().Analyze(request(size=1), None)
    assert found(answer) == [("takeoff-98-size", proto.MANDATORY, "urn:b")]
    (said,) = answer.diagnostics
    assert said.message == "Takeoff.98 a bucket is large: b: got size 1; allowed: 5 or more; fix: size: 5"
    assert said.severity == proto.POLICY_SEVERITY_HIGH
    assert found(servicer().Analyze(request(size=5), None)) == []


def test_the_environment_says_level_and_settings() -> None:
    made = servicer(takeoff_98_size=(proto.ADVISORY, {"least": 10}))
    assert found(made.Analyze(request(size=7), None)) == [("takeoff-98-size", proto.ADVISORY, "urn:b")]
    off = servicer(takeoff_98_size=(proto.DISABLED, {}))
    assert found(off.Analyze(request(size=1), None)) == []
    # A rule mends nothing: where a person says `remediate` of it, it stays closed.
    mended = servicer(takeoff_98_size=(proto.REMEDIATE, {}))
    assert found(mended.Analyze(request(size=1), None)) == [("takeoff-98-size", proto.MANDATORY, "urn:b")]


def test_a_misspelt_rule_in_the_configuration_stops_the_engine() -> None:
    with pytest.raises(ConfigurationError, match="takeoff-98-size"):
        servicer(takeoff_98_sise=(proto.ADVISORY, {}))


def test_what_is_unknown_or_secret_never_stops_and_is_said_once_at_the_end() -> None:
    made = servicer()
    for name, size in (("a", UNKNOWN_NUMBER), ("b", UNKNOWN_NUMBER), ("c", {SIGNATURE: SECRET, "value": 1})):
        assert found(made.Analyze(request(name=name, size=size), None)) == []
    end = made.AnalyzeStack(
        proto.AnalyzeStackRequest(resources=[in_stack(n, made_from={"x": f"urn:{n}"}) for n in "abc"]), None
    )
    (open_,) = [each for each in end.diagnostics if each.policyName == "takeoff-98-size"]
    assert open_.enforcementLevel == proto.ADVISORY
    assert "3 resources: a, b, c" in open_.message


def test_a_rule_over_the_stack_sees_inputs_and_references() -> None:
    made = servicer()
    made.Analyze(request(name="watched", size=6), None)
    made.Analyze(request(name="alone", size=7), None)
    # A provider's preview answers with unknown outputs for what nobody set: they must not hide the inputs.
    stack = [
        in_stack("watched", size=UNKNOWN_NUMBER),
        in_stack("alone", size=UNKNOWN_NUMBER),
        in_stack("policy", "aws:s3/bucketPolicy:BucketPolicy", {"bucket": "urn:watched"}),
    ]
    answer = made.AnalyzeStack(proto.AnalyzeStackRequest(resources=stack), None)
    assert found(answer) == [("takeoff-99-watched", proto.MANDATORY, "urn:alone")]
    assert "with 7" in answer.diagnostics[0].message


def test_a_resource_that_a_targeted_run_left_alone_is_judged_by_what_it_is() -> None:
    answer = servicer().AnalyzeStack(proto.AnalyzeStackRequest(resources=[in_stack("left", size=7)]), None)
    assert found(answer) == [("takeoff-99-watched", proto.MANDATORY, "urn:left")]
    assert "with 7" in answer.diagnostics[0].message


def test_what_was_said_of_a_resource_is_not_said_again_of_the_stack() -> None:
    made = servicer(takeoff_99_watched=(proto.DISABLED, {}))
    assert len(found(made.Analyze(request(size=1), None))) == 1
    assert found(made.AnalyzeStack(proto.AnalyzeStackRequest(resources=[in_stack("b")]), None)) == []


def test_an_exemption_lets_a_resource_pass_and_is_shown_until_its_day() -> None:
    excuse = {"resource": "b", "reason": "moves", "until": "2026-11-01"}
    made = servicer(
        takeoff_98_size=(proto.MANDATORY, {"exemptions": [excuse]}), takeoff_99_watched=(proto.DISABLED, {})
    )
    assert found(made.Analyze(request(size=1), None)) == []
    end = made.AnalyzeStack(proto.AnalyzeStackRequest(resources=[in_stack("b")]), None)
    assert found(end) == [("takeoff-98-size", proto.ADVISORY, "urn:b")]
    assert "moves" in end.diagnostics[0].message


@pytest.mark.parametrize("excuse", [{"resource": "b", "reason": "moves", "until": "2026-10-31"}, {"resource": "b"}])
def test_an_exemption_that_is_over_or_none_stops_the_resource_and_the_stack(excuse: Mapping[str, Any]) -> None:
    made = servicer(
        takeoff_98_size=(proto.MANDATORY, {"exemptions": [excuse]}), takeoff_99_watched=(proto.DISABLED, {})
    )
    assert found(made.Analyze(request(size=1), None)) == [("takeoff-98-size", proto.MANDATORY, "urn:b")]
    end = made.AnalyzeStack(proto.AnalyzeStackRequest(resources=[in_stack("b")]), None)
    assert found(end) == [("takeoff-98-size", proto.MANDATORY, "")]


def mended(kind: str, props: Mapping[str, Any], **remedies: Mapping[str, Any]) -> Any:
    """What the remedies that are on make of a resource's inputs; None where they change nothing."""
    made = servicer(**{name: (proto.REMEDIATE, settings) for name, settings in remedies.items()})
    answer = made.Remediate(request(kind, **props), None)
    return dict(answer.remediations[-1].properties) if answer.remediations else None


def test_a_remedy_that_is_not_on_changes_nothing() -> None:
    assert mended(TOPIC, {}) is None
    made = servicer(remedy_topic_encryption=(proto.MANDATORY, {}))
    assert list(made.Remediate(request(TOPIC), None).remediations) == []


@pytest.mark.parametrize(
    ("kind", "remedy", "props", "wanted"),
    [
        (TOPIC, "remedy_topic_encryption", {}, {"kmsMasterKeyId": "alias/aws/sns"}),
        (QUEUE, "remedy_queue_encryption", {"sqsManagedSseEnabled": False}, {"sqsManagedSseEnabled": True}),
        (
            "aws:kinesis/stream:Stream",
            "remedy_stream_encryption",
            {"encryptionType": "NONE"},
            {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis"},
        ),
        ("aws:dynamodb/table:Table", "remedy_table_encryption", {}, {"serverSideEncryption": {"enabled": True}}),
    ],
)
def test_a_remedy_encrypts_what_is_not(kind: str, remedy: str, props: Any, wanted: Any) -> None:
    done = mended(kind, {"region": "r", **props}, **{remedy: {}})
    assert {key: dict(v) if isinstance(v, Struct) else v for key, v in done.items()} == {"region": "r", **wanted}
    assert mended(BUCKET, {"region": "r"}, **{remedy: {}}) is None


@pytest.mark.parametrize(
    ("kind", "remedy", "props"),
    [
        (TOPIC, "remedy_topic_encryption", {"kmsMasterKeyId": "alias/mine"}),
        (TOPIC, "remedy_topic_encryption", {"kmsMasterKeyId": UNKNOWN_STRING}),
        (QUEUE, "remedy_queue_encryption", {"kmsMasterKeyId": UNKNOWN_STRING}),
        (QUEUE, "remedy_queue_encryption", {"sqsManagedSseEnabled": True}),
        ("aws:kinesis/stream:Stream", "remedy_stream_encryption", {"encryptionType": "KMS", "kmsKeyId": "k"}),
        ("aws:dynamodb/table:Table", "remedy_table_encryption", {"serverSideEncryption": {"enabled": True}}),
    ],
)
def test_a_remedy_leaves_alone_what_says_it_already(kind: str, remedy: str, props: Any) -> None:
    assert mended(kind, props, **{remedy: {}}) is None


def test_the_tags_remedy_adds_what_is_missing_and_keeps_what_is_there() -> None:
    tags = {"team": "mine", "stage": UNKNOWN_STRING, "token": {SIGNATURE: SECRET, "value": "s"}}
    done = mended(TOPIC, {"tags": tags}, remedy_tags={"tags": {"team": "theirs", "stage": "x", "cost": "7"}})
    kept = dict(done["tags"])
    assert (kept["team"], kept["stage"], kept["cost"]) == ("mine", UNKNOWN_STRING, "7")
    assert dict(kept["token"]) == {SIGNATURE: SECRET, "value": "s"}, "a secret stays one"


def test_the_tags_remedy_gives_no_tags_to_what_carries_none() -> None:
    assert mended("aws:iam/rolePolicy:RolePolicy", {"region": "r"}, remedy_tags={"tags": {"cost": "7"}}) is None
    assert mended(TOPIC, {"tags": UNKNOWN_STRING}, remedy_tags={"tags": {"cost": "7"}}) is None
