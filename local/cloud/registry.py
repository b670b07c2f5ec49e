"""Whether ECR still has an image, as SageMaker asks it before it makes a model or starts an instance."""

from __future__ import annotations

from moto.ecr.models import ecr_backends

from local.state import ACCOUNT


def refusal(image: str, region: str) -> str | None:
    """AWS's words for why an image cannot be pulled; None when it can. Call it with the account's lock held.

    A repository that this account does not have is somebody else's, of which nothing is known.
    """
    name, _, digest = image.partition("/")[2].partition("@")
    repository = ecr_backends[ACCOUNT][region].repositories.get(name)
    if repository is None or not digest or any(each.image_digest == digest for each in repository.images):
        return None
    return f"Requested image {image} not found."
