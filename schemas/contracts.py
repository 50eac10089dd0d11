"""The Avro schemas of the contract, as they are shipped: parsed, named, and with their history (contract 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson

CAMPAIGN_EVENT: Final = "campaign_event"
CALL_RESULT: Final = "call_result"
CAMPAIGN_ACTION: Final = "campaign_action"
STATISTIC_REPORT: Final = "statistic_report"
LIST_DELTA: Final = "list_delta"


@dataclass(frozen=True, slots=True, eq=False)
class Contract:
    """One version of a record; ``text`` is its schema as shipped, ``schema`` the same parsed as JSON."""

    name: str
    version: int
    text: str

    @property
    def schema(self) -> dict[str, Any]:
        """The schema as JSON, a copy of its own."""
        parsed: dict[str, Any] = orjson.loads(self.text)
        return parsed


@cache
def contract(name: str) -> Contract:
    """The present version of a record."""
    return history(name)[-1]


@cache
def history(name: str) -> tuple[Contract, ...]:
    """Every version of a record that was ever released, the present one last."""
    folder = files("schemas").joinpath("avsc", "history", name)
    texts = {int(file.name.removeprefix("v").removesuffix(".avsc")): file.read_text(encoding="utf-8") for file in folder.iterdir()}
    return tuple(Contract(name, version, texts[version]) for version in sorted(texts))


def current_text(name: str) -> str:
    """The schema file of a record, which its newest version in the history repeats."""
    return files("schemas").joinpath("avsc", f"{name}.avsc").read_text(encoding="utf-8")


def fields_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Type of each field of a record schema, by name."""
    return {field["name"]: field["type"] for field in schema["fields"]}
