"""Mistakes in definitions: all of them are told at once, each with its line, its table and what would be right (contract 3)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.definitions import DefinitionsError, Mistake, parse_definitions
from tests.engine.test_against_plain import DEFINITIONS

FILES = sorted((Path(__file__).parent / "mistakes").glob("*.toml"))
MARK = "  #! "


def told(text: str) -> tuple[Mistake, ...]:
    """The mistakes of a file that is called site.toml."""
    with pytest.raises(DefinitionsError) as caught:
        parse_definitions(text, "site.toml")
    assert str(caught.value) == "\n".join(map(str, caught.value.mistakes))
    return caught.value.mistakes


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_mistake_is_told_behind_its_line(path: Path) -> None:
    """The files say themselves what is to be told, and of nothing else."""
    table, lines, expected = "", [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text, *messages = line.split(MARK)
        if header := re.fullmatch(r'\[(\w+)\."?([^"]+?)"?\]', text):
            table = f"{header[1]}.{header[2]}"
        lines.append(text)
        expected += [Mistake("site.toml", number, table, message) for message in messages]
    assert list(told("\n".join(lines))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1: no statistic is defined: expected at least one table [statistic.NAME]"]),
        (
            "profile = 3\nstatistic = 4",
            [
                "1: expected tables [profile.NAME], got 3",
                "1: no statistic is defined: expected at least one table [statistic.NAME]",
                "2: expected tables [statistic.NAME], got 4",
            ],
        ),
        (f"profiles = 1\n{DEFINITIONS}", ["1: 'profiles' is not known here; did you mean profile?; known are profile, statistic"]),
        (
            "\n[profile]\na = 3\n[statistic]\nS = 4",
            [
                "1: profile.a: expected a table [profile.a], got 3",
                "1: statistic.S: expected a table [statistic.S], got 4",
                "1: statistic.S: category is missing",
            ],
        ),
        (
            '[ statistic . "S" ]\n\n"category" = 1\n  [statistic.A]\n\n  category=2\n',
            ["3: statistic.S: 1 is not a category", "6: statistic.A: 2 is not a category"],
        ),
        (
            "statistic.b = {}\nstatistic.a = {}\n",
            ["1: statistic.a: category is missing", "1: statistic.b: category is missing"],
        ),
    ],
)
def test_what_is_wrong_with_a_file(text: str, expected: list[str]) -> None:
    """Those of one line in the order of their tables; what is written without a header has no line of its own."""
    assert [str(mistake) for mistake in told(text)] == [f"site.toml:{one}" for one in expected]


@pytest.mark.parametrize(("text", "line"), [("[profile.a]\nkind = ", 2), ("\n\n[a]\n[a]\n\n", 4), ("a = '''", 1)])
def test_a_file_that_is_not_toml(text: str, line: int) -> None:
    """What is wrong is said by the parser, whose words are its own; at the end of the file, it doesn't tell the line."""
    (mistake,) = told(text)
    assert (mistake.file, mistake.line, mistake.name) == ("site.toml", line, "")
    assert mistake.message.startswith("not TOML: ")
