"""The stack file: what is refused, and what its blocks bring about."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

MISTAKES = "tests/unit/infra/test_platform_config.py::test_a_mistake_is_one_line_with_its_key_path"
EVERYWHERE = "tests/stacks/test_environments.py::test_"
MODEL, STACK = "infra/config/model.py", "infra/config/stack.py"

EDGES = (
    Sabotage("residency", "stack file", STACK, "if self.region not in self.allowed_regions:", "if False:", MISTAKES),
    Sabotage("one-shadow", "stack file", MODEL, "if self.shadow and len(self.variants) > 1:", "if False:", MISTAKES),
    Sabotage(
        "plan-refusals",
        "stack file",
        "infra/config/deployment.py",
        "raise MistakeError(_KEYS[found.field], found.got, found.allowed)",
        "pass",
        MISTAKES,
    ),
    Sabotage(
        "addresses-overlap",
        "stack file",
        "infra/config/platform.py",
        "if other and overlap(self.cidr, [other]):",
        "if False:",
        MISTAKES,
    ),
    Sabotage(
        "protected-data",
        "stack file",
        "infra/foundation.py",
        "protect=config.protect or None",
        "protect=None",
        f"{EVERYWHERE}everything_that_holds_data_is_protected",
    ),
    Sabotage(
        "capture-days",
        "stack file",
        "infra/foundation.py",
        "block.days for name, block in kept.items()",
        "1 for name, block in kept.items()",
        f"{EVERYWHERE}captures_are_deleted_when_their_days_are_over",
    ),
    Sabotage(
        "plan-of-the-wish",
        "stack file",
        "infra/models.py",
        "plan=model.deployment.to_plan(),",
        "",
        f"{EVERYWHERE}the_wish_names_the_plan_and_the_alarms_that_are_declared",
    ),
    Sabotage(
        "scaled-count",
        "stack file",
        "components/model_endpoint_args.py",
        "instances=None if v.scaling else v.instances",
        "instances=v.instances",
        f"{EVERYWHERE}autoscaling_owns_the_count_that_the_wish_leaves_out",
    ),
)
