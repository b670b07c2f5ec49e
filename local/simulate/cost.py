"""What was predicted beside what Karpenter bought, over all scenarios that were played."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from catalog.ec2_prices import table
from local.cluster.instance_types import SPOT_SHARE
from local.simulate.bill import Bill
from local.simulate.outcome import Outcome

# Pods that arrive over more than one of Karpenter's rounds find other nodes half full than the batch that was packed.
MARGIN = Decimal("0.10")


def cost(outcomes: Iterable[Outcome], total: Outcome) -> None:
    """For each scenario, nodes and USD an hour as predicted beside what Karpenter bought."""
    priced = table()
    where = f"{priced.region}, {priced.dated}; spot at {SPOT_SHARE:g} of on demand, the simulated market's own price"
    verdict = total.verdict
    whole = [Bill(nodes={}, usd=Decimal(0))] * 2
    for each in outcomes:
        if each.predicted is None or each.provisioned is None:
            continue
        guess, bought = each.predicted, each.provisioned
        whole = [_sum(one, other) for one, other in zip(whole, (guess, bought), strict=True)]
        apart = _apart(guess.usd, bought.usd)
        text = f"{each.verdict.scenario}: predicted {guess.count} nodes, {guess.usd:.2f} USD/h"
        text += f"; bought {bought.count}, {bought.usd:.2f} ({apart:+.1%}, allowed {MARGIN:.0%})"
        verdict.note(text, abs(apart) <= MARGIN)
    total.predicted, total.provisioned = whole
    verdict.note(f"prices: catalog/ec2_prices.json ({where})", bool(verdict.facts))


def _apart(predicted: Decimal, bought: Decimal) -> Decimal:
    return (bought - predicted) / predicted if predicted else Decimal(1)


def _sum(one: Bill, other: Bill) -> Bill:
    names = {*one.nodes, *other.nodes}
    nodes = {name: one.nodes.get(name, 0) + other.nodes.get(name, 0) for name in sorted(names)}
    return Bill(nodes=nodes, usd=one.usd + other.usd, unplaced=one.unplaced + other.unplaced)
