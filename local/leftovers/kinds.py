"""How services list and delete what is found by its name, or by its tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.leftovers.leftover import Leftover, bind, pages, prefix, tagged
from local.state import ACCOUNT, REGION


@dataclass(frozen=True)
class Kind:
    """A service's listing: the operation, where it has the entries, and the member with the name ("": it lists names).

    `delete` takes the name as `argument`, or with `by_id` the id; `id` is the Pulumi state's, made of what is listed.
    `several` says that it takes a list; `more` and `asked` are further arguments of the two operations. `tagged` says
    that its names are not ours and the stack's tag tells.
    """

    type: str
    service: str
    list: str
    key: str
    name: str
    delete: str
    argument: str
    id: str = "{listed}"
    by_id: bool = False
    several: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    tagged: bool = False

    def leftovers(self, client: Any, stack: str) -> Iterator[Leftover]:
        """All of a stack's that the service lists."""
        for item in pages(client, self.list, self.key, **self.asked):
            listed = item[self.name] if self.name else item
            # Glue's names have underscores for hyphens; a topic has its ARN alone, an alias a word before its name.
            name = listed.rpartition(":")[2].removeprefix("alias/").replace("_", "-")
            if tagged(item, stack) if self.tagged else name.startswith(prefix(stack)):
                id_ = self.id.format(listed=listed, item=item, account=ACCOUNT, region=REGION)
                target = id_ if self.by_id else listed
                given = {self.argument: [target] if self.several else target, **self.more}
                yield Leftover(self.type, id_, bind(getattr(client, self.delete), **given))


def _alarms(type_: str, what: str) -> Kind:
    asked = {"AlarmTypes": [what]}
    key, delete = f"{what}s", ("delete_alarms", "AlarmNames")
    return Kind(type_, "cloudwatch", "describe_alarms", key, "AlarmName", *delete, several=True, asked=asked)


# In an order in which they can be removed: what rests on others first.
KINDS = (
    _alarms("aws:cloudwatch/compositeAlarm:CompositeAlarm", "CompositeAlarm"),
    _alarms("aws:cloudwatch/metricAlarm:MetricAlarm", "MetricAlarm"),
    Kind(
        "aws:cloudwatch/dashboard:Dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName",
        "delete_dashboards", "DashboardNames", several=True,
    ),
    Kind(
        "aws:scheduler/schedule:Schedule", "scheduler", "list_schedules", "Schedules", "Name",
        "delete_schedule", "Name", "default/{listed}",
    ),
    Kind(
        "aws:sfn/stateMachine:StateMachine", "stepfunctions", "list_state_machines", "stateMachines", "name",
        "delete_state_machine", "stateMachineArn",
        "arn:aws:states:{region}:{account}:stateMachine:{listed}", by_id=True,
    ),
    Kind(
        "aws:lambda/function:Function", "lambda", "list_functions", "Functions", "FunctionName",
        "delete_function", "FunctionName",
    ),
    Kind(
        "aws:codebuild/project:Project", "codebuild", "list_projects", "projects", "",
        "delete_project", "name", "arn:aws:codebuild:{region}:{account}:project/{listed}",
    ),
    Kind(
        "aws:emrserverless/application:Application", "emr-serverless", "list_applications", "applications", "name",
        "delete_application", "applicationId", "{item[id]}", by_id=True,
    ),
    Kind(
        "aws:ecr/repository:Repository", "ecr", "describe_repositories", "repositories", "repositoryName",
        "delete_repository", "repositoryName", more={"force": True},
    ),
    Kind(
        "aws:sagemaker/pipeline:Pipeline", "sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName",
        "delete_pipeline", "PipelineName",
    ),
    Kind(
        "aws:sagemaker/modelCard:ModelCard", "sagemaker", "list_model_cards", "ModelCardSummaries", "ModelCardName",
        "delete_model_card", "ModelCardName",
    ),
    Kind(
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup", "sagemaker", "list_model_package_groups",
        "ModelPackageGroupSummaryList", "ModelPackageGroupName", "delete_model_package_group", "ModelPackageGroupName",
    ),
    Kind(
        "aws:budgets/budget:Budget", "budgets", "describe_budgets", "Budgets", "BudgetName",
        "delete_budget", "BudgetName", "{account}:{listed}", more={"AccountId": ACCOUNT}, asked={"AccountId": ACCOUNT},
    ),
    Kind("aws:sns/topic:Topic", "sns", "list_topics", "Topics", "TopicArn", "delete_topic", "TopicArn"),
    Kind(
        "aws:glue/catalogDatabase:CatalogDatabase", "glue", "get_databases", "DatabaseList", "Name",
        "delete_database", "Name", "{account}:{listed}",
    ),
    Kind(
        "aws:lakeformation/resource:Resource", "lakeformation", "list_resources", "ResourceInfoList", "ResourceArn",
        "deregister_resource", "ResourceArn",
    ),
    Kind(
        "aws:ec2/launchTemplate:LaunchTemplate", "ec2", "describe_launch_templates", "LaunchTemplates",
        "LaunchTemplateName", "delete_launch_template", "LaunchTemplateId", "{item[LaunchTemplateId]}", by_id=True,
        asked={"MaxResults": 200},  # moto answers 15 otherwise, and no way to the others
    ),
    Kind("aws:kms/alias:Alias", "kms", "list_aliases", "Aliases", "AliasName", "delete_alias", "AliasName"),
)  # fmt: skip
