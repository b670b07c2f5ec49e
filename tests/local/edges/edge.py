"""One declared thing that can be taken away, and where the tests that miss it stand."""

from __future__ import annotations

from dataclasses import dataclass

STACK = "tests/stacks/test_local_stack.py::test_"
PERMISSIONS = "tests/stacks/test_permissions.py::test_"
MODEL_MAY = f"{PERMISSIONS}a_models_role_reads_its_artifacts_is_pulled_and_writes_its_log_and_no_more"


@dataclass(frozen=True)
class Sabotage:
    """One thing that a file declares: `old`, which stands there once, becomes `new`, and `owner` must fail.

    `what` names the resource type, as the SDK spells it, or the rule that goes.
    """

    name: str
    what: str
    file: str
    old: str
    new: str
    owner: str

    @property
    def alive(self) -> bool:
        """Whether the owner needs the engine and an emulated account."""
        return self.owner.startswith("tests/local/")
