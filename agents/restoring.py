"""A state that can't be read ends the worker with the place where it lies, whatever it brought its reader to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from engine.changelog import StateVersionError
from transport.lifecycle import FatalError


@contextlib.contextmanager
def restoring(agent: str, partition: int) -> Iterator[None]:
    """Wraps the reading of one partition's changelog.

    Raises:
        FatalError: a later release wrote it, or it is damaged.
    """
    try:
        yield
    except StateVersionError as error:
        raise FatalError(f"state can't be read: agent {agent}, partition {partition}: {error}") from error
    except Exception as error:
        told = "; ".join([repr(error), *getattr(error, "__notes__", ["found when all records of the engine were read"])])
        raise FatalError(
            f"state is damaged: agent {agent}, partition {partition}: {told}; put the changelog topic back from a copy, "
            "or begin anew under another `app`"
        ) from error
