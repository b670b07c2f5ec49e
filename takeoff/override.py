"""An operator's word to the loop: pause, abort, roll back, freeze. Always with who said it and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import boto3

from catalog.naming import parameter_name
from takeoff import parameter
from takeoff.stack import CommandError, DeployedModel, DeployedStack
from takeoff.versions import Known, known

Action = Literal["none", "pause", "abort", "rollback"]
_FREEZE = "freeze"


class Operator:
    """Whoever runs a command, as the account knows them."""

    def __init__(self, stack: DeployedStack, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._stack, self._now = stack, now
        self._ssm, self._sts = boto3.client("ssm"), boto3.client("sts")

    def say(self, model: DeployedModel, action: Action, why: str) -> Known:
        """Leave a word for Rollout, which hears of it at once. Returns what the account knew before.

        Raises CommandError for a model whose versions Rollout does not choose between, and for a rollback with no
        other version to go back to.
        """
        before = known(self._stack, model)
        wish = before.candidates()
        if wish is None:
            raise CommandError(
                f"{action}: got {model.name}, whose versions the stack file names; allowed: a model with `analysis:`; "
                f"for this one change `version:` in stacks/Pulumi.{self._stack.name}.yaml and deploy"
            )
        approved = before.record("approved")
        live = wish.pinned or (approved.version if approved else "")
        if action == "rollback":
            if wish.pinned:
                raise CommandError(
                    f"rollback: got {model.name}, pinned to {wish.pinned}; allowed: `version: approved`; change the "
                    f"pin in stacks/Pulumi.{self._stack.name}.yaml"
                )
            if len(wish.releases) < 2:
                raise CommandError(f"rollback: {model.name} has only {live}; allowed: a model with a version before it")
        parameter.write(
            self._ssm, self._name(model.name, "override"), {"action": action, "version": live, **self._who(why)}
        )
        return before

    def freeze(self, model: DeployedModel | None, why: str) -> None:
        """Stop retraining, rollouts and deployments by the loop, of one model or of the stack, until `unfreeze`."""
        parameter.write(self._ssm, self._place(model), self._who(why))

    def unfreeze(self, model: DeployedModel | None) -> bool:
        """Take a freeze away; whether there was one."""
        if not parameter.value(self._ssm, self._place(model)):
            return False
        self._ssm.delete_parameter(Name=self._place(model))
        return True

    def frozen(self, model: DeployedModel) -> str:
        """Who froze a model or its stack, and why; empty when nobody did."""
        for whose, place in (("", self._place(model)), ("the whole stack, ", self._place(None))):
            if told := parameter.document(self._ssm, place):
                return f"{whose}{told['who']}: {told['why']} ({told['at']})"
        return ""

    def _place(self, model: DeployedModel | None) -> str:
        return self._name(model.name, _FREEZE) if model else f"/takeoff/{self._stack.name}/{_FREEZE}"

    def _name(self, model: str, leaf: str) -> str:
        return parameter_name(self._stack.name, model, leaf)

    def _who(self, why: str) -> dict[str, Any]:
        who = str(self._sts.get_caller_identity()["Arn"])
        return {"who": who, "why": why, "at": self._now().isoformat(timespec="seconds")}
