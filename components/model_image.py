"""A model's container image: where it is kept, and the project that builds it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pulumi
import pulumi_aws as aws

from components.bucket import Bucket
from components.build_project import BuildProjectArgs, declare_build_project
from components.key import Key
from components.placement import Placement
from components.role import Role
from components.site import Site
from components.statement import Statement
from components.tags import model_tags

_BUILDSPEC = Path(__file__).resolve().parent.parent / "model_code" / "buildspec.yml"
_UNTAGGED = 10  # images that lost their tag and are kept
_MINUTES = 60
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
_PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


@dataclass(frozen=True, kw_only=True)
class ModelImageArgs:
    """Whose image it is and what it is built from.

    `code` is the folder under model_code/, `dockerfile` a file in it. `sources` holds the build contexts that
    `takeoff image build` uploads. `retain` refuses to delete a repository that still holds images. In a `placement` the
    subnets need a way to the registry of the base image and to the package index, or the Dockerfile names ones inside.
    """

    model: str
    code: str
    owner: str
    sources: Bucket
    key: Key
    retain: bool
    dockerfile: str = "Dockerfile"
    placement: Placement | None = None


class ModelImage(pulumi.ComponentResource):
    """An ECR repository whose tags never change, and a CodeBuild project that alone pushes to it.

    A tag is the hash of what an image was built from; a model names an image by its digest.
    """

    CALLS: ClassVar[frozenset[str]] = frozenset({"ecr.api", "ecr.dkr", "logs"})

    def __init__(self, name: str, site: Site, args: ModelImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("takeoff:hosting:ModelImage", name, None, opts)
        self._name, self._site, self._args = name, site, args
        self._tags = model_tags(args.model, args.owner)
        repository = self._repository()
        self.repository_url: pulumi.Output[str] = repository.repository_url
        self.project: pulumi.Output[str] = self._project(repository).name
        self.register_outputs({"project": self.project, "repository_url": self.repository_url})

    def _repository(self) -> aws.ecr.Repository:
        child = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            self._name,
            name=self._site.name(self._args.model),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": self._args.key.arn}],
            force_delete=not self._args.retain,
            tags=self._tags,
            opts=child,
        )
        aws.ecr.LifecyclePolicy(self._name, repository=repository.name, policy=_lifecycle(), opts=child)
        return repository

    def _project(self, repository: aws.ecr.Repository) -> aws.codebuild.Project:
        args, prefix = self._args, f"image-sources/{self._args.model}"
        role = Role(
            f"{self._name}-image",
            site=self._site,
            service="codebuild.amazonaws.com",
            description=f"Builds the image of {args.model} in {self._site.stack}",
            opts=pulumi.ResourceOptions(parent=self),
        )
        args.sources.grant_read(role, prefix)
        objects = pulumi.Output.concat(f"arn:{self._site.partition}:s3:::", args.sources.name, f"/{prefix}/*")
        role.allow(
            # A build is started with the version of the object that was uploaded for it.
            Statement(actions=["s3:GetObjectVersion"], resources=[objects]),
            Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            Statement(actions=_PUSH, resources=[repository.arn]),
        )
        build = BuildProjectArgs(
            description=f"Builds the image of {args.model} from model_code/{args.code}",
            source=aws.codebuild.ProjectSourceArgs(
                type="S3",
                location=pulumi.Output.concat(args.sources.name, f"/{prefix}/source.zip"),
                buildspec=_BUILDSPEC.read_text(),
            ),
            variables={
                "REPOSITORY_URL": repository.repository_url,
                "DOCKERFILE": f"model_code/{args.code}/{args.dockerfile}",
            },
            minutes=_MINUTES,
            privileged=True,
            key=args.key,
            placement=args.placement,
            tags=self._tags,
        )
        opts = pulumi.ResourceOptions(parent=self)
        return declare_build_project(f"{args.model}-image", self._site, build, role, opts)


def _lifecycle() -> str:
    """Expire only what no tag names: an endpoint may use any image that has one, and only ECR's owner knows which.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    rule = {
        "rulePriority": 1,
        "description": f"Keep the newest {_UNTAGGED} images without a tag",
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": _UNTAGGED},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]}, sort_keys=True)
