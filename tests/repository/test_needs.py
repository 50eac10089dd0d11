"""A tool that is missing skips a test and says how to get it; where everything is to be checked (CI=true), it fails the test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.needs import needs_tool


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_tool_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(outcome, match=r"needs go, which is not here \(Go: "):
        needs_tool("go")


def test_a_tool_that_is_here_is_given_with_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    python = Path(sys.executable)
    monkeypatch.setenv("PATH", str(python.parent))
    assert needs_tool(python.name) == sys.executable
