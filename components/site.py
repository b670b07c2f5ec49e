"""Where a stack stands: what every physical name and ARN begins with."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.naming import parameter_name, physical_name


@dataclass(frozen=True, kw_only=True)
class Site:
    """One stack in one account and region of one AWS partition.

    `boundary` names the permissions boundary of every role, a policy of this account; none where it is empty.
    """

    stack: str
    account: str
    region: str
    partition: str
    boundary: str = ""

    def name(self, *parts: str, limit: int = 63) -> str:
        """A physical name of this stack: takeoff-<stack>-<parts>, at most `limit` characters."""
        return physical_name("takeoff", self.stack, *parts, limit=limit)

    def parameter(self, model: str, leaf: str) -> str:
        """The name of a model's SSM parameter."""
        return parameter_name(self.stack, model, leaf)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something whose physical name is known before it exists."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
