"""What goes wrong, as a message on standard error and an exit code (contract 4, 5)."""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from collections.abc import Iterator
from typing import Final, NoReturn

import typer
from confluent_kafka import KafkaException

from engine.definitions import DefinitionsError
from schemas.registry import RegistryError
from topologies.cases import CaseError
from topologies.kafka import NoBrokerError, NotLetInError
from topologies.retries import RetryError
from topologies.rights import RightsError
from topologies.sources import SettingsError
from topologies.topics import TopicsError

FAILED: Final = 1
UNUSABLE: Final = 2
"""A file that can't be read, a bad definition, a bad option."""
NO_BROKER: Final = 3
INTERRUPTED: Final = 130


class UsageError(ValueError):
    """What was asked for can't be done as it was asked."""


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """Turn the errors that an operator can mend into a message and an exit code; others keep their traceback."""
    try:
        yield
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except (NoBrokerError, NotLetInError) as error:
        fail(str(error), NO_BROKER)
    except BrokenPipeError:
        _leave_pipe()
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), UNUSABLE)
    except (EOFError, zlib.error) as error:
        fail(f"the compressed input is damaged or cut off: {error}", UNUSABLE)
    except (SettingsError, DefinitionsError, CaseError, UsageError) as error:
        fail(str(error), UNUSABLE)
    except (TopicsError, RightsError, RegistryError, RetryError, KafkaException) as error:
        fail(str(error), FAILED)


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong, a line each, and exit."""
    for line in message.splitlines():
        typer.echo(f"dialstat: {line}", err=True)
    raise typer.Exit(code)


def _leave_pipe() -> NoReturn:
    """The reader of our output has left, as `head` does: that is no error, and nothing more can be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(0)
