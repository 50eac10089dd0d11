"""One locked set of dependencies: what is declared is locked, to one version, with hashes."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository.files import ROOT

PIN = re.compile(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


@cache
def locked() -> dict[str, str]:
    text = (ROOT / "requirements.lock").read_text()
    return {canonicalize_name(name): version for name, version, _hashes in PIN.findall(text)}


def declared() -> list[Requirement]:
    declaration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = declaration["project"]
    texts = [*project["dependencies"], *project["optional-dependencies"]["dev"], *declaration["build-system"]["requires"]]
    return [Requirement(text) for text in texts]


def test_every_locked_line_has_hashes() -> None:
    pins = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if re.match(r"\w", line)]
    assert len(pins) == len(locked())


def test_the_lock_satisfies_what_is_declared() -> None:
    unsatisfied = [
        f"{requirement} is locked to {locked().get(canonicalize_name(requirement.name))}"
        for requirement in declared()
        if not requirement.specifier.contains(locked().get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert unsatisfied == []
