"""Whether a deployment may go ahead. What is not known to be well is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from takeoff.preview.changes import Change, short
from takeoff.preview.document import Verdict
from takeoff.preview.judgement import standing
from takeoff.preview.message import plain
from takeoff.preview.money import Costs, undecided
from takeoff.preview.previewed import Diagnostic, Preview
from takeoff.preview.risks import BUCKET, ENDPOINT, FEATURE_GROUP, KEY

# What no deployment replaces or deletes by the way.
KEPT = frozenset({ENDPOINT, FEATURE_GROUP, KEY, BUCKET})
# What the engine ends with after any failure, and after a finding of a mandatory policy.
_TRAILERS = ("preview failed", "an unhandled error occurred: the program exited")
# As many reasons stand in the first line; the sections below tell all.
_REASONS = 4
# A reason is one line of a comment, not the engine's whole account.
_LONGEST = 300


@dataclass(frozen=True)
class Environment:
    """What policies/environments says of a stack; None where it has no file, and everything is mandatory."""

    policies: Mapping[str, Any] | None = field(default=None)

    @property
    def strict(self) -> bool:
        """Whether a finding stops a deployment where no rule says otherwise."""
        level = (self.policies or {}).get("all", "mandatory")
        level = level.get("enforcementLevel", "mandatory") if isinstance(level, Mapping) else level
        return level not in {"advisory", "disabled"}


def verdict(
    preview: Preview,
    changed: Sequence[Change],
    costs: Costs | None,
    environment: Environment,
    impossible: Sequence[str] = (),
) -> Verdict:
    """The first line of the report: counts, money, policy, and READY or REFUSED with the reasons.

    `impossible` is what AWS would refuse after the engine has begun.
    """
    reasons = (*_reasons(preview, changed, costs, environment), *impossible)
    said = [_counts(changed)]
    said += [_money(costs)] if costs else []
    said.append(_policy(preview))
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    said.append(f"REFUSED: {'; '.join(reasons[:_REASONS])}{more}" if reasons else "READY")
    return Verdict(text=f"{preview.stack}: {'; '.join(said)}", reasons=reasons)


def failures(preview: Preview) -> list[Diagnostic]:
    """Why the program, a provider or the engine failed; what the engine says of every failure is left out."""
    own = [error for error in preview.errors if not error.message.startswith(_TRAILERS)]
    broken = any(finding.level == "mandatory" for finding in preview.policies)
    return own if own or broken else preview.errors


def _reasons(
    preview: Preview, changed: Sequence[Change], costs: Costs | None, environment: Environment
) -> Iterator[str]:
    if not preview.complete:
        yield "the engine's events end before its summary; what is missing may be anything"
    if found := failures(preview):
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        yield f"the preview failed: {plain(found[0].message, _LONGEST)}{more}"
    if mandatory := sum(finding.level == "mandatory" for finding in preview.policies):
        yield f"{mandatory} finding{'' if mandatory == 1 else 's'} of mandatory policies"
    if environment.strict and preview.complete and not preview.packs:
        yield "no policy pack has judged it"
    if environment.strict:
        yield from (
            f"{change.what}s {short(change.step.type)} {change.step.name}"
            for change in changed
            if change.step.type in KEPT and change.what in {"replace", "delete"}
        )
    for overrun in costs.overruns if costs else ():
        spent = f"{overrun.what}: USD {overrun.got:,.0f} of {overrun.allowed:,.0f} a month"
        # What has no price may break a budget, and in a strict environment only what is known to hold goes ahead.
        if overrun.kind == "over" or (environment.strict and not undecided(overrun)):
            yield f"over budget: {spent}" if overrun.kind == "over" else f"budget not proven: {spent}"


def _policy(preview: Preview) -> str:
    if not preview.packs:
        return "policy: not judged"
    found = Counter(standing(finding) for finding in preview.policies)
    return f"policy: {found['mandatory']} mandatory, {found['advisory']} advisory"


def _counts(changed: Sequence[Change]) -> str:
    counts = Counter(change.what for change in changed)
    said = [f"{counts[what]} to {what}" for what in ("create", "update", "replace", "delete")]
    said += [f"{counts['leave']} to leave in the account"] if counts["leave"] else []
    return ", ".join(said)


def _money(costs: Costs) -> str:
    return f"USD {costs.difference.usd:+,.0f} a month (USD {costs.before:,.0f} → {costs.after:,.0f})"
