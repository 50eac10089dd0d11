"""The thread that decodes and applies chunks, so that the loop stays free for everything that only waits.

A chunk takes tens of milliseconds to compute. On the loop, each exchange with the broker (a transaction has ten, a fetch as many turns
from thread to thread) would wait for the chunks of all other partitions. One thread for all partitions and agents: a second one would
only wait for the first, as long as Python computes in one thread at a time.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

_SWITCH_INTERVAL: Final = 0.001
"""Seconds that a thread computes before another that is ready gets its turn; ten times a transaction, Python's 5 ms are felt."""


class Compute(Protocol):
    """Calls a function and gives what it returns, or raises what it raises; calls begin in the order in which they were asked for."""

    def __call__(self, function: Callable[..., T], *args: Any) -> Awaitable[T]: ...  # noqa: ANN401, D102 (whatever the function takes)


def in_thread() -> Compute:
    """Computes in a thread of its own."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")

    def compute(function: Callable[..., T], *args: Any) -> Awaitable[T]:  # noqa: ANN401
        return asyncio.get_running_loop().run_in_executor(executor, partial(function, *args))

    return compute
