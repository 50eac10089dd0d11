"""Tables as Faust knows them: the registered owners of changelogs. What they hold is in the pipelines."""

from __future__ import annotations

from typing import Any, NoReturn

import faust
from faust.stores import base as stores
from faust.tables.table import Table

Faust = Any
"""Faust is not typed."""


class PipelineStore(stores.Store):
    """A store that stores nothing: state is per partition, in the pipeline of the agent."""

    def persisted_offset(self, tp: Faust) -> None:
        """Nothing is persisted here."""

    def reset_state(self) -> None:
        """There is no state here."""

    def apply_changelog_batch(self, batch: Faust, to_key: Faust, to_value: Faust) -> NoReturn:
        """Never called: the take-over restores."""
        raise NotImplementedError("changelogs are restored by the take-over")

    async def backup_partition(self, *args: Faust, **kwargs: Faust) -> None:
        """Nothing to back up."""

    def restore_backup(self, *args: Faust, **kwargs: Faust) -> None:
        """Nothing to restore."""


class PipelineTable(Table):
    """A table whose state a pipeline holds."""

    prefix = ""

    def _changelog_topic_name(self) -> str:
        return f"{self.prefix}{super()._changelog_topic_name()}"

    def _new_store(self) -> PipelineStore:
        return PipelineStore("memory://", self.app, self, table_name=self.name, loop=self.loop)


def register_table(app: faust.App, name: str, partitions: int, prefix: str) -> PipelineTable:
    """A table of that name; its changelog is ``<prefix><app>-<name>-changelog``."""
    table = PipelineTable(app, name=name, partitions=partitions, key_type=bytes, value_type=bytes)
    table.prefix = prefix
    app.tables.add(table)
    return table
