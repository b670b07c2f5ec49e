"""python -m tools.pipelines.render FOLDER CODE…: write models' pipelines there. Runs in the SDK's own environment."""

from __future__ import annotations

import sys
from pathlib import Path

from model_code.contract import load_spec
from tools.pipelines.canonical import canonical
from tools.pipelines.definition import definition
from tools.pipelines.session import offline

if __name__ == "__main__":
    folder, *codes = sys.argv[1:]
    session = offline()
    for code in codes:
        (Path(folder) / code).write_text(canonical(definition(code, load_spec(code).description, session)))
