"""What the documents say is so: commands run, links lead somewhere, and keys are the program's."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.config import ConfigError, parse
from tests.tree import ROOT, files

MARKDOWN = [path for path in files() if path.endswith(".md")]
README = (ROOT / "README.md").read_text()
LOCAL = "tests/local/"
UP = f"{LOCAL}stack/test_up.py::test_"

# A line of a bash block → the test that runs it.
COMMANDS = {
    "make up": f"{UP}up_ends_with_predictions_and_three_next_commands",
    "make test": "tests/contract/test_documents.py::test_the_targets_that_the_documents_name_run_what_the_tests_run",
    "make predict": f"{UP}metrics_reach_cloudwatch_by_variant_and_by_variant_and_config",
    "make status": f"{UP}status_and_logs_show_what_runs",
    "make logs": f"{UP}status_and_logs_show_what_runs",
    "make rollout-demo": f"{LOCAL}stack/test_rollout_demo.py::test_the_good_release_goes_live_and_the_others_return",
    "make cluster": f"{LOCAL}cluster/test_main.py::test_a_start_offers_the_types_that_the_stack_files_pools_name",
    "make simulate": f"{LOCAL}simulate/test_simulate.py::test_every_scenario_holds_and_the_stack_is_left_as_it_was",
    "make loop": f"{LOCAL}stack/test_loop.py::test_scenarios_hold_on_the_deployed_stack",
    **dict.fromkeys(
        (
            "pulumi -C bootstrap up --yes --stack dev",
            "takeoff preflight dev",
            "pulumi up --yes --stack dev",
            "takeoff image build breast-cancer --stack dev",
            "takeoff train breast-cancer --register --stack dev",
            "takeoff rollout wait --stack dev",
            "takeoff predict --stack dev",
            "takeoff destroy dev --unprotect dev --yes --delete-data",
        ),
        f"{LOCAL}stack/test_first_deploy.py::test_the_guide_leads_from_an_empty_account_to_a_prediction_and_back",
    ),
    "make preview STACK=prod": f"{LOCAL}stack/test_preview.py::"
    "test_a_stack_that_is_not_deployed_is_previewed_in_an_account_that_is_gone_afterwards",
    "make policy-proof": f"{LOCAL}stack/test_judges.py::"
    "test_no_weakening_of_prod_survives_and_no_rule_finds_fault_with_it",
    "make checkov STACK=prod BACKEND=emulated": f"{LOCAL}stack/test_judges.py::"
    "test_checkov_finds_nothing_that_the_baseline_does_not_accept",
    "tools/actionlint/run": "tests/contract/test_workflows.py::test_actionlint_finds_nothing",
    ".takeoff/venv/bin/zizmor --offline .github": "tests/contract/test_workflows.py::test_zizmor_finds_nothing",
    "make pipelines": "tests/unit/tools/test_pipelines.py::test_the_sdk_renders_what_is_committed",
    "takeoff rollback risk --why complaints": "tests/unit/takeoff/test_versions.py::"
    "test_a_rollback_waits_until_another_version_is_live",
    **dict.fromkeys(
        (
            "takeoff dataset list risk",
            "takeoff retrain risk --reason back to the data before",
            "takeoff dataset upload risk good.csv",
            "git revert --no-edit HEAD",
            "pulumi stack history",
            "takeoff lineage risk",
            "takeoff deployed",
        ),
        f"{LOCAL}stack/test_whole_stack.py::test_a_data_set_and_a_configuration_go_back_as_the_guide_says",
    ),
    "make down": f"{LOCAL}stack/test_faults.py::test_down_leaves_nothing_of_ours_and_up_begins_again",
    "takeoff new model wine-quality": f"{LOCAL}stack/test_new_model.py::"
    "test_a_new_model_is_one_command_from_its_first_prediction",
}
# What a target must come down to for the tests above to have run it.
TARGETS = {
    "up": "-m local up",
    "test": '-m pytest -m "not slow"',
    "predict": "-m local predict",
    "status": "-m local status",
    "logs": "-m local logs",
    "down": "-m local down",
    "rollout-demo": "-m local.demo.rollout",
    "cluster": "-m local.cluster start",
    "simulate": "-m local simulate",
    "loop": "-m local loop",
    "preview STACK=prod": "-m local preview --stack prod",
    "policy-proof": "-m policies.proof .takeoff/proof/prod.json --config policies/environments/prod.json",
    "pipelines": "-m tools.pipelines",
    "checkov STACK=prod BACKEND=emulated": "-m tools.checkov .takeoff/checkov/prod.json",
}


def blocks(path: str, language: str) -> list[str]:
    """The fenced blocks of one language in a document."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / path).read_text(), re.MULTILINE | re.DOTALL)


