"""``make audit``: asks PyPI for known vulnerabilities of every package of ``requirements.lock``.

One that is found, and for which ``pyproject.toml`` records no exception with its reason (``[tool.audit.exceptions]``, by its id or
an alias), fails. Where the database can't be reached nothing was looked at, which is said, and is no failure: a build
without a way out must not depend on it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
DATABASE: Final = "https://pypi.org/pypi"
"""Answers ``NAME/VERSION/json`` with what is known of a release (https://docs.pypi.org/api/json); proxies are those of the environment."""

_PATIENCE_SECONDS: Final = 20
_AT_ONCE: Final = 8
_LOCKED: Final = re.compile(r"^([\w.-]+)==(\S+) \\$", re.MULTILINE)


class NotReachedError(Exception):
    """The database does not answer, or it is something else that answers; the message says what."""


class Package(NamedTuple):
    """A line of the lock."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Found:
    """A vulnerability of a package: all its names, what it is, and the releases that are free of it."""

    package: Package
    names: tuple[str, ...]
    summary: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        names = " = ".join(self.names)
        remedy = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        return f"{self.package.name} {self.package.version}: {names}, {remedy}: {self.summary}"


def main() -> int:
    """Audit the lock; the exit code is 1 if it has a known vulnerability without an exception."""
    given = argparse.ArgumentParser(description="Known vulnerabilities of the locked packages.")
    given.add_argument("--database", default=DATABASE, help="another that answers as PyPI does: NAME/VERSION/json below it")
    database: str = given.parse_args().database
    packages = locked((ROOT / "requirements.lock").read_text())
    exceptions = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["audit"]["exceptions"]
    return audit(packages, exceptions, database)


def locked(text: str) -> list[Package]:
    """The packages of a lock file."""
    return [Package(*pin) for pin in _LOCKED.findall(text)]


def audit(packages: list[Package], exceptions: Mapping[str, str], database: str) -> int:
    """Print what is known of the packages; 1 if anything is that has no exception, else 0."""
    # One is asked first, so that what is not there is not asked a hundred times.
    answers = [_asked(packages[0], database)]
    if isinstance(answers[0], NotReachedError):
        print(f"NOT AUDITED: {answers[0]}; nothing is known of the {len(packages)} locked packages", file=sys.stderr)
        return 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers.extend(pool.map(lambda package: _asked(package, database), packages[1:]))
    found = []
    for answer in answers:
        if isinstance(answer, NotReachedError):
            print(f"NOT AUDITED: {answer}", file=sys.stderr)
        else:
            found.extend(answer)
    return _judged(found, exceptions, sum(isinstance(answer, list) for answer in answers))


def _judged(found: list[Found], exceptions: Mapping[str, str], audited: int) -> int:
    open_ones = [one for one in found if not exceptions.keys() & set(one.names)]
    for one in found:
        reason = next((exceptions[name] for name in one.names if name in exceptions), None)
        print(f"{one}; {f'excepted: {reason}' if reason else 'NO EXCEPTION'}", file=sys.stderr)
    for name in exceptions.keys() - {name for one in found for name in one.names}:
        print(f"the exception for {name} is needless: no locked package has it", file=sys.stderr)
    print(f"{audited} locked packages audited: {len(found)} known vulnerabilities, {len(open_ones)} without an exception")
    if open_ones:
        print("Move to a release without it (make lock ARGS=--upgrade), or say in pyproject.toml why it does not touch us", file=sys.stderr)
    return bool(open_ones)


def _asked(package: Package, database: str) -> list[Found] | NotReachedError:
    try:
        return _of(package, database)
    except NotReachedError as error:
        return error


def _of(package: Package, database: str) -> list[Found]:
    address = f"{database}/{package.name}/{package.version}/json"
    try:
        with urllib.request.urlopen(address, timeout=_PATIENCE_SECONDS) as answer:
            known = json.load(answer)["vulnerabilities"]
    except urllib.error.HTTPError as error:
        with error:  # it is the answer too, with a connection
            raise NotReachedError(f"the database was not reached ({address}: {error})") from None
    except (OSError, http.client.HTTPException) as error:
        raise NotReachedError(f"the database was not reached ({address}: {error})") from error
    except (ValueError, LookupError, TypeError) as error:
        raise NotReachedError(f"what answers is not the database ({address}: {error!r})") from error
    return [_found(package, one) for one in known if not one.get("withdrawn")]


def _found(package: Package, one: Mapping[str, Any]) -> Found:
    summary = one.get("summary") or one.get("details") or "no summary"
    return Found(package, (one["id"], *one.get("aliases", ())), summary.strip().splitlines()[0], tuple(one.get("fixed_in", ())))


if __name__ == "__main__":
    sys.exit(main())
