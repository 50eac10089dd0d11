"""Formulas: what is understood, what they come to, what is refused (domain 5.2, 5.4; contract 3)."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.formulas import DEEPEST, LONGEST, FormulaError, parse_formula, value_of
from tests.engine.replaying import Replay, at, call

NULL = math.nan
VALUES = {"A": 3.0, "B": 0.0, "Null": NULL, "Big": 1e300}


def value(text):
    formula = parse_formula(text)
    return float(value_of(formula, {name: np.array([VALUES[name]]) for name in formula.names}, 1)[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * A", 7.0),
        ("-(A - 5) / 4", 0.5),
        ("min(A, 2, 9) + max(A, B) + abs(-1.5)", 6.5),
        ("round(2.5) + round(3.5)", 6.0),
        ("round(2.675, 2)", 2.67),
        ("round(1234.5, -2)", 1200.0),
        ("if_null(Null, 7) + if_null(A, 7)", 10.0),
        ("Null + 1", NULL),
        ("max(Null, 1)", NULL),
        ("A / B", NULL),
        ("B / Null", NULL),
        ("if_null(A / B, 0)", 0.0),
        ("Big * Big", NULL),
        ("round(A, 1e300)", 3.0),
        ("round(Big, -1e300)", 0.0),
    ],
)
def test_values(text, expected):
    assert value(text) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A +",
        "A.real",
        "A[0]",
        "__import__('os')",
        "open(1)",
        "max()",
        "abs(1, 2)",
        "round(1, ndigits=2)",
        "min(*A)",
        "'text'",
        "True",
        "1j",
        "A ** 2",
        "A if A else B",
        "lambda: 1",
        "A < B",
        "1e999",
        "(A := 1)",
        "1; 2",
        "(" * 300 + "1" + ")" * 300,
        "+".join(["1"] * (DEEPEST + 2)),
        "1" * (LONGEST + 1),
    ],
)
def test_what_is_not_on_the_list_is_refused(text):
    with pytest.raises(FormulaError):
        parse_formula(text)


@given(st.text(alphabet="AB01.+-*/(), minroudabs_fl\n\t\"'", max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        formula = parse_formula(text)
    except FormulaError:
        return
    value_of(formula, {name: np.array([1.0, NULL]) for name in formula.names}, 2)


def test_a_formula_may_stand_before_what_it_names(tmp_path: Path) -> None:
    """Every value keeps its own name, in the order of the definitions, although formulas are computed last (domain 5.2)."""
    tables = {
        "Share": 'category = "Formula"\nformula = "Answers / max(Dials, 1)"',
        "Answers": 'category = "TotalNumber"\nmain = "DialAnswer"',
        "Dials": 'category = "TotalNumber"\nmain = "DialMade"',
    }
    text = '[profile.day]\nkind = "growing"\n' + "".join(
        f'[statistic.{name}]\n{table}\nprofiles = ["day"]\n' for name, table in tables.items()
    )
    ran = Replay(tmp_path, [call("10:00:00", 6, event_id="busy")], text, [at("10:01:00")])
    assert list(ran.at("Campaign", at("10:01:00"), "day")["values"].items()) == [("Share", 0), ("Answers", 0), ("Dials", 1)]
