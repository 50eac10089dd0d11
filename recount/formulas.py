"""Formulas, walked from their text: null is NaN, and spreads (domain 5.2, 5.4, contract 3)."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import Final

_MOST_DIGITS: Final = 400
"""More than any number has, before or behind the point."""


def value_of(text: str, values: Mapping[str, float | None]) -> float | None:
    """The value of a formula, given those of the statistics that it names."""
    result = _value(ast.parse(text.strip(), mode="eval").body, values)
    return result if math.isfinite(result) else None


def _value(node: ast.expr, values: Mapping[str, float | None]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            named = values[name]
            return math.nan if named is None else float(named)
        case ast.UnaryOp(op=sign, operand=operand):
            return -_value(operand, values) if isinstance(sign, ast.USub) else _value(operand, values)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _called(name, [_value(argument, values) for argument in arguments])
    raise ValueError(f"not part of a formula: {ast.unparse(node)}")


def _combined(operator: ast.operator, left: float, right: float) -> float:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
    return left / right if right else math.nan


def _called(name: str, given: list[float]) -> float:
    match name:
        case "if_null":
            return given[1] if math.isnan(given[0]) else given[0]
        case "abs":
            return abs(given[0])
        case "round":
            return _rounded(*given)
    if any(map(math.isnan, given)):
        return math.nan
    return min(given) if name == "min" else max(given)


def _rounded(value: float, digits: float = 0.0) -> float:
    if not (math.isfinite(value) and math.isfinite(digits)):
        return math.nan
    return round(value, int(min(max(digits, -_MOST_DIGITS), _MOST_DIGITS)))
