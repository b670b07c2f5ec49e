"""CloudWatch's metric math over series of data points: arithmetic, comparisons and the functions that alarms need."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Any

from local.cloud.metric_data import Series

Value = float | str | Series | list[Any]
SPELLING = ((r"&&|\bAND\b", " and "), (r"\|\||\bOR\b", " or "), (r"\^", "**"))
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else None,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda a, b: bool(a) and bool(b),
    ast.Or: lambda a, b: bool(a) or bool(b),
    ast.USub: operator.neg,
}
AGGREGATES: dict[str, Callable[..., Any]] = {"SUM": math.fsum, "AVG": fmean, "MIN": min, "MAX": max, "STDDEV": pstdev}
SIMPLE: dict[str, Callable[..., Any]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class MathError(ValueError):
    """An expression that AWS, or this emulated account, does not understand."""


class Expression:
    """One metric-math expression, over series by id.

    `metrics` are the series that METRICS() stands for; `grid` holds every period of the range, which FILL fills.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    def __init__(self, known: Mapping[str, Value], metrics: list[Series], grid: list[float], period: float) -> None:
        self.known, self.metrics, self.grid, self.period = known, metrics, grid, period

    def value(self, text: str) -> Value:
        """What the expression comes to. Raises MathError with what it does not understand."""
        for pattern, python in SPELLING:
            text = re.sub(pattern, python, text)
        try:
            return self._of(ast.parse(text.strip(), mode="eval").body)
        except SyntaxError as error:
            raise MathError(f"Error in expression '{text}': {error.msg}") from error

    def _of(self, node: ast.AST) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
            case ast.Name(id="REPEAT"):
                return "REPEAT"
            case ast.List(elts=members):
                return [self._of(each) for each in members]
            case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                return _each(OPERATORS[type(op)], self._of(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return _each(OPERATORS[type(op)], self._of(left), self._of(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return _each(OPERATORS[type(op)], self._of(left), self._of(right))
            case ast.BoolOp(op=op, values=[first, *others]):
                found = self._of(first)
                for each in others:
                    found = _each(OPERATORS[type(op)], found, self._of(each))
                return found
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, [self._of(each) for each in arguments])
        raise MathError(f"Error in expression: {ast.unparse(node)!r} is not known; ids here are {sorted(self.known)}")

    def _call(self, function: str, given: list[Value]) -> Value:
        match function, given:
            case "METRICS", []:
                return list(self.metrics)
            case "IF", [condition, *branches] if len(branches) in (1, 2):
                return _chosen(condition, branches[0], branches[1] if len(branches) > 1 else {})
            case "FILL", [what, filler]:
                return (
                    [self._filled(each, filler) for each in what]
                    if isinstance(what, list)
                    else self._filled(what, filler)
                )
            case (("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV"), [what]):
                return _aggregate(AGGREGATES[function], what)
            case (("ABS" | "CEIL" | "FLOOR"), [what]):
                return _each(SIMPLE[function], what)
            case "PERIOD", [_]:
                return self.period
            case "RATE", [dict() as what]:
                moments = list(what)
                return {b: (what[b] - what[a]) / self.period for a, b in pairwise(moments)}
            case "DATAPOINT_COUNT", [dict() as what]:
                return float(len(what))
        served = "METRICS IF FILL SUM AVG MIN MAX STDDEV ABS CEIL FLOOR PERIOD RATE DATAPOINT_COUNT"
        raise MathError(f"{function} of {len(given)} arguments: not served (docs/limits.md); allowed {served}")

    def _filled(self, what: Value, filler: Value) -> Value:
        if not isinstance(what, dict) or isinstance(filler, list):
            raise MathError("FILL needs a series, and a number, a series or REPEAT to fill it with")
        filled: Series = {}
        last: float | None = None
        for moment in self.grid:
            last = what.get(moment, last if filler == "REPEAT" else None)
            value = filler.get(moment) if isinstance(filler, dict) else None if filler == "REPEAT" else filler
            if (found := what.get(moment, last if last is not None else value)) is not None:
                filled[moment] = float(found)
        return filled


def _each(function: Callable[..., Any], *given: Value) -> Value:
    """Applies a function to every member of lists, at every moment that all the series have; no result, no point."""
    for place, each in enumerate(given):
        if isinstance(each, list):
            return [_each(function, *given[:place], member, *given[place + 1 :]) for member in each]
    moments = [each for each in given if isinstance(each, dict)]
    if not moments:
        found = function(*given)
        return {} if found is None else float(found)
    shared = [moment for moment in moments[0] if all(moment in other for other in moments[1:])]
    values = {t: function(*(each[t] if isinstance(each, dict) else each for each in given)) for t in shared}
    return {moment: float(value) for moment, value in values.items() if value is not None}


def _chosen(condition: Value, then: Value, other: Value) -> Value:
    """IF: at each moment of the condition the branch that it names, and no point where that branch has none."""
    if not isinstance(condition, dict):
        return then if condition else other
    found: Series = {}
    for moment, true in condition.items():
        branch = then if true else other
        value = branch.get(moment) if isinstance(branch, dict) else branch
        if isinstance(value, float | int):
            found[moment] = float(value)
    return found


def _aggregate(function: Callable[..., Any], what: Value) -> Value:
    """One number of a series; of several series one series, over whichever of them have a point."""
    if isinstance(what, dict):
        return float(function(what.values())) if what else {}
    if not isinstance(what, list):
        raise MathError(f"an aggregate needs series; got {what!r}")
    rows = [each for each in what if isinstance(each, dict)]
    moments = sorted({moment for each in rows for moment in each})
    return {moment: float(function([each[moment] for each in rows if moment in each])) for moment in moments}
