"""CodeBuild projects kept as given, and changed: moto drops what it does not know and has no UpdateProject."""

from __future__ import annotations

import json
from typing import Any

from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from local.state import ACCOUNT


def install() -> None:
    """Puts our operations around moto's."""
    moto: Any = CodeBuildResponse
    create = moto.create_project

    def create_project(response: Any) -> Any:
        created = create(response)
        _keep(response)
        return created

    moto.create_project, moto.update_project = create_project, update_project


def update_project(response: Any) -> ActionResult:
    """Changes what is given and leaves the rest, as AWS does."""
    return ActionResult({"project": _keep(response)})


def _keep(response: Any) -> dict[str, Any]:
    name = response._get_param("name")
    project = response.codebuild_backend.codebuild_projects.get(name)
    if project is None:
        arn = f"arn:aws:codebuild:{response.region}:{ACCOUNT}:project/{name}"
        raise ResourceNotFoundException(f"Project cannot be found: {arn}")
    metadata: dict[str, Any] = project.project_metadata
    metadata |= {member: value for member, value in json.loads(response.body).items() if value is not None}
    return metadata
