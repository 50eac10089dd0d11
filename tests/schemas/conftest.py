"""A schema registry that others wrote: franz-go's, built where Go is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs, needs_tool
from tests.schemas.registry_process import RegistryProcess

SOURCE = Path(__file__).parents[1] / "registry_server"


@pytest.fixture(scope="session")
def registry_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = needs_tool("go")
    program = tmp_path_factory.mktemp("registry") / "registry"
    built = subprocess.run([go, "build", "-o", program, "."], cwd=SOURCE, capture_output=True, text=True, check=False)
    if built.returncode:
        needs(
            "franz-go's registry", f"Go 1.24 or newer, and its module proxy; go build in tests/registry_server says: {built.stderr.strip()}"
        )
    return program


@pytest.fixture
def registry_process(registry_program: Path) -> Iterator[RegistryProcess]:
    """A running registry that asks for no password."""
    with RegistryProcess(registry_program) as process:
        yield process


@pytest.fixture
def guarded_process(registry_program: Path) -> Iterator[RegistryProcess]:
    """A running registry that asks for a name and a password with a colon in it."""
    with RegistryProcess(registry_program, "-user", "ann:open:sesame") as process:
        yield process
