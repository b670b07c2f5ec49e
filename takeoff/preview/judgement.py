"""What the policies say, as sections: what stops a deployment first, what they leave open last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from takeoff.preview.document import Line, Section, Tone
from takeoff.preview.previewed import PolicyFinding, Preview

Standing = Literal["mandatory", "advisory", "exempt", "unknown"]
# The words by which policies/judge.py says that a rule leaves something open, or passes over it.
UNKNOWN = "not known before deployment"
EXEMPT = "exempt until"
_ADVICE: tuple[Standing, ...] = ("advisory", "exempt", "unknown")
_STANDINGS: tuple[Standing, ...] = ("mandatory", *_ADVICE)


def standing(finding: PolicyFinding) -> Standing:
    """How much a finding weighs."""
    if finding.level == "mandatory":
        return "mandatory"
    text = said(finding)
    return "unknown" if UNKNOWN in text else "exempt" if text.startswith(EXEMPT) else "advisory"


def said(finding: PolicyFinding) -> str:
    """A finding in one line; the engine puts the policy's title on a line before the message."""
    title, _, message = finding.message.partition("\n")
    return " ".join((message or title).split())


def section(preview: Preview) -> Section:
    """The counts, and every finding that stops a deployment."""
    found = {each: [f for f in preview.policies if standing(f) == each] for each in _STANDINGS}
    if not preview.packs:
        return Section(title="Policy", summary="not judged: no policy pack ran", tone="bad")
    words = {"mandatory": "mandatory", "advisory": "advisory", "exempt": "exempt", "unknown": "decided at deployment"}
    summary = ", ".join(f"{len(found[each])} {words[each]}" for each in _STANDINGS)
    tone: Tone = "bad" if found["mandatory"] else "warn" if found["advisory"] else "good"
    lines = _lines(found["mandatory"], "✗", "bad")
    return Section(title="Policy", summary=summary, lines=tuple(lines), tone=tone)


def rest(preview: Preview) -> Section | None:
    """What advises, what is exempt and what only the deployment decides."""
    signs: Mapping[Standing, str] = {"advisory": "!", "exempt": "·", "unknown": "?"}
    found = {each: [f for f in preview.policies if standing(f) == each] for each in _ADVICE}
    lines = [
        line
        for each, findings in found.items()
        for line in _lines(findings, signs[each], "warn" if each == "advisory" else "plain")
    ]
    total = sum(len(findings) for findings in found.values())
    count = f"{total} finding{'' if total == 1 else 's'}"
    return Section(title="Policy: advice", summary=count, lines=tuple(lines), folded=True) if lines else None


def _lines(findings: Sequence[PolicyFinding], mark: str, tone: Tone) -> list[Line]:
    """A line a policy, by control, which its name begins with: sagemaker-4 before sagemaker-22."""
    found: dict[str, list[str]] = {}
    for each in sorted(findings, key=lambda finding: (_natural(finding.policy), finding.urn)):
        found.setdefault(each.policy, []).append(said(each))
    return [
        Line(
            text=first + (f" (and {len(more)} more of this rule)" if more else ""),
            mark=mark,
            tone=tone,
            details="\n".join(more),
            about="the others",
        )
        for first, *more in found.values()
    ]


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split("-")]
