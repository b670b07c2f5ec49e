"""Daemons for tests: one that is shared, and as many of their own as tests ask for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.cloud import daemon, images
from local.state import State
from tests.local.cloud.emulated import Cloud

# Nobody knows this repository: an image is found by its digest alone.
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/takeoff-local-echo"
DOCKERFILE = """
FROM python:3.11-slim
WORKDIR /opt/program
COPY model_code/echo/ model_code/echo/
COPY --chown=1000:1000 model_code/__init__.py model_code/
ENV GREETING="hello there" HERE=/opt/program/model_code
RUN echo nothing
ENTRYPOINT ["python", "-m", "model_code.echo.container"]
CMD ["serve"]
"""


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one model folder whose container is the tests' own."""
    folder = tmp_path_factory.mktemp("repository")
    model = folder / "model_code" / "echo"
    model.mkdir(parents=True)
    (folder / "model_code" / "__init__.py").touch()
    (model / "__init__.py").touch()
    (model / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(Path(__file__).with_name("container.py"), model / "container.py")
    return folder


@pytest.fixture(scope="session")
def new_cloud(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Cloud]]:
    """Makes accounts of their own; whatever they leave running is stopped at the end."""
    made: list[Cloud] = []

    def make(**environment: str) -> Cloud:
        state = State(tmp_path_factory.mktemp("state"))
        made.append(Cloud(state, f"{REPOSITORY}@{images.build(repository, 'model_code/echo/Dockerfile', state)}"))
        made[-1].start(**environment)
        return made[-1]

    yield make
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda cloud: daemon.stop(cloud.state), made))


@pytest.fixture(scope="session")
def cloud(new_cloud: Callable[..., Cloud]) -> Cloud:
    """The account that tests share; each makes resources of its own in it."""
    return new_cloud()


@pytest.fixture(scope="session")
def slow(new_cloud: Callable[..., Cloud]) -> Cloud:
    """An account in realistic mode whose minutes are fractions of a second, so that every status can be seen."""
    seconds = {"creating": 0.3, "updating": 0.4, "rolling_back": 0.4, "reweighing": 0.3, "deleting": 0.4, "ping": 2}
    return new_cloud(TAKEOFF_CLOUD_MODE="realistic", TAKEOFF_CLOUD_DELAYS=json.dumps(seconds))
