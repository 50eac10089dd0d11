"""``python -m tests.mutation.server``: runs tests in forks of itself, with everything imported that no mutant changes.

A line of JSON in, ``{"tests": […], "seconds": …}``, an exit code a line out: that of pytest, or minus the signal that ended it.
"""

from __future__ import annotations

import json
import os
import pkgutil
import resource
import sys
from importlib import import_module
from typing import Final, NoReturn

import fastavro
import hypothesis
import numba
import numpy
import orjson
import pytest

import kernels

_IMPORTED: Final = (fastavro, hypothesis, numba, numpy, orjson, pytest)
_MEMORY: Final = 6 << 30


def main() -> None:
    """Until standard input ends."""
    for module in pkgutil.iter_modules(kernels.__path__):
        if module.name != "__main__":
            import_module(f"kernels.{module.name}")
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(asked["tests"], asked["seconds"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(tests: list[str], seconds: float) -> NoReturn:
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        known = "ignore::pytest.PytestAssertRewriteWarning"  # hypothesis is imported before pytest would rewrite it
        code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", known, *tests]))
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
