"""The rules as a Pulumi policy pack: one policy per rule, judged by policies.judge as the proof and the tests are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pulumi_policy.policy as sdk
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationPolicy,
)

from policies import wire
from policies.configuration import Configuration, configuration, json_type
from policies.declared import Declared, Graph
from policies.exemptions import ALLOWED
from policies.judge import STOPPING, Finding, judged, of_resource
from policies.remedies import REMEDIES, Remedy
from policies.rule import ResourceRule, Rule, Settings
from policies.rules import RULES

NAME: Final = "takeoff"
# The engine takes the version from PulumiPolicy.yaml wherever it shows one.
VERSION: Final = "0.0.1"
# No more of a schema: an exemption that is none breaks its own rule, and does not stop what is advisory.
_EXEMPTIONS: Final = {"type": "array", "description": f"what the rule passes over; each is {ALLOWED}"}
proto: Any = sdk.proto  # type: ignore[attr-defined]  # not among the names that the SDK exports
_ENGINE_LEVELS: Final = {"advisory": proto.ADVISORY, "mandatory": proto.MANDATORY}


class RulePolicy(ResourceValidationPolicy):
    """A rule over one resource, as the engine lists it."""


class StackRulePolicy(StackValidationPolicy):
    """A rule over the stack, as the engine lists it."""


class RemedyPolicy(ResourceValidationPolicy):
    """A remedy: it runs only where its level is `remediate`, and leaves secret and unknown values as they came."""

    def __init__(self, remedy: Remedy) -> None:
        super().__init__(
            remedy.name,
            remedy.title,
            enforcement_level=EnforcementLevel.DISABLED,
            config_schema=schema(remedy.settings),
        )
        self.remedy = remedy

    def remediate(self, args: ResourceValidationArgs) -> Any:
        settings = {**self.remedy.settings, **args.get_config()}
        changes = self.remedy.changes(args.resource_type, args.props, settings)
        for (*path, last), value in changes.items():
            at: Any = args.props
            for key in path:
                at = at[key]
            at[last] = value
        return args.props if changes else None


def policy(rule: Rule) -> Policy:
    """A rule's policy: name, what must be so, severity, framework, settings and where to read about it."""
    name, _, version = rule.frameworks[0].rpartition(" ")
    kind = RulePolicy if isinstance(rule, ResourceRule) else StackRulePolicy
    return kind(
        rule.name,
        f"{rule.control} {rule.title}",
        config_schema=schema(rule.settings, exemptions=_EXEMPTIONS),
        display_name=rule.title,
        severity=Severity(rule.severity),
        framework=PolicyComplianceFramework(name or version, version if name else None, reference=rule.control),
        tags=list(rule.frameworks),
        remediation_steps=rule.fix,
        url=rule.source,
    )


def policies(rules: Iterable[Rule]) -> list[Policy]:
    """What the engine is told that there is."""
    return [*map(policy, rules), *map(RemedyPolicy, REMEDIES)]


def schema(settings: Settings, **more: dict[str, Any]) -> PolicyConfigSchema:
    """What an environment may set; the engine refuses a value of another type before it starts."""
    return PolicyConfigSchema({name: {"type": json_type(value)} for name, value in settings.items()} | more)


class Servicer(sdk._PolicyAnalyzerServicer):
    """Answers the engine. Resources are made plain once, and each meets only the rules of its type.

    The SDK's own servicer makes every resource anew for every policy (1.2 s for 500 resources and 124 rules that do
    nothing, against 0.1 s), and has no advice to give under a mandatory policy: what is unknown, what is exempt. The
    stack is judged by inputs too, as a preview's outputs hold unknown values for what nobody set; of the engine's
    stack only references are new.
    """

    def __init__(self, today: Callable[[], date], rules: Sequence[Rule] = RULES) -> None:
        super().__init__(NAME, VERSION, policies(rules), EnforcementLevel.MANDATORY)
        self._today = today
        self._rules = rules
        self._configuration = Configuration()
        self._remedied = False
        self._declared: dict[str, Declared] = {}
        self._of_type: dict[str, list[ResourceRule]] = defaultdict(list)
        for rule in (rule for rule in rules if isinstance(rule, ResourceRule)):
            for type_ in rule.types:
                self._of_type[type_].append(rule)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 (gRPC's name)
        """Take the environment's configuration. Raises ConfigurationError, which stops the engine."""
        content = {name: _entry(found) for name, found in request.policyConfig.items()}
        settings = {each.name: each.settings for each in self._rules}
        self._configuration = configuration(content, settings | {each.name: each.settings for each in REMEDIES})
        self._remedied = any(content.get(remedy.name, {}).get("enforcementLevel") == "remediate" for remedy in REMEDIES)
        return super().Configure(request, context)  # type: ignore[no-untyped-call]

    def Analyze(self, request: Any, _context: Any) -> Any:  # noqa: N802 (gRPC's name)
        """What the rules of its type find in one resource, before it is created or changed."""
        resource = self._declared[request.urn] = wire.resource(request)
        rules = [rule for rule in self._of_type[resource.type] if self._configuration.level(rule) != "disabled"]
        found = [f for rule in rules for f in of_resource(rule, resource, self._configuration, self._today())]
        return self._answer(finding for finding in found if finding.kind in STOPPING)

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:  # noqa: N802 (gRPC's name)
        """What the rules over the stack find, and of the others what each of them leaves open or passes over."""
        graph = Graph(self._resource(each) for each in request.resources)
        found = judged(graph, self._configuration, self._today(), self._rules)
        return self._answer(finding for finding in found if not _told(finding))

    def Remediate(self, request: Any, context: Any) -> Any:  # noqa: N802 (gRPC's name)
        """What the remedies that are on change in one resource."""
        if not self._remedied:
            return proto.RemediateResponse()
        return super().Remediate(request, context)  # type: ignore[no-untyped-call]

    def _resource(self, request: Any) -> Declared:
        """As it was sent before, or by its outputs where a targeted run has left it alone; with references."""
        known = self._declared.get(request.urn) or wire.resource(request)
        return replace(known, refs=wire.references(request))

    def _answer(self, findings: Iterable[Finding]) -> Any:
        return proto.AnalyzeResponse(diagnostics=[self._diagnostic(finding) for finding in findings])

    def _diagnostic(self, finding: Finding) -> Any:
        level = self._configuration.level(finding.rule) if finding.kind in STOPPING else "advisory"
        return proto.AnalyzeDiagnostic(
            policyName=finding.rule.name,
            policyPackName=NAME,
            policyPackVersion=VERSION,
            message=finding.message,
            urn=finding.urn,
            description=finding.rule.title,
            enforcementLevel=_ENGINE_LEVELS[level],
            severity=self._map_severity(Severity(finding.rule.severity)),
        )


def serve() -> None:
    """Answer the engine until it goes; the day is that of UTC."""
    # The SDK's pack makes its servicer itself: ours takes the place of the class, for this process alone.
    sdk._PolicyAnalyzerServicer = lambda *_: Servicer(_today)  # type: ignore[misc, assignment]
    sdk.PolicyPack(NAME, policies(RULES))


def _today() -> date:
    return datetime.now(UTC).date()


def _told(finding: Finding) -> bool:
    """Whether Analyze has said it already."""
    return isinstance(finding.rule, ResourceRule) and bool(finding.urn) and finding.kind in STOPPING


def _entry(config: Any) -> dict[str, Any]:
    level = {proto.ADVISORY: "advisory", proto.MANDATORY: "mandatory", proto.REMEDIATE: "remediate"}
    return {"enforcementLevel": level.get(config.enforcementLevel, "disabled"), **wire.values(config.properties)}
