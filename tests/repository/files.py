"""The files that people wrote, as Git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from tests.needs import needs_tool

ROOT: Final = Path(__file__).resolve().parents[2]


@cache
def tracked(*patterns: str) -> tuple[Path, ...]:
    """The tracked files that match any of the patterns (all without one) and are still there."""
    command = (needs_tool("git"), "-C", str(ROOT), "ls-files", "-z", "--", *patterns)
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(path for name in names if name and (path := ROOT / name).is_file())
