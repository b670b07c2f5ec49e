"""What a gate's command line may say, and the refusal of anything else."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from model_code.gates.bias import Grouping, Limit
from model_code.paths import SettingError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message}; {self.format_usage().strip()}")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command and its settings. Raises SettingError."""
    common = _Parser(add_help=False)
    common.add_argument("--model", required=True, metavar="CODE", help="a folder of model_code/")
    common.add_argument("--data-version", default="", help="the data set's version; its SHA-256 if not given")
    common.add_argument("--commit", default="", help="the commit that every report names")
    common.add_argument("--id", default="", metavar="COLUMN", help="the column that tells rows apart: decides hold-out")
    common.add_argument("--extra", action="append", default=[], metavar="COLUMN", help="another column of the data")
    common.add_argument("--seed", type=int, default=2026, help="of the bootstrap")
    parser = _Parser(prog="python -m model_code.gates", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, text in (
        ("validate", "the data set against the schema and the last accepted data"),
        ("evaluate", "the candidate on held-out rows against the success criteria"),
        ("bias", "the candidate's answers by declared groups"),
        ("compare", "the candidate beside the live version on the same held-out rows"),
        ("decide", "the reports of all gates together"),
    ):
        command = commands.add_parser(name, help=text, parents=[common])
        if name in ("validate", "compare"):
            command.add_argument("--first", action="store_true", help="there is no version before to compare with")
        if name == "evaluate":
            command.add_argument("--criteria", type=_numbers, required=True, help='JSON such as {"accuracy": 0.95}')
        if name == "bias":
            command.add_argument("--favoured", required=True, metavar="CLASS", help="the class that is being selected")
            command.add_argument(
                "--group", type=grouping, action="append", required=True, help="COLUMN[:EDGE,EDGE][=REFERENCE]"
            )
            command.add_argument(
                "--limits", type=_limits, required=True, help='JSON such as {"selection_rate": {"ratio": 0.8}}'
            )
        if name == "compare":
            command.add_argument("--margins", type=_numbers, help='JSON such as {"accuracy": 0.01}')
        if name == "decide":
            command.add_argument(
                "--without", action="append", default=[], metavar="GATE", help="a gate not to wait for"
            )
    return parser.parse_args(arguments)


def grouping(text: str) -> Grouping:
    """COLUMN, COLUMN:30,50 for groups of numbers, either with =REFERENCE."""
    rest, _, reference = text.partition("=")
    column, _, edges = rest.partition(":")
    try:
        bounds = tuple(float(edge) for edge in edges.split(",")) if edges else ()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"got {text!r}, allowed: COLUMN[:EDGE,EDGE][=REFERENCE]") from error
    if not column or list(bounds) != sorted(set(bounds)):
        raise argparse.ArgumentTypeError(f"got {text!r}, allowed: a column's name, edges that go up")
    return Grouping(column=column, edges=bounds, reference=reference)


def _numbers(text: str) -> dict[str, float]:
    document = _object(text)
    for name, value in document.items():
        if type(value) not in (int, float) or not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"{name}: got {value!r}, allowed: a number")
    return document


def _limits(text: str) -> dict[str, Limit]:
    try:
        return {name: Limit(**_numbers(json.dumps(limit))) for name, limit in _object(text).items()}
    except TypeError as error:
        raise argparse.ArgumentTypeError(f"a limit has the keys difference and ratio: {error}") from error


def _object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a JSON object, got {text[:80]!r}: {error}") from error
    if not isinstance(document, dict):
        raise argparse.ArgumentTypeError(f"must be a JSON object, got {text[:80]!r}")
    return document
