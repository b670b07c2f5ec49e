"""The table of controls: `python -m policies.reference` writes docs/controls.md from the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from policies.rule import AI, FSBP, OWN, TAGGING, ResourceRule, Rule
from policies.rules import MODULES

FILE: Final = Path(__file__).parents[1] / "docs/controls.md"
CASES: Final = "tests/unit/policies/cases"
_SECRETS = "It is about people's credentials, which no stack declares; AWS Config judges it at run time"
_ACCOUNT = "It is a setting of the account and region, which bootstrap/ or the organisation owns, and not of a stack"
_UNDECLARED = "No type that a shipped stack declares is judged by it"
_RUNNING = "It depends on what runs or has happened, which no declaration shows"
# Controls of the two standards that have no rule: of the AI standard all, of the other those that are near.
NOT_JUDGED: Final[dict[str, str]] = {
    "Bedrock.1": f"{_UNDECLARED}: Bedrock data sources",
    "BedrockAgentCore.1": f"{_UNDECLARED}: AgentCore runtimes",
    "BedrockAgentCore.2": f"{_UNDECLARED}: AgentCore gateways",
    "CodeBuild.7": f"{_UNDECLARED}: report groups",
    "Config.1": _ACCOUNT,
    "EC2.1": _RUNNING,
    "EC2.4": _RUNNING,
    "EC2.7": _ACCOUNT,
    "EC2.16": _RUNNING,
    "EC2.182": _ACCOUNT,
    "IAM.3": _SECRETS,
    "IAM.4": _SECRETS,
    "IAM.5": _SECRETS,
    "IAM.6": _SECRETS,
    "IAM.7": _ACCOUNT,
    "IAM.8": _SECRETS,
    "S3.19": f"{_UNDECLARED}: access points",
    "S3.24": f"{_UNDECLARED}: multi-region access points",
    "S3.25": f"{_UNDECLARED}: directory buckets",
    "SSM.2": _RUNNING,
    "SSM.3": _RUNNING,
}
_HEAD = """# Controls

Written by `python -m policies.reference` from the rules themselves; a test keeps it fresh. Every rule has a case that
keeps it, one that breaks it and one whose decisive value is unknown before deployment, in the file named last.
Levels are set by environment in `policies/environments/`: what an environment does not name is mandatory.
"""
_STANDARDS: Final = {
    AI: "AWS Security Hub: AI Security Best Practices v1.0.0",
    FSBP: "AWS Security Hub: Foundational Security Best Practices v1.0.0",
    TAGGING: "AWS Security Hub: AWS Resource Tagging Standard v1.0.0",
    OWN: "Takeoff's own, and controls of AWS outside the three standards",
}


def document() -> str:
    """docs/controls.md as the rules are now."""
    rules = [(rule, module.__name__.rpartition(".")[2]) for module in MODULES for rule in module.RULES]
    rules.sort(key=lambda each: (natural(each[0].control), each[0].name))
    parts = [_HEAD]
    for framework, title in _STANDARDS.items():
        rows = (_row(rule, file) for rule, file in rules if framework in rule.frameworks)
        parts.append(f"## {title}\n\n{_table(_ROW, rows)}")
    settings = (row for rule, _ in rules for row in _settings(rule))
    parts.append(f"## Settings\n\n{_table(('rule', 'setting', 'default'), settings)}")
    reasons = sorted(NOT_JUDGED.items(), key=lambda each: natural(each[0]))
    parts.append(f"## Not judged\n\n{_table(('control', 'why'), reasons)}")
    return "\n".join(parts)


def natural(control: str) -> tuple[Any, ...]:
    """A control's place: by service, then by number."""
    service, _, number = control.partition(".")
    return service, int(number), control


_ROW: Final = ("control", "rule", "severity", "judges", "what must be so", "cases")


def _row(rule: Rule, file: str) -> Sequence[str]:
    judges = "resource" if isinstance(rule, ResourceRule) else "stack"
    control = f"[{rule.control}]({rule.source})"
    cases = f"{CASES}/{file}" if (FILE.parents[1] / CASES / file).is_dir() else f"{CASES}/{file}.py"
    return control, f"`{rule.name}`", rule.severity, judges, rule.title, f"[{file}](../{cases})"


def _settings(rule: Rule) -> Iterator[Sequence[str]]:
    for name, value in rule.settings.items():
        yield f"`{rule.name}`", f"`{name}`", f"`{list(value) if isinstance(value, tuple) else value!r}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in (head, ["---"] * len(head), *rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    FILE.write_text(document())
