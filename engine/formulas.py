"""Formulas: arithmetic over other statistics of the same object and profile (domain 5.2, contract 3).

A formula is read with Python's parser and kept only if every part of it is on a short list: numbers, names, + - * /, parentheses, and
min, max, abs, round, if_null. There are no attributes, no other calls, no text. Length and depth are bounded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

LONGEST: Final = 1_000
DEEPEST: Final = 50

_DIGITS: Final = 400
"""More than any number has, before or behind the point."""

_Compute: TypeAlias = Callable[[Mapping[str, Floats], int], Floats]
"""Values by name for m objects, and m, to the values of an expression, shape (m,); NaN is null, and spreads."""


class FormulaError(ValueError):
    """A formula that can't be read; the message says what in it, and what is allowed."""


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A formula: the statistics that it names, in order, and how its value comes of theirs."""

    text: str
    names: tuple[str, ...]
    compute: _Compute


def parse_formula(text: str) -> Formula:
    """Read a formula.

    Raises:
        FormulaError: it is too long or too deep, not an expression, or holds what is not allowed.
    """
    if len(text) > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters, this one has {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"{text!r} is not an expression: {error}") from error
    names: dict[str, None] = {}
    compute = _built(tree, names, 1)
    return Formula(text, tuple(names), compute)


def _built(node: ast.expr, names: dict[str, None], depth: int) -> _Compute:
    if depth > DEEPEST:
        raise FormulaError(f"a formula is at most {DEEPEST} levels deep")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _constant(float(value))
        case ast.Name(id=name):
            names[name] = None
            return lambda values, _: values[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            inner = _built(operand, names, depth + 1)
            return (lambda values, size: -inner(values, size)) if isinstance(sign, ast.USub) else inner
        case ast.BinOp(op=operator) if type(operator) in _OPERATORS:
            apply = _OPERATORS[type(operator)]
            left, right = _built(node.left, names, depth + 1), _built(node.right, names, depth + 1)
            return lambda values, size: apply(left(values, size), right(values, size))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _called(name, [_built(argument, names, depth + 1) for argument in arguments])
    raise FormulaError(
        f"{ast.unparse(node)!r} is not allowed in a formula; it is made of numbers, names of statistics, + - * / ( ), and {_LISTED}"
    )


def _constant(value: float) -> _Compute:
    if not np.isfinite(value):
        raise FormulaError("a number in a formula is too large")
    return lambda _, size: np.full(size, value)


def _called(name: str, arguments: list[_Compute]) -> _Compute:
    least, most, apply = _FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        expected = str(least) if least == most else f"{least} to {most}"
        raise FormulaError(f"{name} takes {expected} arguments, got {len(arguments)}")
    return lambda values, size: apply(*(argument(values, size) for argument in arguments))


def _divide(above: Floats, below: Floats) -> Floats:
    """Null where the denominator is zero (domain 5.4)."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below != 0)


def _round(values: Floats, digits: Floats | None = None) -> Floats:
    """Half to even, as Python rounds: exactly, not by scaling. Null digits make it null."""
    places = np.zeros_like(values) if digits is None else digits
    rounded = [
        round(value, int(np.clip(place, -_DIGITS, _DIGITS))) if np.isfinite(value) and np.isfinite(place) else np.nan
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]
    return np.array(rounded, dtype=np.float64)


def _least(*values: Floats) -> Floats:
    least: Floats = np.minimum.reduce(values)
    return least


def _greatest(*values: Floats) -> Floats:
    greatest: Floats = np.maximum.reduce(values)
    return greatest


def _if_null(value: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(value), other, value)


_OPERATORS: Final[Mapping[type[ast.operator], Callable[[Floats, Floats], Floats]]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _divide,
}
_MANY: Final = 100
_FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., Floats]]]] = {
    "min": (1, _MANY, _least),
    "max": (1, _MANY, _greatest),
    "abs": (1, 1, np.abs),
    "round": (1, 2, _round),
    "if_null": (2, 2, _if_null),
}
_LISTED: Final = ", ".join(_FUNCTIONS)


def value_of(formula: Formula, values: Mapping[str, Floats], size: int) -> Floats:
    """Values of a formula for ``size`` objects; what is beyond all numbers has none."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = formula.compute(values, size)
    return np.where(np.isfinite(result), result, np.nan)
