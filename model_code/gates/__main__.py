"""One gate as a command: `python -m model_code.gates validate|evaluate|bias|compare|decide --model CODE …`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from model_code.artifact import ArtifactError
from model_code.errors import UnusableError
from model_code.gates.arguments import COMMANDS, parse
from model_code.gates.places import Places
from model_code.gates.run import run
from model_code.gates.settings import Settings
from model_code.paths import SettingError


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs one command: 0 the pipeline may go on, 1 it stops here and the report says why, 2 it cannot start.

    A command without a flag is a step of a pipeline: its settings are input/settings/settings.json's.
    """
    places = Places.of(environment)
    try:
        if len(arguments) == 1 and arguments[0] in COMMANDS:
            return _step(arguments[0], places, environment)
        return run(*parse(arguments), places)
    except (UnusableError, ArtifactError) as error:
        places.say(f"takeoff: {error}")
        return 2


def _step(command: str, places: Places, environment: Mapping[str, str]) -> int:
    settings = Settings.read(places.settings())
    code = environment.get("TAKEOFF_MODEL_CODE", settings.model)
    if code != settings.model:
        raise SettingError(f"settings.json: model: got {settings.model!r}, this image is of {code!r}")
    status = run(command, settings, places)
    return 0 if command == "decide" else status  # a refusal is for the pipeline's condition, which needs the verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
