"""Mistakes in a definitions file: gathered with their places, told all at once (contract 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NamedTuple

_HEADER = re.compile(r"^\s*\[\s*(?P<kind>\w+)\s*\.\s*\"?(?P<name>[^\]\"]+?)\"?\s*\]")
_KEY = re.compile(r"^\s*\"?(?P<key>[\w-]+)\"?\s*=")
_AT_LINE: Final = re.compile(r"at line (\d+)")


class Mistake(NamedTuple):
    """What is wrong, where, and what would be right. ``name`` is the profile or statistic, as its table is called."""

    file: str
    line: int
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.name}: {self.message}" if self.name else f"{self.file}:{self.line}: {self.message}"


class DefinitionsError(ValueError):
    """A definitions file with mistakes."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.name)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(slots=True)
class Places:
    """Lines of a TOML text, from 1, by table and key: tomllib tells none."""

    lines: dict[tuple[str, str | None], int]

    def line(self, table: str, key: str | None = None) -> int:
        """The line of a key, else of its table, else the first."""
        return self.lines.get((table, key), self.lines.get((table, None), 1))


def find_places(text: str) -> Places:
    """The lines of all tables ``[kind.name]`` and their keys."""
    lines: dict[tuple[str, str | None], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = f"{header['kind']}.{header['name']}"
            lines.setdefault((table, None), number)
        elif key := _KEY.match(line):
            lines.setdefault((table, key["key"]), number)
    return Places(lines)


class Mistakes:
    """The mistakes found so far in one file."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._last_line = max(len(text.splitlines()), 1)
        self._places = find_places(text)
        self.found: list[Mistake] = []

    def add(self, table: str, key: str | None, message: str) -> None:
        """A mistake in a table, at a key of it if one is given."""
        self.found.append(Mistake(self._file, self._places.line(table, key), table, message))

    def syntax(self, error: ValueError) -> None:
        """The file is not TOML; its parser tells the line in its message."""
        line = _AT_LINE.search(str(error))
        self.found.append(Mistake(self._file, int(line[1]) if line else self._last_line, "", f"not TOML: {error}"))

    def unknown_keys(self, table: str, given: Iterable[str], known: Iterable[str]) -> None:
        """Every key that is not one of ``known`` is a mistake."""
        known = sorted(known)
        for key in given:
            if key not in known:
                self.add(table, key, f"{key!r} is not known here{near(key, known)}; known are {', '.join(known)}")


def near(word: str, known: Iterable[str]) -> str:
    """A hint at the nearest of the known words, or nothing."""
    found = get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
