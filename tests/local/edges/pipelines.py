"""The committed pipeline: each gate, each dependency, the conditions on the verdict, and what is registered as what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.local.edges.edge import Sabotage
from tests.tree import ROOT

TESTS = "tests/unit/tools/test_pipelines.py::test_"
FILE = "model_code/risk/pipeline.json"
STEPS = ("Validate", "Train", "Evaluate", "Bias", "Compare", "Decide")
_TEXT = (ROOT / FILE).read_text()
_WAITS = f"{TESTS}each_step_waits_for_the_one_before_it_and_conditions_for_the_verdict"
_GATE = f"{TESTS}a_gate_is_a_command_of_the_models_image_on_the_runs_folder"
_ISOLATED = f"{TESTS}jobs_are_isolated_and_all_that_they_write_is_under_the_key"
_VERDICT = f"{TESTS}a_version_is_approved_or_pending_as_the_verdict_says_and_otherwise_there_is_none"
_CARD = f"{TESTS}a_version_is_registered_with_its_models_card_as_a_draft"
_GIVEN = f"{TESTS}training_is_told_the_algorithm_that_a_run_gives"

Steps = dict[str, Any]


def _without(name: str, what: str, change: Callable[[Steps], object], owner: str) -> Sabotage:
    """The definition after a change of its steps, which `change` finds by name; a step that it deletes is gone."""
    document = json.loads(_TEXT)
    steps = {step["Name"]: step for step in document["Steps"]}
    change(steps)
    document["Steps"] = list(steps.values())
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    return Sabotage(f"pipeline-{name}", what, FILE, _TEXT, text, owner)


def _dropped(step: str) -> Callable[[Steps], object]:
    return lambda steps: steps.pop(step)


def _starts_at_once(step: str) -> Callable[[Steps], object]:
    return lambda steps: steps[step].pop("DependsOn")


def _asks_nothing(branch: str) -> Callable[[Steps], object]:
    return lambda steps: steps[branch]["Arguments"].update(Conditions=[])


def _register(steps: Steps, branch: str) -> dict[str, Any]:
    (step,) = steps[branch]["Arguments"]["IfSteps"]
    found: dict[str, Any] = step["Arguments"]
    return found


def _approved_whatever_a_person_says(steps: Steps) -> None:
    _register(steps, "Ask")["ModelApprovalStatus"] = "Approved"


def _registered_without_origin(steps: Steps) -> None:
    del _register(steps, "Approve")["CustomerMetadataProperties"]["run"]


def _registered_without_a_card(steps: Steps) -> None:
    del _register(steps, "Approve")["ModelCard"]


def _a_card_of_another_risk(steps: Steps) -> None:
    values = _register(steps, "Ask")["ModelCard"]["ModelCardContent"]["Std:Join"]["Values"]
    values[values.index({"Get": "Parameters.Risk"})] = "Low"


def _registered_elsewhere(steps: Steps) -> None:
    _register(steps, "Approve")["ModelPackageGroupName"] = {"Get": "Parameters.Model"}


def _refused_without_a_word(steps: Steps) -> None:
    steps["Refuse"]["Arguments"]["ElseSteps"] = []


def _verdict_of_nobody(steps: Steps) -> None:
    del steps["Decide"]["PropertyFiles"]


def _without_a_network_of_its_own(steps: Steps) -> None:
    steps["Train"]["Arguments"]["EnableNetworkIsolation"] = False


def _gate_with_a_network(steps: Steps) -> None:
    del steps["Bias"]["Arguments"]["NetworkConfig"]


def _plain_output(steps: Steps) -> None:
    del steps["Decide"]["Arguments"]["ProcessingOutputConfig"]["KmsKeyId"]


def _plain_artifact(steps: Steps) -> None:
    del steps["Train"]["Arguments"]["OutputDataConfig"]["KmsKeyId"]


def _compared_with_nothing(steps: Steps) -> None:
    inputs = steps["Compare"]["Arguments"]["ProcessingInputs"]
    steps["Compare"]["Arguments"]["ProcessingInputs"] = [each for each in inputs if each["InputName"] != "live"]


def _any_algorithm(steps: Steps) -> None:
    steps["Train"]["Arguments"]["HyperParameters"] = {"algorithm": "gradient-boosting"}


_CHANGES: tuple[tuple[str, str, Callable[[Steps], object], str], ...] = (
    *((f"without-{step.lower()}", "gate" if step != "Train" else "step", _dropped(step), _WAITS) for step in STEPS),
    *((f"{step.lower()}-at-once", "dependency", _starts_at_once(step), _WAITS) for step in STEPS[1:]),
    *((f"without-{step.lower()}", "condition", _dropped(step), _WAITS) for step in ("Approve", "Ask", "Refuse")),
    *(
        (f"{step.lower()}-whatever-decide-says", "condition", _asks_nothing(step), _VERDICT)
        for step in ("Approve", "Ask", "Refuse")
    ),
    ("asked-is-approved", "RegisterModel", _approved_whatever_a_person_says, _VERDICT),
    ("registered-without-its-run", "RegisterModel", _registered_without_origin, _VERDICT),
    ("registered-without-its-card", "RegisterModel", _registered_without_a_card, _CARD),
    ("risk-is-the-stacks", "RegisterModel", _a_card_of_another_risk, _CARD),
    ("registered-elsewhere", "RegisterModel", _registered_elsewhere, _VERDICT),
    ("refused-silently", "Fail", _refused_without_a_word, _VERDICT),
    ("verdict-of-nobody", "gate", _verdict_of_nobody, _WAITS),
    ("training-isolated", "step", _without_a_network_of_its_own, _ISOLATED),
    ("gate-isolated", "gate", _gate_with_a_network, _ISOLATED),
    ("output-key", "gate", _plain_output, _ISOLATED),
    ("artifact-key", "step", _plain_artifact, _ISOLATED),
    ("compared-with-the-live-version", "gate", _compared_with_nothing, _GATE),
    ("algorithm-is-given", "step", _any_algorithm, _GIVEN),
)

EDGES = tuple(_without(*each) for each in _CHANGES)
