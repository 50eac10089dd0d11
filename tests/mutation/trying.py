"""Mutants tried: each in a copy of the repository, by the tests that run its line, until one of them fails."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from tests.mutation.covering import OUTPUT, Covering
from tests.mutation.mutants import Mutant
from tests.repository.files import tracked

TESTS: Final = ("tests/engine", "tests/kernels", "tests/recount", "tests/agents", "tests/topologies")
"""Those that run the engine without Kafka."""
_LEAST_SECONDS: Final = 60.0
_TIMES: Final = 10.0
"""A mutant has so many times the seconds that its tests take without it, and at least the least."""
_PASSED: Final = 0
_ENVIRONMENT: Final = {"HYPOTHESIS_PROFILE": "mutation", "SCENARIOS": "0.05"}


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    UNCOVERED = "not run by any test"


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant, what became of it, and how many tests run its line."""

    mutant: Mutant
    fate: Fate
    tests: int

    @property
    def noticed(self) -> bool:
        """Whether a test noticed it."""
        return self.fate in {Fate.KILLED, Fate.TIMEOUT}


class Copy:
    """A copy of the repository, and a server of tests in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: subprocess.Popen[str] | None = None

    @classmethod
    def of_repository(cls, root: Path, folder: Path) -> Copy:
        """What is tracked, as it stands now."""
        shutil.rmtree(folder, ignore_errors=True)
        for path in tracked():
            target = folder / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        cached = root / "kernels" / "__pycache__"
        if cached.exists():  # compiled loops, which would take minutes again; they are known by the times of their files
            shutil.copytree(cached, folder / "kernels" / "__pycache__")
        return cls(folder)

    def again(self, folder: Path) -> Copy:
        """Another one, with all that was compiled in this one."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return Copy(folder)

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes: this copy is imported, and nothing else."""
        return {**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(self.folder)}

    def measure(self, output: Path) -> None:
        """Run all tests, and note which lines they run.

        Raises:
            RuntimeError: they fail without any mutant.
        """
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "not kafka",
            "-p",
            "tests.mutation.covering",
            "-p",
            "no:cacheprovider",
            *TESTS,
        ]
        done = subprocess.run(
            command, check=False, cwd=self.folder, env={**self.environment, OUTPUT: str(output)}, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"the tests fail without any mutant:\n{done.stdout[-3_000:]}{done.stderr[-1_000:]}")

    def code(self, mutant: Mutant, tests: Iterable[str], seconds: float) -> int:
        """Exit code of the tests with a mutant in place."""
        file = self.folder / mutant.file
        times = file.stat()
        file.write_text(mutant.source, encoding="utf-8")
        try:
            return self._ask(json.dumps({"tests": list(tests), "seconds": seconds}))
        finally:
            file.write_text(mutant.original, encoding="utf-8")
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # what was compiled of it is right again

    def prove(self, covering: Covering) -> None:
        """Run the quickest tests as mutants' tests are run.

        Raises:
            RuntimeError: they fail without any mutant.
        """
        quickest = sorted(covering.seconds, key=lambda test: covering.seconds[test])[:20]
        code = self._ask(json.dumps({"tests": quickest, "seconds": _LEAST_SECONDS}))
        if code != _PASSED:
            raise RuntimeError(f"tests that pass fail in {self.folder}, without any mutant: exit code {code}")

    def _ask(self, line: str) -> int:
        if self._server is None:
            command = [sys.executable, "-m", "tests.mutation.server"]
            unwritten = {**self.environment, "PYTHONDONTWRITEBYTECODE": "1"}  # what is compiled of a mutant is nobody else's
            self._server = subprocess.Popen(
                command, cwd=self.folder, env=unwritten, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.communicate()


def try_all(copies: list[Copy], mutants: Iterable[Mutant], covering: Covering) -> Iterator[Tried]:
    """Try mutants in all copies at once; in their order."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def tried(mutant: Mutant) -> Tried:
        copy = free.get()
        try:
            return _tried(copy, mutant, covering)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from pool.map(tried, mutants)


def _tried(copy: Copy, mutant: Mutant, covering: Covering) -> Tried:
    tests = covering.tests(mutant.file, mutant.line, _body(mutant))
    if not tests:
        return Tried(mutant, Fate.UNCOVERED, 0)
    seconds = max(_LEAST_SECONDS, _TIMES * sum(covering.seconds.get(test, 0.0) for test in tests))
    code = copy.code(mutant, tests, seconds)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return Tried(mutant, Fate.TIMEOUT, len(tests))
    return Tried(mutant, Fate.SURVIVED if code == _PASSED else Fate.KILLED, len(tests))


def _body(mutant: Mutant) -> range:
    """Lines of the body of the innermost function that has the mutant's line, without its head."""
    inside = [
        node
        for node in ast.walk(ast.parse(mutant.original))
        if isinstance(node, ast.FunctionDef) and node.lineno <= mutant.line <= (node.end_lineno or node.lineno)
    ]
    if not inside:
        return range(0)
    node = max(inside, key=lambda one: one.lineno)
    return range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
