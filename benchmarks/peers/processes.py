"""One peer as a process of its own: started, watched through /proc, and ended, whatever happens."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.pipeline import metrics_of, page_in

_STOP_S: Final = 20.0
_LOG_LINES: Final = 20
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class PeerError(RuntimeError):
    """A peer could not be built, did not run, or did not come to the end; the message says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """What starts a peer."""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    """Its own; it may leave there what it likes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What it had taken when it had got so far: CPU-seconds, the monotonic clock in seconds, events."""

    cpu_s: float
    at: float
    done: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, from the end of the warm-up to the last record that it wrote; ``start_cpu_s`` 0 means that there was no warm-up."""

    events: int
    cpu_s: float
    wall_s: float
    start_cpu_s: float
    """What it took before."""
    peak_mb: float

    @property
    def events_per_cpu_second(self) -> float:
        """The figure that is compared."""
        return self.events / self.cpu_s

    @property
    def events_per_second(self) -> float:
        """As fast as it went on this machine with whatever else ran there."""
        return self.events / self.wall_s


@contextmanager
def running(command: Command) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The process and its log; ended when the block is left: asked first, after 20 s made to."""
    command.folder.mkdir(parents=True, exist_ok=True)
    log = command.folder / "log"
    with log.open("wb") as to:
        process = subprocess.Popen(
            list(command.words),
            stdout=to,
            stderr=to,
            stdin=subprocess.DEVNULL,
            cwd=command.folder,
            env={**os.environ, **command.environment},
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # the session is its own: nothing else is in that group
            process.wait()


def watch(
    process: subprocess.Popen[bytes], log: Path, done: Callable[[], int], events: int, *, every_s: float, limit_s: float
) -> list[Sample]:
    """A sample each time it has got further, looked at every ``every_s``, until all events are done.

    Raises:
        PeerError: it ended before, or took longer than ``limit_s``.
    """
    began, samples = time.monotonic(), [Sample(0.0, time.monotonic(), 0)]
    while samples[-1].done < events:
        so_far = f"{samples[-1].done:,} of {events:,} events"
        if process.poll() is not None:
            raise PeerError(f"it ended with {process.returncode} after {so_far}; the end of its log:\n{tail(log)}")
        if time.monotonic() - began > limit_s:
            raise PeerError(f"it had done {so_far} after {limit_s:.0f} s; the end of its log:\n{tail(log)}")
        time.sleep(every_s)
        now = sample(process.pid, done())
        if now.done > samples[-1].done:
            samples.append(now)
    return samples


def measured(samples: Sequence[Sample], end: Sample, warm_up: float, peak_mb: float) -> Measured:
    """From the first sample at or after the warm-up's share of the events to the end; from the start if all came in one step."""
    first, last = samples[0], samples[-1]
    warm = next(sample for sample in samples if sample.done >= warm_up * last.done)
    begin = first if warm is last else warm
    return Measured(end.done - begin.done, end.cpu_s - begin.cpu_s, end.at - begin.at, begin.cpu_s, peak_mb)


def sample(pid: int, done: int) -> Sample:
    """What a process has taken by now."""
    return Sample(cpu_seconds(pid), time.monotonic(), done)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads, and of children that it has waited for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in text.rpartition(")")[2].split()[11:15]) / _TICKS


def peak_mb(pid: int) -> float:
    """The most memory that it has held so far."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1000


def tail(log: Path) -> str:
    """The last lines of a log, without the frames of Java's stacks."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if not line.startswith("\tat ")]
    return "\n".join(lines[-_LOG_LINES:])


def said(log: Path) -> int:
    """The greatest number of events that a peer says in its log to have done (``progress 1234``)."""
    numbers = re.findall(r"^progress (\d+)$", log.read_text(errors="replace"), re.MULTILINE)
    return max(map(int, numbers), default=0)


def counted(log: Path) -> int:
    """The events that a worker of dialstat counts as done on the page whose address is in its log; 0 before it has one."""
    page = page_in(log.read_text(errors="replace"))
    return round(metrics_of(page)["dialstat_input_records_total"]) if page else 0
