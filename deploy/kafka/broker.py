"""A real Kafka on this machine: one JVM, broker and controller in one, for development and tests.

`make kafka` runs this file; tests and benchmarks use `Broker`. It needs Java 17 and, the first time, Maven, which puts Kafka's jars
into `target/libs`. Only the standard library is used, so that it runs before anything is installed.
"""

# ruff: noqa: S603 - the commands are this file's own, and no shell reads them

from __future__ import annotations

import argparse
import base64
import fcntl
import random
import shutil
import signal
import socket
import string
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_HERE: Final = Path(__file__).resolve().parent
_POM: Final = _HERE / "pom.xml"
_TARGET: Final = _HERE / "target"

_PORTS: Final = range(20_000, 32_000)
"""Below the ephemeral ports (from 32768): a client that reconnects to a closed one of those may be given it itself, and occupy it."""
_PORT_ATTEMPTS: Final = 5
_START_S: Final = 90.0
_STOP_S: Final = 30.0
_LOG_LINES: Final = 15
_HEAP: Final = ("-Xms256m", "-Xmx1g", "-XX:+UseG1GC")


class BrokerError(RuntimeError):
    """No broker came up; the message says why, with the end of its log."""


class Broker:
    """One Kafka with its own directory; as a context manager it is started and stopped.

    Stopped or killed, it can be started again on the same port with what it had stored. It ends with the process that started it.
    """

    def __init__(self, directory: Path, port: int | None = None, advertised: int | None = None, more: str = "") -> None:
        """Nothing runs yet.

        Args:
            directory: holds data, configuration and log; what is there already is used.
            port: where clients connect on 127.0.0.1; a free one is picked if None.
            advertised: the port that clients are told, of whatever passes their bytes on to it; None: its own.
            more: further lines of its configuration; they win over those of ``server.properties``, and have the same placeholders.
        """
        self.directory = directory
        self.log = directory / "broker.log"
        self.port = port
        self._advertised = advertised
        self._more = more
        self._picks_port = port is None
        self._controller_port = 0
        self._log_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """What clients are given: ``host:port``."""
        return f"127.0.0.1:{self._advertised or self.port}"

    @property
    def pid(self) -> int | None:
        """Its process, if one was started and neither stopped nor killed since."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            BrokerError: Java or Maven is missing, the port is taken, or it did not answer in time.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        for attempts_left in reversed(range(_PORT_ATTEMPTS)):
            self._choose_ports()
            self._launch()
            if self._comes_up():
                self._picks_port = False
                return
            if not (self._picks_port and attempts_left and self._port_was_taken()):
                raise BrokerError(f"Kafka did not start on {self.bootstrap}; the end of {self.log}:\n{self._log_tail()}")

    def stop(self) -> None:
        """End it in order; after 30 s, at once."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends by itself; its exit code.

        Raises:
            BrokerError: it still runs after ``timeout`` seconds.
        """
        try:
            return self._process.wait(timeout) if self._process else 0
        except subprocess.TimeoutExpired as error:
            raise BrokerError(f"Kafka on {self.bootstrap} still runs after {timeout:g} s") from error

    def _choose_ports(self) -> None:
        if self._picks_port:
            self.port = free_port()
        elif self.port is not None and not _is_free(self.port):
            raise BrokerError(f"port {self.port} of 127.0.0.1 is taken: end what listens there, or name another")
        if self._picks_port or not self._controller_port:
            self._controller_port = free_port()

    def _launch(self) -> None:
        libraries = install_libraries()
        template = string.Template((_HERE / "server.properties").read_text() + self._more)
        data = self.directory / "data"
        configuration = self.directory / "server.properties"
        configuration.write_text(template.substitute(self._properties(), data=data))
        java = (_tool("java"), "-cp", f"{libraries}/*", f"-Dlog4j.configuration=file:{_HERE / 'log4j.properties'}")
        with self.log.open("ab") as log:
            self._log_from = log.tell()
            if not (data / "meta.properties").exists():
                tool = (*java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool")
                subprocess.run((*tool, "format", "-t", _cluster_id(), "-c", configuration), stdout=log, stderr=log, check=False)
            command = (*java, *_HEAP, "kafka.Kafka", configuration)
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._guard = _guard(self._process.pid)

    def _properties(self) -> dict[str, int | None]:
        return {"port": self.port, "advertised": self._advertised or self.port, "controller_port": self._controller_port}

    def _comes_up(self) -> bool:
        deadline = time.monotonic() + _START_S
        while self.running and time.monotonic() < deadline:
            if self.port is not None and answers(self.port) and self.running:
                return True
            time.sleep(0.05)
        self.kill()
        return False

    def _end(self, how: signal.Signals) -> None:
        process, guard = self._process, self._guard
        self._process = self._guard = None
        if guard is not None:
            guard.kill()
            guard.communicate()
        if process is not None:
            process.send_signal(how)
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _port_was_taken(self) -> bool:
        return "Address already in use" in self._log_of_this_start()

    def _log_tail(self) -> str:
        return "\n".join(self._log_of_this_start().splitlines()[-_LOG_LINES:])

    def _log_of_this_start(self) -> str:
        return self.log.read_bytes()[self._log_from :].decode(errors="replace")


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, below the ephemeral ones."""
    for port in random.sample(_PORTS, len(_PORTS)):
        if _is_free(port):
            return port
    raise BrokerError(f"no port is free between {_PORTS.start} and {_PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a former server that still fade away are no hindrance
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether the Kafka on that port of 127.0.0.1 knows itself as a member of its cluster, hence serves clients."""
    request = struct.pack(">hhihi", 3, 1, 0, -1, 0)  # Metadata, version 1, correlation 0, no client id, of no topics
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection, connection.makefile("rb") as reader:
            connection.sendall(struct.pack(">i", len(request)) + request)
            _size, _correlation, brokers = struct.unpack(">iii", reader.read(12))
    except (OSError, struct.error):
        return False
    return bool(brokers > 0)


def install_libraries() -> Path:
    """The folder with Kafka's jars; Maven fills it first if it isn't there or belongs to another `pom.xml`.

    Several processes may ask at once: one works, the others wait. The folder appears whole or not at all.
    """
    libraries = _TARGET / "libs"
    _TARGET.mkdir(exist_ok=True)
    with (_TARGET / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_current(libraries):
            return libraries
        with tempfile.TemporaryDirectory(dir=_TARGET) as scratch:
            fresh = Path(scratch) / "libs"
            _copy_dependencies(fresh)
            shutil.copy(_POM, fresh)
            shutil.rmtree(libraries, ignore_errors=True)
            fresh.rename(libraries)
    return libraries


def _is_current(libraries: Path) -> bool:
    made_from = libraries / _POM.name
    return made_from.exists() and made_from.read_bytes() == _POM.read_bytes()


def _copy_dependencies(target: Path) -> None:
    command = (_tool("mvn"), "--batch-mode", "--quiet", "-f", str(_POM), "dependency:copy-dependencies", f"-DoutputDirectory={target}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BrokerError(f"Maven could not get Kafka's jars:\n{done.stdout}{done.stderr}")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrokerError(f"{name} is needed to run Kafka: install Java 17 and Maven (apt-get install default-jre-headless maven)")
    return path


def _cluster_id() -> str:
    while True:
        drawn = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not drawn.startswith("-"):  # Kafka's own tool takes that for an option
            return drawn


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """End the broker when we are gone, however we went: our end of the pipe closes then."""
    return subprocess.Popen(("/bin/sh", "-c", f"read -r _; kill {pid}"), stdin=subprocess.PIPE, start_new_session=True)


def main() -> int:
    """Run one until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description="A real Kafka for development; Ctrl-C ends it.")
    parser.add_argument("--port", type=int, default=19_092, help="where clients connect on 127.0.0.1 (default %(default)s)")
    parser.add_argument("--directory", type=Path, default=_TARGET / "kafka", help="holds data and log, and is kept (default %(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Broker(options.directory.resolve(), options.port) as broker:
            print(f"Kafka answers on {broker.bootstrap}; data and log in {broker.directory}; Ctrl-C ends it", flush=True)
            return broker.wait()
    except BrokerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
