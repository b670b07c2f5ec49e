"""No file names a package registry, a machine's own paths or anything that looks like a credential."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tree import ROOT, files

THIS = "tests/contract/test_private.py"
# Each is put together here, or this file would hold what it forbids.
FORBIDDEN = {
    "registry host": "|".join(
        name.replace(" ", r"\.")
        for name in (
            "pypi org|pythonhosted org|npmjs org|npmjs com|golang org/dl|proxy golang|sum golang|docker io|ghcr io",
            "quay io|public ecr aws|gcr io|artifactory|jfrog io|pkg dev/",
        )
    ),
    "machine path": r"(?<![\w.~*\"'-])/(?:work|root|home)" + r"/[a-z]",
    "credential": "|".join(
        (
            r"(?:AKIA|ASIA)[0-9A-Z]{16}",
            r"-----BEGIN [A-Z ]*PRIVATE" + " KEY",
            r"gh[pousr]_\w{30}",
            r"pul-[0-9a-f]{40}",
            r"(?i:secret|token|password)\w*[\"']?\s*[:=]\s*[\"'][A-Za-z0-9/+]{40}[\"']",
        )
    ),
}


@pytest.mark.parametrize("kind_", FORBIDDEN)
def test_no_file_names_a_registry_a_machine_or_a_credential(kind_: str) -> None:
    pattern, found = re.compile(FORBIDDEN[kind_]), []
    for path in files():
        # Names of Go modules, which are addresses, stand in these three.
        if Path(path).name in {"go.mod", "go.sum", "go-requirements.txt"} or path == THIS:
            continue
        text = (ROOT / path).read_text(errors="replace")
        found += [f"{path}: {hit}" for hit in pattern.findall(text) if "EXAMPLE" not in hit]
    assert found == []


@pytest.mark.parametrize(
    ("kind_", "text"),
    [
        ("registry host", "index-url = https://pypi" + ".org/simple"),
        ("machine path", "see /ho" + "me/me/takeoff"),
        ("machine path", "`/wo" + "rk/main`"),
        ("credential", "AKIA" + "A" * 16),
        ("credential", 'aws_secret_access_key = "' + "a" * 40 + '"'),
    ],
)
def test_the_search_would_find_one(kind_: str, text: str) -> None:
    assert re.search(FORBIDDEN[kind_], text)
