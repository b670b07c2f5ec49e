"""Writes takeoff/terraform/names.json: what Terraform calls the types and properties that shipped stacks declare.

    python -m tools.terraform_names [TOKEN...]

The official plugin is Terraform's provider behind a bridge, so its Python SDK tells by its types which properties are
nested blocks (an object, or a list of objects) and which are maps: read here from the source, since importing all of it
takes gigabytes. What the bridge changed is undone by rule: a list of blocks got a plural (`rules` of `rule`), and types
begin with their service, which Terraform leaves out for EC2. The exceptions to both are the tables below, from the
provider's documentation. A type that is new to the stacks is added by running this again; look its page up then:
https://github.com/hashicorp/terraform-provider-aws/tree/main/website/docs/r
"""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).parents[1] / "takeoff/terraform/names.json"
# Services whose name is no part of Terraform's types: aws_vpc, aws_subnet, aws_security_group.
_NAMELESS = {"ec2"}
# Lists of blocks that Terraform itself calls by a plural.
PLURAL = {
    "aws_appautoscaling_policy": {
        "target_tracking_scaling_policy_configuration.customized_metric_specification.dimensions",
        "target_tracking_scaling_policy_configuration.customized_metric_specification.metrics",
        "target_tracking_scaling_policy_configuration.customized_metric_specification.metrics.metric_stat.metric.dimensions",
    },
    "aws_codebuild_project": {"secondary_artifacts", "secondary_sources", "file_system_locations"},
    "aws_sagemaker_endpoint": {"deployment_config.auto_rollback_configuration.alarms"},
    "aws_sagemaker_endpoint_configuration": {
        "production_variants",
        "shadow_production_variants",
        "data_capture_config.capture_options",
    },
    "aws_cloudwatch_event_target": {"run_command_targets"},
    "aws_default_security_group": {"ingress", "egress"},
    "aws_security_group": {"ingress", "egress"},
}
# Properties with another name altogether.
RENAMED = {"aws_lambda_function": {"code": "filename"}}
# Deep enough for every block that a shipped stack fills; some types of AWS nest without end.
_DEPTH = 5


def terraform_type(token: str) -> str:
    """aws_s3_bucket_policy of aws:s3/bucketPolicy:BucketPolicy."""
    _, module, name = token.split(":")
    service = module.partition("/")[0]
    return "_".join(["aws", *([] if service in _NAMELESS else [service]), snake(name)])


def snake(name: str) -> str:
    """kms_key_arn of kmsKeyArn."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def singular(name: str) -> str:
    """rule of rules, policy of policies, address of addresses."""
    for ending, one in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if name.endswith(ending):
            return name.removesuffix(ending) + one
    return name


def names(token: str) -> dict[str, Any]:
    """What is special about a type: `type`, its `blocks` (dotted path of the SDK → Terraform's name), maps, renames."""
    type_ = terraform_type(token)
    _, module, name = token.split(":")
    service, _, file = module.partition("/")
    folder = _sdk() / (f"{service}_" if service == "lambda" else service)
    classes = _classes(folder / f"{snake(file)}.py") | _classes(folder / "_inputs.py")
    args = classes.get(f"{name}InitArgs") or classes[f"{name}Args"]
    blocks: dict[str, str] = {}
    maps: list[str] = []
    _walk(args, classes, type_, "", blocks, maps)
    found: dict[str, Any] = {"type": type_}
    found |= {"blocks": blocks} if blocks else {}
    found |= {"maps": maps} if maps else {}
    return found | ({"renamed": RENAMED[type_]} if type_ in RENAMED else {})


def _walk(
    args: Mapping[str, str],
    classes: Mapping[str, Mapping[str, str]],
    type_: str,
    path: str,
    blocks: dict[str, str],
    maps: list[str],
) -> None:
    for key, annotation in sorted(args.items()):
        here = f"{path}{key}"
        nested = re.search(r"'(\w+Args)'", annotation)
        if "Mapping[" in annotation:
            maps.append(here)
        elif nested:
            many = "Sequence[" in annotation and here not in PLURAL.get(type_, ())
            blocks[here] = singular(key) if many else key.removesuffix("_")  # `not_`, where Python has a word
            if here.count(".") < _DEPTH:
                _walk(classes[nested[1]], classes, type_, f"{here}.", blocks, maps)


@cache
def _classes(path: Path) -> dict[str, dict[str, str]]:
    """The arguments of every class in a file of the SDK, with their annotations as text."""
    return {
        node.name: {arg.arg: ast.unparse(arg.annotation) for arg in init.args.kwonlyargs if arg.annotation}
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
        for init in node.body
        if isinstance(init, ast.FunctionDef) and init.name == "__init__"
    }


@cache
def _sdk() -> Path:
    spec = importlib.util.find_spec("pulumi_aws")
    if spec is None or spec.origin is None:
        raise SystemExit("pulumi_aws: not installed; run `make setup`")
    return Path(spec.origin).parent


def declared() -> set[str]:
    """The types that the shipped stacks declare, in any of their states."""
    from tests.stacks.shipped import STACKS, whole

    return {each.type for stack in STACKS for each in whole(stack).resources if each.type.startswith("aws:")}


def render(tokens: Iterable[str]) -> str:
    """The file's text."""
    return json.dumps({token: names(token) for token in sorted(tokens)}, indent=1) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(render({*declared(), *json.loads(OUTPUT.read_text()), *sys.argv[1:]}))
