"""Tools that a machine may lack: the test is skipped and says which and how to get it; under ``CI=true`` it fails instead."""

from __future__ import annotations

import os
import shutil
from typing import Final, NoReturn

import pytest

from deploy.kafka.broker import BrokerError, install_libraries

HOW_TO_GET: Final = {
    "java": "Java 17 or newer: apt-get install default-jre-headless, or https://adoptium.net",
    "git": "Git: apt-get install git",
    "go": "Go: https://go.dev/dl",
    "chromium": "Chromium: apt-get install chromium",
    "chromedriver": "Chromium's driver: apt-get install chromium-driver",
}


def needs(name: str, how_to_get: str) -> NoReturn:
    """End the running test because `name` isn't here: skipped, or failed under ``CI=true``."""
    message = f"needs {name}, which is not here ({how_to_get})"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def needs_tool(name: str, how: str | None = None) -> str:
    """The path of a command that the running test can't do without."""
    path = shutil.which(name)
    if path is None:
        needs(name, how or HOW_TO_GET.get(name, f"install {name}"))
    return path


def needs_kafka() -> None:
    """A real Kafka: Java, and its jars, which Maven gets the first time."""
    needs_tool("java")
    try:
        install_libraries()
    except BrokerError as error:
        needs("Kafka's jars", str(error))
