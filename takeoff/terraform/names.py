"""What Terraform calls the types and properties of pulumi-aws: names.json, written by tools/terraform_names.py."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("names.json")


@dataclass(frozen=True, kw_only=True)
class Names:
    """One type. Paths are dotted, in snake case and without list positions; `blocks` are what Terraform nests.

    A block's value is a list there even where Pulumi has a single object. `maps` keep the keys that people gave.
    """

    type: str
    blocks: Mapping[str, str] = field(default_factory=dict)
    maps: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def name(self, path: str) -> str:
        """Terraform's name of the property at a path."""
        return self.blocks.get(path) or self.renamed.get(path) or path.rpartition(".")[2]


@cache
def known() -> Mapping[str, Names]:
    """Every listed type by its token."""
    raw = json.loads(_FILE.read_text())
    return {token: Names(**{**entry, "maps": frozenset(entry.get("maps", ()))}) for token, entry in raw.items()}


def snake(name: str) -> str:
    """kms_key_arn of kmsKeyArn."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
