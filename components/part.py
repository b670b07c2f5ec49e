"""What the resources of one part of a component have in common."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.key import Key
from components.role import Role
from components.site import Site
from components.tags import model_tags


@dataclass(frozen=True, kw_only=True)
class Part:
    """Where its resources stand, what they are called, and whose they are.

    `name` is what they are called in the program, `physical` in the account; `key` encrypts their logs, and `opts`
    names the component that they belong to. With an `owner` their tags say whose they are: that `model`'s, or of all
    models.
    """

    name: str
    physical: str
    site: Site
    key: Key
    opts: pulumi.ResourceOptions
    owner: str = ""
    model: str | None = None

    @property
    def tags(self) -> dict[str, str] | None:
        """Whose a resource is; None leaves it to the stack's default tags."""
        return model_tags(self.model, self.owner) if self.owner else None

    def role(self, label: str, service: str, description: str) -> Role:
        """A role called <name>-<label>, which an AWS service such as `lambda` takes on."""
        return Role(
            f"{self.name}-{label}",
            site=self.site,
            service=f"{service}.amazonaws.com",
            description=description,
            opts=self.opts,
        )
