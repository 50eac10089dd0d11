"""Taking over an assignment, in the order that makes it exact: fence, restore, seek, resume (architecture 3.2)."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from faust.tables.manager import TableManager as FaustTableManager
from faust.tables.recovery import Recovery

Faust = Any
"""Faust is not typed."""

_log = structlog.get_logger(__name__)


class TakeOver(Recovery):
    """In place of Faust's recovery, whose own task never gets its signal to start."""

    async def on_rebalance(self, assigned: Faust, revoked: Faust, newly_assigned: Faust, generation_id: int = 0) -> None:
        """Begin the take-over of what was assigned; the next rebalance cancels it."""
        self.app.consumer.takeover = self.add_future(self._take_over(generation_id))

    async def _take_over(self, generation: int) -> None:
        app, consumer = self.app, self.app.consumer
        rebalances = app.rebalancing_count

        def superseded() -> bool:
            return bool(app.rebalancing_count != rebalances or generation != app.consumer_generation_id)

        try:
            await self._restore_and_resume(superseded)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, the worker can't go on)
            if superseded():
                _log.info("take-over given up for a newer assignment", reason=repr(error))
                return
            app.dialstat_lifecycle.fail(error)
            await app.crash(error)
        finally:
            consumer.app.dialstat_health.progress()

    async def _restore_and_resume(self, superseded: Faust) -> None:
        app, consumer = self.app, self.app.consumer
        assigned = consumer.assignment()
        changelogs = {tp for tp in assigned if self._is_changelog_tp(tp)}
        pipelines = consumer.all_receivers()
        positions: dict[Faust, int] = {}
        for opened in await asyncio.gather(*[pipeline.open(assigned) for pipeline in pipelines]):
            positions.update(opened)
        if superseded():
            return
        await consumer.seek_all(positions, changelogs)
        await app.on_rebalance_complete.send()
        if superseded():  # meanwhile: what would be started is what the newer assignment has opened, and starts itself
            return
        consumer.resume_partitions(assigned - changelogs)
        app.flow_control.resume()
        consumer.resume_flow()
        for pipeline in pipelines:
            pipeline.start()
        self.completed.set()
        await app._fetcher.maybe_start()  # noqa: SLF001 (what Faust's own recovery does at its end)
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        app.dialstat_ready(sorted({tp.partition for tp in positions}))


class TableManager(FaustTableManager):
    """Faust's table manager with our recovery."""

    _take_over: TakeOver | None = None

    @property
    def recovery(self) -> TakeOver:
        """The service that takes assignments over."""
        if self._take_over is None:
            self._take_over = TakeOver(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._take_over
