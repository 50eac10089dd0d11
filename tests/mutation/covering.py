"""Which tests run which lines of the engine, and how long they take: a plugin of pytest that measures, and what it measured."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from coverage import Coverage

OUTPUT: Final = "MUTATION_COVERAGE"
"""Environment variable with the file that the plugin writes."""


class Measure:
    """Notes for each test the lines it runs."""

    def __init__(self, root: Path, output: Path) -> None:
        self._root, self._output = root, output
        self._coverage = Coverage(data_file=None, source=[str(root / "engine")], config_file=False)
        self._seconds: dict[str, float] = {}

    def pytest_sessionstart(self) -> None:
        """From before the tests are collected on, so that modules are measured."""
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """What runs from here on is run by this test."""
        self._coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self._coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long it took."""
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what was found."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            str(Path(file).relative_to(self._root)): {
                line: [test for test in tests if test] for line, tests in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        self._output.write_text(json.dumps({"seconds": self._seconds, "lines": lines}), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Measure if it is asked for."""
    if OUTPUT in os.environ:
        config.pluginmanager.register(Measure(config.rootpath, Path(os.environ[OUTPUT])))


@dataclass(frozen=True, slots=True)
class Covering:
    """Seconds of each test, and the tests of each line, by file."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]

    @classmethod
    def read(cls, path: Path) -> Covering:
        """What the plugin wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def tests(self, file: str, line: int, around: range) -> Sequence[str]:
        """The tests that run a line, the quickest first; if it has none of its own, those of the lines around it."""
        lines = self.lines.get(file, {})
        found = set(lines.get(str(line), ()))
        if not found:
            found = {test for near in around for test in lines.get(str(near), ())}
        return sorted(found, key=lambda test: (self.seconds.get(test, 0.0), test))
