"""Policies that a resource carries itself: for principals by name, and services on this account's behalf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import home
from policies.declared import Declared, Graph
from policies.documents import Statement, statements
from policies.links import each
from policies.openness import public, strangers, unnamed_services
from policies.rule import FSBP, OWN, Broken, ResourceRule, Rule, Settings, StackRule
from policies.sources import hub

_TOPICS: Final = ("aws:sns/topicPolicy:TopicPolicy", "aws:sns/topic:Topic")
_QUEUES: Final = ("aws:sqs/queuePolicy:QueuePolicy", "aws:sqs/queue:Queue")
# Where else a policy says who reaches a resource from outside.
_PATHS: Final = {
    **dict.fromkeys((*_TOPICS, *_QUEUES), "policy"),
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": "resourcePolicy",
}


def _open(resource: Declared, _settings: Settings) -> str | None:
    found = [statement for statement in statements(resource, "policy") if public(statement)]
    return f"{', '.join(found[0].actions or found[0].not_actions)} for everybody" if found else None


def _narrow(graph: Graph, settings: Settings) -> Iterator[Broken]:
    own = home.own(graph, settings["accounts"])

    def check(resource: Declared) -> str | None:
        found = (_wide(statement, own, settings) for statement in statements(resource, _PATHS[resource.type]))
        return next((got for got in found if got), None)

    return each(graph.of(*_PATHS), check)


def _wide(statement: Statement, own: set[str], settings: Settings) -> str | None:
    if not statement.allows:
        return None
    what = ", ".join(statement.actions) or f"all but {', '.join(statement.not_actions)}"
    found = ["everybody but some"] if statement.not_principals else strangers(statement, own)
    if found:
        return f"{what} for {', '.join(found)}"
    unnamed = [each for each in unnamed_services(statement, own) if each not in settings["unconditional"]]
    if unnamed:
        return f"{what} for {', '.join(unnamed)}, whichever account asks"
    broad = [each for each in statement.actions if each == "*" or each.endswith(":*")]
    return what if broad or statement.not_actions else None


def _public(control: str, name: str, title: str, types: tuple[str, ...]) -> ResourceRule:
    return ResourceRule(
        control=control,
        name=name,
        severity="critical",
        frameworks=(FSBP,),
        title=title,
        allowed="principals by name, or a condition that fixes who calls or for whom",
        fix="name the principals, or add aws:SourceArn or aws:SourceAccount",
        source=hub(control),
        types=types,
        check=_open,
    )


RULES: Final[tuple[Rule, ...]] = (
    _public("SNS.4", "sns-4-not-public", "nobody at large publishes to a topic or subscribes to it", _TOPICS),
    _public("SQS.3", "sqs-3-not-public", "nobody at large reaches a queue", _QUEUES),
    StackRule(
        control="Takeoff.19",
        name="takeoff-19-resource-policies",
        severity="high",
        frameworks=(OWN,),
        title="a resource's own policy names who comes in, what for, and on whose behalf",
        allowed="principals of this account or of `accounts`; services under aws:SourceAccount or aws:SourceArn of it, "
        "but for `unconditional`; actions by name",
        fix="name principals, actions and the condition in the policy",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html",
        settings={"accounts": [], "unconditional": []},
        types=tuple(_PATHS),
        check=_narrow,
    ),
)
