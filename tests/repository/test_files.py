"""Habits of the files: short, free of what only their authors understand, with links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

from tests.repository.files import ROOT, tracked

LONGEST = 400
WRITTEN = ("*.py", "*.js", "*.css", "*.html", "*.go", "*.sh", "*.toml", "*.yaml", "*.yml", "*.xml", "Makefile", ".ci/run")
PROSE = (*WRITTEN, "*.md", "*.avsc", "*.properties")
UNFINISHED = re.compile("|".join((r"\bTO" + "DO", r"\bFIX" + "ME", r"\bX" + r"XX\b")))
OF_ONE_MACHINE = re.compile(
    "|".join((r"(?<![\w.])/ro" + "ot/", r"(?<![\w.])/wo" + "rk/", r"files\.python" + "hosted", r"repo1?\.ma" + "ven"))
)
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def lines_with(pattern: re.Pattern[str], *kinds: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked(*kinds)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_is_longer_than_one_reads() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in tracked(*WRITTEN)}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_nothing_is_left_for_later() -> None:
    assert lines_with(UNFINISHED, *PROSE) == []


def test_nothing_depends_on_one_machine() -> None:
    assert lines_with(OF_ONE_MACHINE, *PROSE) == []


def test_links_between_documents_lead_to_files() -> None:
    dead = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked("*.md")
        for target in LINK.findall(path.read_text())
        if not Path(path.parent, target).exists()
    ]
    assert dead == []
