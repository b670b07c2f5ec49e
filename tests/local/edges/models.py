"""What runs inside the containers: networks, several models behind one port, the promise of a GPU."""

from __future__ import annotations

from tests.local.edges.edge import Sabotage

TESTS = "tests/unit/model_code/test_"
LOADS = f"{TESTS}models.py::test_while_a_model_loads_others_answer_and_its_name_and_memory_are_taken"
NETWORK, MODELS, PREDICTOR = (
    f"model_code/{file}.py" for file in ("digits/network", "server/models", "server/predictor")
)

EDGES = (
    Sabotage(
        "slope-through-relu",
        "digits",
        NETWORK,
        "slope = images * (seen[number - 1][1] > 0)",
        "slope = images",
        f"{TESTS}digits.py::test_every_gradient_is_what_finite_differences_find",
    ),
    Sabotage(
        "trained-in-one-thread",
        "training",
        "model_code/training.py",
        "threadpool_limits(limits=1)",
        "threadpool_limits(limits=None)",
        f"{TESTS}training.py::test_every_fit_has_one_thread_however_many_there_are",
    ),
    Sabotage(
        "models-fit-their-memory",
        "multi-model",
        MODELS,
        "if size > free:",
        "if False:",
        f"{TESTS}models.py::test_what_does_not_fit_is_507_until_something_is_unloaded",
    ),
    Sabotage("loading-takes-memory", "multi-model", MODELS, " - sum(self._loading.values())", "", LOADS),
    Sabotage("loading-takes-the-name", "multi-model", MODELS, " or name in self._loading", "", LOADS),
    Sabotage(
        "gpu-is-used-where-promised",
        "GPU",
        PREDICTOR,
        "if session.get_providers()[0] != providers[0]:",
        "if False:",
        f"{TESTS}server.py::test_a_gpu_that_is_promised_and_missing_is_not_served_by_the_cpu",
    ),
)
