"""Compiled loops are kept for as long as no source of theirs has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
INNER = """from kernels.compiled import LONG, compiled


@compiled(LONG, LONG)
def inner(number):
    return number + {}
"""
OUTER = """from kernels.compiled import LONG, compiled
from kernels.inner import inner


@compiled(LONG, LONG)
def outer(number):
    return inner(number)
"""


def test_a_loop_follows_one_that_it_calls_in_another_file(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    folder.mkdir()
    for name in ("__init__.py", "compiled.py", "kept.py"):
        shutil.copy(ROOT / "kernels" / name, folder)
    (folder / "outer.py").write_text(OUTER)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    for added in (1, 1, 20):
        (folder / "inner.py").write_text(INNER.format(added))
        words = [sys.executable, "-c", "from kernels.outer import outer; print(outer(100))"]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert int(done.stdout) == 100 + added
