"""The schema registry that the settings name, and what reads and writes single records with it."""

from __future__ import annotations

from typing import Final

from schemas.records import RecordReader
from schemas.registry import Registry, open_registry
from topologies.security import secret_of
from topologies.settings import Settings

_PATIENCE_SECONDS: Final = 10.0


def registry_of(settings: Settings) -> Registry:
    """The schema registry that the settings name, with their user and password."""
    user, password = settings.schema_registry_user, secret_of(settings, "schema_registry_password")
    auth = None if user is None else f"{user}:{password or ''}"
    ca = settings.schema_registry_ca
    return open_registry(settings.schema_registry, auth, None if ca is None else str(ca))


def record_reader(settings: Settings) -> RecordReader:
    """A reader for the commands, which wait for a schema that has to be looked up."""
    return RecordReader(registry_of(settings), _PATIENCE_SECONDS)
