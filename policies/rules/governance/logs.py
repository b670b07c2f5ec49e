"""Logs are kept for a while: long enough to look back, and not for ever."""

from __future__ import annotations

from typing import Final

from policies.declared import Declared, known
from policies.rule import OWN, ResourceRule, Rule, Settings


def _kept(resource: Declared, settings: Settings) -> str | None:
    days = known(resource.at("retentionInDays"), "retentionInDays")
    if not days:
        return "retentionInDays left out: for ever"
    return None if settings["least"] <= int(days) <= settings["most"] else f"retentionInDays {int(days)}"


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="Takeoff.22",
        name="takeoff-22-logs-are-kept-a-while",
        severity="medium",
        frameworks=(OWN,),
        title="logs are kept for a bounded time",
        allowed="retentionInDays between `least` and `most`",
        fix="set retentionInDays",
        source="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-16",
        settings={"least": 30, "most": 3653},
        types=("aws:cloudwatch/logGroup:LogGroup",),
        check=_kept,
    ),
)
