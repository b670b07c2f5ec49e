"""python -m tools.pipelines [--check]: write every model's pipeline.json, or say which are stale (exit 1).

Exit 2 when the SageMaker SDK is not to be had.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from model_code.contract import FOLDER, ModelSpec, any_spec, codes
from tools.pipelines.environment import ROOT, UnavailableError, ready, render


def main(arguments: Sequence[str]) -> int:
    """Renders the pipeline of every model that is trained here; the exit code."""
    if arguments not in ([], ["--check"]):
        print(f"tools.pipelines: got {' '.join(arguments)}; allowed: --check or nothing", file=sys.stderr)
        return 2
    try:
        wanted = render(trained(), ready())
    except UnavailableError as error:
        print(f"tools.pipelines: {error}", file=sys.stderr)
        return 2
    stale = [difference(code, text) for code, text in wanted.items() if current(code) != text]
    if arguments:
        print("".join(stale), end="")
        return 1 if stale else 0
    for code, text in wanted.items():
        place(code).write_text(text)
    print(f"tools.pipelines: {len(wanted)} rendered, {len(stale)} changed")
    return 0


def trained() -> list[str]:
    """The model folders whose model is trained from rows of a schema."""
    return [code for code in codes() if isinstance(any_spec(code), ModelSpec)]


def place(code: str) -> Path:
    """Where a model's pipeline is committed."""
    return FOLDER / code / "pipeline.json"


def current(code: str) -> str:
    """What is committed; nothing where there is no file yet."""
    file = place(code)
    return file.read_text() if file.exists() else ""


def difference(code: str, wanted: str) -> str:
    """A unified diff from what is committed to what the definition says now."""
    name = str(place(code).relative_to(ROOT))
    before, after = current(code).splitlines(keepends=True), wanted.splitlines(keepends=True)
    return "".join(difflib.unified_diff(before, after, name, f"{name} (rendered)"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
