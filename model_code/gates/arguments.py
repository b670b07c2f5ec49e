"""What a gate's command line may say, and the refusal of anything else."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeVar

from model_code.gates.settings import Settings, grouping, json_object, limits, numbers
from model_code.paths import SettingError

COMMANDS = {
    "validate": "the data set against the schema and the last accepted data",
    "evaluate": "the candidate on held-out rows against the success criteria",
    "bias": "the candidate's answers by declared groups",
    "compare": "the candidate beside the live version on the same held-out rows",
    "decide": "the reports of all gates together",
}
_PLACES = """
Files are read and written below /opt/ml/processing, or TAKEOFF_PROCESSING_DIR: input/data/*.csv,
input/model/model.tar.gz (the candidate), input/live/model.tar.gz, input/baseline/summary.json,
input/reports/**/report-*.json; output/. A file named `absent` in input/live or input/baseline says that there is none.
A gate with no flag at all is a pipeline's step: its settings are those of input/settings/settings.json
(`python -m model_code.container gate NAME` is that too), and `decide` then ends with 0 whatever it decided, because
the pipeline reads the verdict. Otherwise: 0 the pipeline may go on, 1 it stops here, 2 the gate cannot start.
"""
_Value = TypeVar("_Value")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message}; {self.format_usage().strip()}")


def parse(arguments: Sequence[str]) -> tuple[str, Settings]:
    """The command and its settings. Raises SettingError."""
    given = vars(_parser().parse_args(arguments))
    command = str(given.pop("command"))
    for several in ("extra", "groups", "without"):
        given[several] = tuple(given.get(several, ()))
    return command, Settings(**given)


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--model", required=True, metavar="CODE", help="a folder of model_code/")
    common.add_argument("--data-version", default="", help="the data set's version; its SHA-256 if not given")
    common.add_argument("--commit", default="", help="the commit that every report names")
    common.add_argument(
        "--id", default="", metavar="COLUMN", help="the column that tells rows apart: decides hold-out; `id` if there"
    )
    common.add_argument("--extra", action="append", default=[], metavar="COLUMN", help="another column of the data")
    common.add_argument("--seed", type=int, default=2026, help="of the bootstrap")
    parser = _Parser(
        prog="python -m model_code.gates",
        description=__doc__,
        epilog=_PLACES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, parents=[common])
        if name in ("validate", "compare"):
            command.add_argument("--first", action="store_true", help="there is no version before to compare with")
        if name == "evaluate":
            command.add_argument(
                "--criteria", type=_of(_numbers), required=True, help='JSON such as {"accuracy": 0.95}'
            )
        if name == "bias":
            command.add_argument("--favoured", required=True, metavar="CLASS", help="the class that is being selected")
            command.add_argument(
                "--group",
                type=_of(grouping),
                action="append",
                required=True,
                dest="groups",
                help="COLUMN[:EDGE,EDGE][=REFERENCE]",
            )
            command.add_argument(
                "--limits",
                type=_of(lambda text: limits(json_object(text))),
                required=True,
                help='JSON such as {"selection_rate": {"ratio": 0.8}}',
            )
        if name == "compare":
            command.add_argument("--margins", type=_of(_numbers), default={}, help='JSON such as {"accuracy": 0.01}')
        if name == "decide":
            command.add_argument(
                "--without", action="append", default=[], metavar="GATE", help="a gate not to wait for"
            )
            command.add_argument(
                "--approval", choices=("automatic", "manual"), default="automatic", help="manual: a person decides"
            )
    return parser


def _numbers(text: str) -> dict[str, float]:
    return numbers(json_object(text), "flag")


def _of(read: Callable[[str], _Value]) -> Callable[[str], _Value]:
    """The reader as argparse wants it: only one kind of error keeps its text."""

    def typed(text: str) -> _Value:
        try:
            return read(text)
        except SettingError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return typed
