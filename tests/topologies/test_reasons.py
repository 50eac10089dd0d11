"""The reasons of dead letters: each that the code gives is explained, and no other (contract 6)."""

import ast
import re
from pathlib import Path

import pytest

from topologies.reasons import REASONS, reasons_table

ROOT = Path(__file__).parents[2]
CONTRACT = (
    "malformed unknown_schema incompatible_schema missing_field unknown_kind invalid_call_result anomaly too_late future".split()  # noqa: SIM905
)
GIVEN_BY = {"Refused", "Refusal", "BadRecordError", "RefusedLineError", "DeadLetter", "SetAside"}
"""What the code makes of a reason."""
CHECKS = ROOT / "engine" / "checks.py"
"""The checks of rows yield (reason, detail)."""


def words(node):
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and re.fullmatch(r"[a-z_]+", part.value)
    }


def given_reasons(file):
    """The reasons in a module: single words among the arguments of what is made of them."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in GIVEN_BY:
                yield from set().union(*(words(argument) for argument in node.args if not isinstance(argument, ast.Call)), set())
        elif isinstance(node, ast.Yield) and file == CHECKS:
            yield from words(node.value.elts[0])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(node).startswith(("SET_ASIDE: ", "TOO_LARGE: ", "REASON: ")):
            yield node.value.value


def test_each_reason_that_the_code_gives_is_explained():
    files = [file for room in ("engine", "schemas", "agents") for file in (ROOT / room).glob("*.py")]
    assert {reason for file in files for reason in given_reasons(file)} == REASONS.keys()


@pytest.mark.parametrize("reason", CONTRACT)
def test_the_reasons_of_the_contract_are_among_them(reason):
    assert reason in REASONS


def test_the_table_in_the_document_is_not_stale():
    page = (ROOT / "docs" / "dead-letters.md").read_text(encoding="utf-8")
    assert reasons_table() in page, "make it anew: dialstat describe --format reasons"
