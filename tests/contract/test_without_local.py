"""With local/ and tests/local deleted, everything else still passes (design.md §2)."""

from __future__ import annotations

import re

import pytest

from tests.tree import ROOT, Tree, copy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ROOT / "local").is_dir(), reason="local/ is deleted already; this would be a copy of itself"
    ),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return copy(tmp_path_factory.mktemp("without-local") / "tree", without=("local/", "tests/local/"))


def test_nothing_of_local_is_left(tree: Tree) -> None:
    assert not (tree.root / "local").exists()
    done = tree.python("-c", "import infra; print(infra.__file__); import local")
    assert done.stdout.startswith(str(tree.root))
    assert "No module named 'local'" in done.stderr


def test_lint_and_types_hold(tree: Tree) -> None:
    listed = re.search(r"^PACKAGES := \$\(wildcard (.+)\)$", (tree.root / "Makefile").read_text(), re.MULTILINE)
    assert listed
    packages = [name for name in listed[1].split() if (tree.root / name).is_dir()]
    assert "local" not in packages
    assert len(packages) >= 5
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy", *(part for name in packages for part in ("--package", name))],
    ):
        done = tree.python("-m", *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_contract_and_stack_tests_pass(tree: Tree) -> None:
    folders = [name for name in ("tests/unit", "tests/contract", "tests/stacks") if (tree.root / name).is_dir()]
    assert len(folders) == 3
    # Minutes on a machine of its own, more beside the other worker.
    done = tree.python("-m", "pytest", *folders, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 100
