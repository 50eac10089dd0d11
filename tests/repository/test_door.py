"""The one door: `make` tells what there is, and the checks of a clean clone are behind it too."""

from __future__ import annotations

import os
import re
import subprocess

from tests.needs import needs_tool
from tests.repository.files import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def make(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = (needs_tool("make"), "--no-print-directory", "-C", str(ROOT), *arguments)
    return subprocess.run(command, capture_output=True, check=True, text=True, env=environment).stdout


def test_make_alone_tells_every_target_but_those_inside() -> None:
    told = re.findall(r"^make (\w+) +\S", make(), re.MULTILINE)
    targets = re.findall(r"^\.PHONY: (\w+)$", MAKEFILE, re.MULTILINE)
    assert set(targets) - set(told) == {"python"}
    assert {"install", "demo", "test", "lint", "kafka", "bench", "help"} <= set(told)


def test_a_second_install_does_nothing() -> None:
    """What is installed carries a mark; only a change of the lock or of the project's declaration makes it stale."""
    rule = re.search(r"^\$\(INSTALLED\): (.*)\| python$", MAKEFILE, re.MULTILINE)
    assert rule is not None
    assert rule[1].split() == ["requirements.lock", "pyproject.toml"]


def test_what_is_missing_is_said_before_anything_is_made() -> None:
    needs_tool("make")
    done = subprocess.run(("make", "-C", str(ROOT), "python", "PYTHON="), capture_output=True, check=False, text=True)
    assert done.returncode
    assert "Python 3.11 or newer" in done.stderr


def test_the_checks_of_a_clean_clone_end_in_make_test() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert run.read_text().rstrip().endswith("exec make test")
    subprocess.run((needs_tool("bash"), "-n", str(run)), check=True)
