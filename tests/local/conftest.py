from __future__ import annotations

import io

import pytest

from local.toolchain.progress import Progress


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(screen: io.StringIO) -> Progress:
    return Progress(screen, plain_period=0)
