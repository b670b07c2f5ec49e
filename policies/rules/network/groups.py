"""What may come in and go out: nothing from the internet, and to it only by HTTPS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from policies.declared import Declared
from policies.rule import FSBP, OWN, ResourceRule, Rule, Settings
from policies.rules.network.openings import EGRESS, INGRESS, Opening, openings
from policies.sources import hub

# https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
_RISKY: Final = (
    20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088,
    8888, 9200, 9300,
)  # fmt: skip
_PAGE: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html"


def _first(
    direction: Literal["ingress", "egress"], wrong: Callable[[Opening, Settings], bool]
) -> Callable[[Declared, Settings], str | None]:
    def check(resource: Declared, settings: Settings) -> str | None:
        return next((str(each) for each in openings(resource, direction) if wrong(each, settings)), None)

    return check


def _unauthorised(opening: Opening, settings: Settings) -> bool:
    return opening.everywhere and not opening.within(settings["ports"])


def _risky(opening: Opening, _settings: Settings) -> bool:
    return opening.everywhere and any(opening.first <= port <= opening.last for port in _RISKY)


def _too_wide(opening: Opening, settings: Settings) -> bool:
    if opening.everywhere:
        return not opening.within(settings["ports"])
    return not opening.itself and (opening.protocol == "-1" or opening.last - opening.first >= settings["span"])


RULES: Final[tuple[Rule, ...]] = (
    ResourceRule(
        control="EC2.18",
        name="ec2-18-open-ports-are-authorised",
        severity="high",
        frameworks=(FSBP,),
        title="only authorised ports are open to the internet",
        allowed="TCP ports of setting `ports` from 0.0.0.0/0 or ::/0",
        fix="name a security group or your own network as the source",
        source=hub("EC2.18"),
        settings={"ports": [80, 443]},
        types=INGRESS,
        check=_first("ingress", _unauthorised),
    ),
    ResourceRule(
        control="EC2.19",
        name="ec2-19-no-risky-open-ports",
        severity="critical",
        frameworks=(FSBP,),
        title="no port of high risk is open to the internet",
        allowed=f"none of {', '.join(map(str, _RISKY))} from 0.0.0.0/0 or ::/0",
        fix="name a security group or your own network as the source",
        source=hub("EC2.19"),
        types=INGRESS,
        check=_first("ingress", _risky),
    ),
    ResourceRule(
        control="Takeoff.49",
        name="takeoff-49-nothing-comes-in-from-outside",
        severity="high",
        frameworks=(OWN,),
        title="nothing in the network is reached from outside, and a group opens all ports to its own members only",
        allowed="from the internet TCP ports of `ports`; from groups and networks fewer than `span` ports",
        fix="let a load balancer or API Gateway take requests; name the ports",
        source=_PAGE,
        settings={"ports": [], "span": 100},
        types=INGRESS,
        check=_first("ingress", _too_wide),
    ),
    ResourceRule(
        control="Takeoff.26",
        name="takeoff-26-egress-is-named",
        severity="medium",
        frameworks=(OWN,),
        title="a security group lets out only what is named",
        allowed="to the internet TCP ports of `ports`; to groups and networks fewer than `span` ports of a protocol",
        fix="name protocol, ports and target in the egress rule",
        source=_PAGE,
        settings={"ports": [443], "span": 100},
        types=EGRESS,
        check=_first("egress", _too_wide),
    ),
)
