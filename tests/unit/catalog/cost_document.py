"""Writes docs/cost.md: python -m tests.unit.catalog.cost_document."""

from __future__ import annotations

from catalog.reference import DOCUMENT, document
from catalog.statement import Statement, statement
from catalog.usage import Assumptions
from tests.stacks import shipped


def shipped_statement(stack: str) -> Statement:
    """What everything that a shipped stack declares costs, with the usage that its file gives."""
    usage = {name: Assumptions.of(model["usage"]) for name, model in shipped.models(stack).items() if "usage" in model}
    region = shipped.config(stack).get("takeoff:region", "us-east-1")
    return statement([(each.type, each.inputs) for each in shipped.whole(stack).resources], region, usage)


def written() -> str:
    """The page as it must be."""
    return document({stack: shipped_statement(stack) for stack in shipped.STACKS})


if __name__ == "__main__":
    DOCUMENT.write_text(written())
