"""Who deploys: GitHub's identity provider, the deployer's role inside its boundary, and a role that only looks."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap import policies
from bootstrap.config import Singleton
from components.site import Site


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """`state_bucket` and `key` are ARNs of what the preview role reads."""

    repository: str
    environments: tuple[str, ...]
    oidc_provider: Singleton
    state_bucket: pulumi.Input[str]
    key: pulumi.Input[str]


class Access(pulumi.ComponentResource):
    """The roles of a repository's workflows; no long-lived key exists."""

    def __init__(self, name: str, site: Site, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:bootstrap:Access", name, None, opts)
        self._site, self._args, self._child = site, args, pulumi.ResourceOptions(parent=self)
        self._github = self._oidc_provider()
        self.boundary = self._policy("boundary", policies.boundary(site))
        self.deployer = self._deployer()
        self.preview = self._preview()
        self.register_outputs({"deployer": self.deployer.arn, "preview": self.preview.arn})

    def _oidc_provider(self) -> pulumi.Input[str]:
        """AWS trusts GitHub's certificate by its authority: no thumbprint is needed.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
        """
        if self._args.oidc_provider == "use-existing":
            return f"arn:{self._site.partition}:iam::{self._site.account}:oidc-provider/{policies.GITHUB}"
        made = aws.iam.OpenIdConnectProvider(
            "github", url=f"https://{policies.GITHUB}", client_id_lists=["sts.amazonaws.com"], opts=self._child
        )
        arn: pulumi.Output[str] = made.arn
        return arn

    def _policy(self, name: str, body: pulumi.Input[policies.Document]) -> aws.iam.Policy:
        text = pulumi.Output.from_input(body).apply(policies.render)
        return aws.iam.Policy(name, name=self._site.name(name), policy=text, opts=self._child)

    def _role(self, name: str, description: str, *trust: pulumi.Output[policies.Document]) -> aws.iam.Role:
        body = pulumi.Output.all(*trust).apply(lambda each: policies.render(policies.document(each)))
        return aws.iam.Role(
            name,
            name=self._site.name(name, limit=64),
            description=description,
            assume_role_policy=body,
            max_session_duration=2 * 3600,  # a first deployment with a cluster takes more than the default hour
            opts=self._child,
        )

    def _attach(self, name: str, role: aws.iam.Role, policy: aws.iam.Policy) -> None:
        aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy.arn, opts=self._child)

    def _deployer(self) -> aws.iam.Role:
        """For jobs in a GitHub environment, and for the projects of components/deployer.py, which become it."""
        subjects = [f"environment:{each}" for each in self._args.environments]
        projects = pulumi.Output.from_input(policies.project_trust(self._site, "deployer"))
        role = self._role("deployer", "Runs `pulumi up`", self._trust(subjects), projects)
        body = self.boundary.arn.apply(lambda arn: policies.deployer(self._site, arn))
        self._attach("deployer", role, self._policy("deployer", body))
        return role

    def _preview(self) -> aws.iam.Role:
        """For pull requests, whose code nobody has read yet."""
        # From main: the nightly look for drift, and the report before a deployment.
        subjects = self._trust(["pull_request", "ref:refs/heads/main"])
        projects = pulumi.Output.from_input(policies.project_trust(self._site, "previews"))
        role = self._role("preview", "Runs `pulumi preview`", subjects, projects)
        known = pulumi.Output.all(self._args.state_bucket, self._args.key)
        body = known.apply(lambda both: policies.preview(self._site, both[0], both[1]))
        self._attach("preview", role, self._policy("preview", body))
        return role

    def _trust(self, subjects: list[str]) -> pulumi.Output[policies.Document]:
        provider = pulumi.Output.from_input(self._github)
        return provider.apply(lambda arn: policies.github_trust(arn, self._args.repository, subjects))
