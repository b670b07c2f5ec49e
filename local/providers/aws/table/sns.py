"""Topics, their policies and subscriptions."""

import json
from collections.abc import Mapping
from typing import Any

from local.providers.aws.row import Call, Read, Row, Tagging
from local.state import ACCOUNT

_ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}
_POLICY = Call(
    "set_topic_attributes",
    renames={"policy": "AttributeValue"},
    properties=frozenset({"policy"}),
    fixed={"AttributeName": "Policy"},
)


def _default_policy(client: Any, state: Mapping[str, Any]) -> None:
    """A topic is never without a policy: the official plugin puts AWS's own one back."""
    actions = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"]
    actions += ["Subscribe", "ListSubscriptionsByTopic", "Publish", "Receive"]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": state["arn"],
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    client.set_topic_attributes(TopicArn=state["arn"], AttributeName="Policy", AttributeValue=json.dumps(document))


ROWS = (
    Row(
        type="aws:sns/topic:Topic",
        served_by="moto",
        service="sns",
        schema="AWS::SNS::Topic",
        schema_names={"name": "TopicName"},
        keys={"Name": "name", "TopicArn": "id", "ResourceArn": "id"},
        id="{arn}",
        imported="arn:aws:sns:{region}:{account}:{name}",
        create=Call(
            "create_topic",
            renames={name: f"Attributes.{member}" for name, member in _ATTRIBUTES.items()},
            properties=frozenset({"name", "tags", *_ATTRIBUTES}),
        ),
        update=tuple(
            Call(
                "set_topic_attributes",
                renames={name: "AttributeValue"},
                properties=frozenset({name}),
                fixed={"AttributeName": member},
            )
            for name, member in _ATTRIBUTES.items()
        ),
        read=(Read("get_topic_attributes", at="Attributes", renames=_ATTRIBUTES),),
        delete=Call("delete_topic"),
        outputs={"arn": "TopicArn", "owner": "Owner"},
        replace=frozenset({"name", "fifoTopic"}),
        tagging=Tagging("tag_resource", "untag_resource", "list_tags_for_resource"),
        defaults={"contentBasedDeduplication": False, "fifoTopic": False},
        cleared=dict.fromkeys(_ATTRIBUTES, ""),
    ),
    Row(
        type="aws:sns/topicPolicy:TopicPolicy",
        served_by="moto",
        service="sns",
        schema="AWS::SNS::TopicPolicy",
        schema_names={"policy": "PolicyDocument", "arn": "Topics"},
        autoname=None,
        keys={"TopicArn": "arn"},
        id="{arn}",
        create=_POLICY,
        update=(_POLICY,),
        read=(Read("get_topic_attributes", at="Attributes", renames={"policy": "Policy"}),),
        delete=None,
        before_delete=_default_policy,
        outputs={"owner": "Owner"},
        replace=frozenset({"arn"}),
        json=frozenset({"policy"}),
    ),
    Row(
        type="aws:sns/topicSubscription:TopicSubscription",
        served_by="moto",
        service="sns",
        schema="AWS::SNS::Subscription",
        schema_names={"topic": "TopicArn"},
        autoname=None,
        keys={"SubscriptionArn": "id"},
        id="{arn}",
        create=Call(
            "subscribe",
            renames={"topic": "TopicArn"},
            properties=frozenset({"endpoint", "protocol", "topic"}),
            # Without it the answer for an address that has not confirmed is "pending confirmation".
            fixed={"ReturnSubscriptionArn": True},
        ),
        read=(Read("get_subscription_attributes", at="Attributes", renames={"topic": "TopicArn"}),),
        delete=Call("unsubscribe"),
        outputs={"arn": "SubscriptionArn", "ownerId": "Owner"},
        replace=frozenset({"endpoint", "protocol", "topic"}),
        defaults={"confirmationTimeoutInMinutes": 1, "endpointAutoConfirms": False, "rawMessageDelivery": False},
    ),
)
