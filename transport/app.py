"""A Faust app whose agents run jobs: topics, tables, agents, and what holds them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import faust

from transport.assignor import Assignor
from transport.compute import Compute, in_thread
from transport.config import TransportConfig
from transport.driver import ChunkSchema, Transport
from transport.garbage import collect_seldom
from transport.health import Health
from transport.job import Job
from transport.lifecycle import FATAL, STOP_LIMIT, UNKNOWN_OUTCOME, Lifecycle
from transport.logins import faust_credentials
from transport.pipeline import Pipeline
from transport.table import register_table
from transport.takeover import TableManager
from transport.watch import Watch

_HEARTBEATS_PER_SESSION: Final = 8


class App(faust.App):
    """A Faust app with what the transport adds to it; Faust's services reach it from everywhere."""

    dialstat_health: Health
    dialstat_lifecycle: Lifecycle
    dialstat_config: TransportConfig
    dialstat_pipelines: list[Pipeline[Any]]

    def _create_directories(self) -> None:
        """Nothing is kept on disk (architecture 3.2), so no folder is made where the worker happens to be started."""

    async def on_start(self) -> None:
        """Begin to watch; see ``Watch``."""
        await super().on_start()
        watch = Watch(self.dialstat_config, self.dialstat_health, lambda: self.consumer, self.dialstat_pipelines)
        self.add_future(self._watch(watch))

    async def _watch(self, watch: Watch) -> None:
        error = await watch.run()
        self.dialstat_lifecycle.fail(error)
        await self.crash(error)

    def dialstat_ready(self, partitions: Sequence[int]) -> None:
        """Everything that was assigned is restored."""
        self.dialstat_health.restored(tuple(partitions))
        self.dialstat_config.on_ready(partitions)


def build_app(config: TransportConfig, jobs: Sequence[Job[Any]]) -> App:
    """An app with one agent and one table a job, not started."""
    app = App(
        config.app,
        broker=[f"kafka://{server}" for server in config.servers],
        broker_credentials=faust_credentials(config.security),
        store="memory://",
        topic_partitions=config.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        stream_buffer_maxsize=64,
        stream_recovery_delay=0,
        consumer_auto_offset_reset="none",  # the take-over seeks; to begin elsewhere by itself would be to lose input in silence (rule 19)
        broker_session_timeout=config.session_timeout,
        broker_heartbeat_interval=config.session_timeout / _HEARTBEATS_PER_SESSION,
        broker_request_timeout=max(30.0, 2 * config.session_timeout),
        consumer_group_instance_id=config.instance,
        worker_redirect_stdouts=False,
        TableManager=TableManager,
        PartitionAssignor=Assignor,
    )
    app.dialstat_config = config
    app.dialstat_health = Health(config.stall_limit)
    app.dialstat_lifecycle = Lifecycle()
    app.dialstat_pipelines = []
    app.transport = Transport(app.conf.broker_consumer, app)
    compute = in_thread()
    for job in jobs:
        _add_agent(app, config, job, compute)
    return app


def _add_agent(app: App, config: TransportConfig, job: Job[Any], compute: Compute) -> None:
    pipeline = Pipeline(app, config, job, compute)
    register_table(app, job.name, config.partitions, config.topic_prefix)
    app.dialstat_pipelines.append(pipeline)
    for topic in job.topics:
        app.consumer.receivers[topic] = pipeline

    async def receive(stream: Any) -> None:  # noqa: ANN401 (Faust is not typed)
        async for event in stream.noack().events():
            await pipeline.receive(event.message)

    app.agent(app.topic(*job.topics, schema=ChunkSchema()), name=job.name)(receive)


class Worker(faust.Worker):
    """Faust's worker, whose end nothing can delay (rule 22)."""

    def _on_sigterm(self) -> None:
        self._insist()
        super()._on_sigterm()

    def _on_sigint(self) -> None:
        self._insist()
        super()._on_sigint()

    def _insist(self) -> None:
        lifecycle = self.app.dialstat_lifecycle
        lifecycle.end_in(STOP_LIMIT, FATAL if lifecycle.error else UNKNOWN_OUTCOME)


def run_worker(app: App) -> int:
    """Run an app until SIGTERM, Ctrl-C or a fatal error; returns the exit code, see ``lifecycle``."""
    collect_seldom()
    worker = Worker(app, loglevel=None, redirect_stdouts=False, override_logging=False, quiet=True)
    worker.spinner = None  # it writes to the terminal even when it has nothing to spin
    failed = False
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        failed = bool(ended.code)  # Faust has said why
    app.dialstat_lifecycle.cancel()
    return FATAL if failed else app.dialstat_lifecycle.exit_code
