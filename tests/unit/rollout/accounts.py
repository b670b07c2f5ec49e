"""Accounts in which a candidate is about to be tried, for the tests of Rollout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.rollout_account import ANALYSIS, NEW, OLD, Account, Execution, wish
from catalog.analysis import Step

SMALL = replace(ANALYSIS, steps=(Step(percent=20, requests=5, seconds=60),), bake_seconds=60, detect=0.4)


def account(*, analysis: Any = SMALL, versions: tuple[str, ...] = (OLD, NEW), **other: Any) -> Account:
    return Account(wish(*versions, analysis=analysis), **{"rate": 3, **other})


def served_by(found: Account) -> tuple[str, dict[str, float], str, str]:
    """The config, its weights, and the records."""
    return found.config, found.weights, found.told("approved")["version"], found.told("candidate")["version"]


OLD_LIVES = ("m-a", {"main": 100}, OLD, NEW)
NEW_LIVES = ("m-b", {"main": 100}, NEW, OLD)


def nothing_is_left(found: Account) -> bool:
    return set(found.configs) == {"m-a", "m-b"} and not found.suspended and found.told("analysis")["phase"] == "ended"


def order(found: Account, action: str, version: str = OLD) -> None:
    found.says("override", action=action, version=version, who="ann", why="a test", at=f"{action} {version}")


def at_canary(found: Account) -> Execution:
    """An execution whose candidate has its first share."""
    execution = Execution(found)
    while found.weights.get("candidate", 0) == 0:
        execution.step()
    return execution
