"""Who may import whom (design.md §2), read from the source and held to a table."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Package → (what of ours it may import, third-party packages it may use). Nothing else may.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "infra": (
        {"infra", "components", "catalog", "model_code.contract"},
        {"pulumi", "pulumi_aws", "pulumi_kubernetes", "pydantic"},
    ),
    "components": ({"components", "catalog", "model_code.contract"}, {"pulumi", "pulumi_aws", "pulumi_kubernetes"}),
    "bootstrap": ({"bootstrap", "components", "catalog"}, {"pulumi", "pulumi_aws", "pydantic"}),
    "catalog": ({"catalog"}, set()),
    "policies": ({"policies", "catalog"}, {"pulumi_policy"}),
    "takeoff": ({"takeoff", "catalog", "model_code"}, {"boto3", "botocore", "typer", "rich"}),
    "scenarios": (
        {"scenarios", "takeoff", "catalog", "model_code"},
        {"boto3", "botocore", "rich", "numpy", "onnx"},
    ),
    "model_code": (
        {"model_code", "catalog"},
        {
            "boto3",
            "botocore",
            "pydantic",
            "pydantic_core",
            "pyspark",
            "numpy",
            "onnxruntime",
            "uvicorn",
            "threadpoolctl",
            "sklearn",
            "skl2onnx",
            "onnx",
        },
    ),
    "local": (
        # The demonstration of guardrails makes its slow and failing versions as the loop's scenarios do, and those of
        # node pools tell what they came to as they do.
        {"local", "catalog", "model_code.contract", "scenarios.graphs", "scenarios.verdict"},
        {
            "pulumi",
            "grpc",
            "google",
            "boto3",
            "botocore",
            "moto",
            "aiohttp",
            "a2wsgi",
            "uvicorn",
            "werkzeug",
            "cloudpickle",
            "cryptography",
            "jsonpath_ng",
            "jsonschema",
            "rich",
            "yaml",
            "numpy",
            "onnx",
        },
    ),
}
OURS = {*ALLOWED, "tests", "benchmarks"}
TEMPLATES = ROOT / "takeoff/templates"


def imports(path: Path) -> list[tuple[int, str]]:
    """Every module that a file imports, wherever in the file, with its line."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import; write the package's name"
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module in OURS else [str(node.module)]
            )
            found += [(node.lineno, name) for name in names]
    return found


def violations(package: str, path: Path) -> list[str]:
    """Imports of one file that its package may not have."""
    ours, theirs = ALLOWED[package]
    wrong = []
    for line, name in imports(path):
        top = name.split(".")[0]
        if top in OURS:
            fine = any(name == allowed or name.startswith(f"{allowed}.") for allowed in ours)
        else:
            fine = top in sys.stdlib_module_names or top in theirs
        if not fine:
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {package} may not import {name}")
    return wrong


@pytest.mark.parametrize("package", [name for name in ALLOWED if (ROOT / name).is_dir()])
def test_a_package_imports_only_what_the_design_allows(package: str) -> None:
    files = [path for path in (ROOT / package).rglob("*.py") if TEMPLATES not in path.parents]
    assert files
    assert [line for path in files for line in violations(package, path)] == []


def test_the_check_sees_a_forbidden_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    import boto3\n    from local.state import State\n    from model_code import server\n")
    assert len(violations("components", bad)) == 3


def test_nothing_but_local_its_tests_and_the_benchmarks_imports_local() -> None:
    allowed = {ROOT / "local", ROOT / "tests/local", ROOT / "benchmarks"}
    importers = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if ".takeoff" not in path.parts
        and not allowed & set(path.parents)
        and any(name.split(".")[0] == "local" for _, name in imports(path))
    ]
    assert importers == []


def test_only_infra_exports_and_reads_configuration() -> None:
    """Components return; infra/program.py exports, infra/config/load.py reads pulumi.Config."""
    found = {"export": set(), "Config": set()}
    for package in ("infra", "components", "model_code", "takeoff", "catalog", "scenarios"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pulumi":
                    found.get(node.attr, set()).add(str(path.relative_to(ROOT)))
    assert found == {"export": {"infra/program.py"}, "Config": {"infra/config/load.py"}}


@pytest.mark.parametrize("folder", ["infra", "policies", "benchmarks"])
def test_no_module_that_is_started_as_a_script_hides_one_of_pythons(folder: str) -> None:
    """The engine, and a benchmark's peer, put the folder itself on the path: infra/platform.py would be `platform`."""
    names = {path.stem for path in (ROOT / folder).iterdir()} - {"__init__", "__main__"}
    assert names & set(sys.stdlib_module_names) == set()


def test_only_the_packs_edge_knows_the_policy_sdk() -> None:
    """Rules are plain functions: tests, the mutation proof and other engines judge with them too."""
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "policies").rglob("*.py")
        if any(name.split(".")[0] == "pulumi_policy" for _, name in imports(path))
    }
    assert users <= {"policies/pack.py", "policies/__main__.py", "policies/remedies.py"}