def commands() -> dict[str, str]:
    """Every command that a document's bash blocks show, without its comment → a document that shows it."""
    lines = {line: path for path in MARKDOWN for block in blocks(path, "bash") for line in block.splitlines()}
    return {
        " ".join(shlex.split(line, comments=True)): path for line, path in lines.items() if line.split("#")[0].strip()
    }


def test_every_command_in_a_document_is_run_by_a_test() -> None:
    assert set(commands()) == set(COMMANDS)


@pytest.mark.parametrize("node", sorted(set(COMMANDS.values())))
def test_the_test_that_runs_a_command_exists(node: str) -> None:
    if node.startswith(LOCAL) and not (ROOT / "local").is_dir():
        pytest.skip("local/ is deleted, and its tests with it")
    file, _, name = node.partition("::")
    assert name in {
        item.name for item in ast.parse((ROOT / file).read_text()).body if isinstance(item, ast.FunctionDef)
    }


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_targets_that_the_documents_name_run_what_the_tests_run() -> None:
    assert {f"make {target}" for target in TARGETS} == {command for command in COMMANDS if command.startswith("make ")}
    for target, recipe in TARGETS.items():
        assert recipe in make("--dry-run", *target.split()), target


def test_every_target_that_a_sentence_names_is_in_the_makefiles_help() -> None:
    listed = set(re.findall(r"make ([a-z-]+)", make("help")))
    named = {
        (path, target)
        for path in MARKDOWN
        for code in re.findall(r"`[^`\n]+`", (ROOT / path).read_text())
        for part in re.findall(r"\bmake ((?:[a-z-]+(?: \| )?)+)", code)
        for target in part.split(" | ")
    }
    assert len(named) > 5
    assert {(path, target) for path, target in named if target not in listed} == set()


def test_every_takeoff_command_of_the_readme_has_a_help_page() -> None:
    rows = re.findall(r"^\| `takeoff ([a-z |\\-]+)", README, re.MULTILINE)
    assert len(rows) >= 5
    for row in rows:
        group, *names = row.replace("\\", "").replace("|", " ").split()
        for name in names or [""]:
            words = [group, name] if name else [group]
            done = subprocess.run(
                [sys.executable, "-m", "takeoff", *words, "--help"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"takeoff {' '.join(words)}: {done.stderr}"


@pytest.mark.parametrize("path", MARKDOWN)
def test_every_relative_link_leads_somewhere(path: str) -> None:
    prose = re.sub(r"^```.*?^```", "", (ROOT / path).read_text(), flags=re.MULTILINE | re.DOTALL)
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]
    beside = (ROOT / path).parent
    missing = [link for link in links if link and not (beside / link).exists()]
    if not (ROOT / "local").is_dir():
        missing = [link for link in missing if "local/" not in link]
    assert missing == []


def test_the_readmes_entry_is_accepted_and_its_mistake_said_in_these_words() -> None:
    (example,) = blocks("README.md", "yaml")
    (line,) = blocks("README.md", "text")
    models = yaml.safe_load(example)["config"]["takeoff:models"]
    assert parse({"models": models}, "local").models
    models["breast-cancer"]["traffic"]["main"] = 95
    with pytest.raises(ConfigError) as caught:
        parse({"models": models}, "local")
    assert str(caught.value) == line.strip()


def test_the_readmes_entry_is_about_twenty_lines() -> None:
    (example,) = blocks("README.md", "yaml")
    assert len(example.splitlines()) <= 20


@pytest.mark.parametrize("path", [path for path in MARKDOWN if re.match(r"docs/adr/\d", path)])
def test_a_decision_has_status_context_decision_and_consequences(path: str) -> None:
    text = (ROOT / path).read_text()
    headings = re.findall(r"^(?:#+ (\w+)|(Status): \w+)", text, re.MULTILINE)
    assert ["".join(parts) for parts in headings] == [
        Path(path).name[:4],
        "Status",
        "Context",
        "Decision",
        "Consequences",
    ]
