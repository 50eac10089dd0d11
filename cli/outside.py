"""The broker of commands that talk to another process's: the embedded one can't be reached by them."""

from __future__ import annotations

from cli.errors import UsageError
from topologies.settings import Settings


def outside_broker(settings: Settings) -> str:
    """The address of Kafka.

    Raises:
        UsageError: the settings name the embedded broker, which lives in the process that began it.
    """
    if settings.embedded:
        raise UsageError(
            "this command needs the address of a Kafka: give --brokers host:port (the default, `embedded`, is a broker within one process; "
            "`dialstat worker` and `dialstat demo` print the address of theirs)"
        )
    return settings.brokers
