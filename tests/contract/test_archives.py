"""Every function's archive holds whatever its code imports: a file that is left out fails in the account alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.deployment import Registered
from tests.stacks import shipped

ROOT = Path(__file__).resolve().parents[2]
OURS = ("catalog", "model_code")
# What the Lambda runtime carries. https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
RUNTIME = {"boto3", "botocore"}
FUNCTIONS = {
    each.inputs["handler"]: each
    for stack in shipped.STACKS
    for each in shipped.whole(stack).all("aws:lambda/function:Function")
}


def imported(text: str) -> set[str]:
    """The modules that a file imports, and for `from package import name` the module that the name may be."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names if _file(f"{node.module}.{alias.name}")}
            found |= modules or {node.module}
    return found


def missing(function: Registered) -> list[str]:
    """What the files of an archive import that is neither in it nor in the runtime."""
    files = set(function.inputs["code"].assets)
    wrong = []
    for name in sorted(each for each in files if each.endswith(".py")):
        for module in imported((ROOT / name).read_text()):
            top = module.partition(".")[0]
            carried = top in sys.stdlib_module_names or top in RUNTIME
            fine = _file(module) in files if top in OURS else carried
            wrong += [] if fine else [f"{name} imports {module}"]
    return wrong


def _file(module: str) -> str:
    """The file of a module of ours, relative to the repository; empty when it is none."""
    path = ROOT.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return str(file.relative_to(ROOT))
    return ""


@pytest.mark.parametrize("handler", sorted(FUNCTIONS))
def test_an_archive_holds_what_its_files_import(handler: str) -> None:
    function = FUNCTIONS[handler]
    assert _file(handler.rpartition(".")[0]) in function.inputs["code"].assets
    assert missing(function) == []


def test_the_check_sees_a_file_that_was_left_out() -> None:
    function = FUNCTIONS["model_code.rollout.handler.handle"]
    code = function.inputs["code"]
    whole = dict(code.assets)
    try:
        del code.assets["catalog/plan.py"]
        assert any("catalog.plan" in line for line in missing(function))
    finally:
        code.assets.update(whole)
