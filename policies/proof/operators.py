"""All operators by name, and the mutants that they make of a stack."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from policies.declared import Declared
from policies.proof import grants, resources, statements, texts, values
from policies.proof.change import Change, Operator, Site
from policies.proof.mutant import Mutant
from policies.proof.properties import Property, properties
from policies.proof.statements import granting, on_statements

# What names a resource after its content (a config, a model): another image must not make it another mutant.
_CONTENT: Final = re.compile(r"\b[0-9a-f]{8}\b")
OPERATORS: Final[Mapping[str, Operator]] = {
    "flip": values.flip,
    "drop": values.drop,
    "empty": values.empty,
    "drop-element": values.drop_element,
    "weaken": values.weaken,
    "add": values.add,
    "lower": values.lower,
    "raise": values.raise_,
    "widen-action": on_statements("Allow", statements.widen_action),
    "widen-service": on_statements("Allow", statements.widen_service),
    "widen-resource": on_statements("Allow", statements.widen_resource),
    "widen-principal": on_statements("Allow", statements.widen_principal),
    "drop-condition": on_statements("Allow", statements.drop_condition),
    "drop-statement": on_statements("Deny", statements.drop_statement),
    "narrow-action": on_statements("Deny", statements.narrow_action),
    "narrow-resource": on_statements("Deny", statements.narrow_resource),
    "narrow-principal": on_statements("Deny", statements.narrow_principal),
    "grant-public": granting("*"),
    "grant-account": granting({"AWS": statements.STRANGER}),
    "pass-any": statements.pass_any,
    "widen-cidr": resources.widen_cidr,
    "open-port": resources.open_port,
    "private-to-internet": resources.private_to_internet,
    "delete": resources.delete,
    "delete-grants": grants.delete_grants,
    "unprotect": resources.unprotect,
    "attach": resources.attach,
    "attach-public": resources.attach_public,
    "untag-digest": texts.untag_digest,
    "foreign-region": texts.foreign_region,
    "add-secret": texts.add_secret,
}


def mutants(stack: Sequence[Declared], of: Sequence[Property] | None = None) -> list[Mutant]:
    """Every mutant of a stack, in the order of the properties; each differs from the stack and has an id of its own."""
    by_type: Mapping[str, list[Declared]] = defaultdict(list)
    for resource in stack:
        by_type[resource.type].append(resource)
    found: dict[str, Mutant] = {}
    for property_ in properties() if of is None else of:
        for resource in by_type.get(property_.type, ()):
            for operator, controls in property_.operators.items():
                for change in OPERATORS[operator](Site(property_, resource, stack)):
                    made = _mutant(operator, property_, resource, change, controls)
                    found.setdefault(made.id, made)
    return list(found.values())


def _mutant(
    operator: str, property_: Property, resource: Declared, change: Change, controls: tuple[str, ...]
) -> Mutant:
    name = _CONTENT.sub("#", resource.name)
    parts = (operator, resource.type.rpartition(":")[2], name, change.path or property_.path, change.label)
    return Mutant(
        id=" ".join(part for part in parts if part),
        operator=operator,
        type=resource.type,
        urn=resource.urn,
        path=change.path or property_.path,
        controls=controls,
        put=change.put,
        gone=change.gone,
        drops=change.drops,
    )
