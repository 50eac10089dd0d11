"""Who takes part: what each needs, how it is started, and what it leaves out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from benchmarks.peers import definitions
from benchmarks.peers.inputs import COUNT, WHOLE
from benchmarks.peers.processes import Command, PeerError
from benchmarks.pipeline import DIALSTAT
from engine import catalog
from schemas.contracts import CAMPAIGN_ACTION, STATISTIC_REPORT
from schemas.registry import BuiltinRegistry

_HERE: Final = Path(__file__).resolve().parent
_JAVA: Final = _HERE / "java"
_BUILD: Final = _HERE.parent.parent / "build" / "peers"
_TABLES: Final = Path(catalog.__file__).with_name("tables")
_BUILD_S: Final = 900
_OPENED: Final = ("lang", "util", "util.concurrent", "util.concurrent.atomic", "net", "nio", "time")
"""What Flink reaches into by reflection, as its own start script opens it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a peer works. Its topics of actions and statistics begin with ``prefix``, and so does its consumer group."""

    job: str
    bootstrap: str
    topic: str
    prefix: str
    folder: Path
    events: int

    @property
    def words(self) -> tuple[str, ...]:
        """As the command lines of all peers that are written here take it."""
        return (self.job, self.bootstrap, self.topic, self.prefix, str(self.folder))


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to do the jobs.

    Args:
        name: as it is chosen on the command line.
        label: as it is called in the table.
        events: by job, how many it gets unless told otherwise; slow ones get fewer.
        prepare: builds what it needs; raises ``PeerError`` where a tool is missing.
        command: what starts it.
        progress: what tells how far it is: the offsets that its group commits, its log (``progress 1234``), or its metrics, where offsets
            are committed too seldom to tell.
        own_input: it reads a topic of its own prefix.
        passing: its hopping windows are values of the moment.
        outputs: its topics, by what is in them, without prefix.
    """

    name: str
    label: str
    events: Mapping[str, int]
    prepare: Callable[[], None]
    command: Callable[[Place], Command]
    progress: Literal["offsets", "log", "metrics"] = "offsets"
    own_input: bool = False
    passing: bool = False
    outputs: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"actions": ("actions",), "statistics": ("statistics",), "others": ("list-parts",)}
    )


def _tool(name: str, how: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise PeerError(f"{name} is needed, which is not here ({how})")
    return path


def _call(words: list[str], folder: Path) -> None:
    """Run a command that builds something."""
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=_BUILD_S)
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"{words[0]} took longer than {_BUILD_S} s") from error
    if done.returncode:
        raise PeerError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _prepare_java() -> None:
    """Compile the peers on the JVM, with Maven, when a source is newer than what was made of it."""
    _tool("java", "apt-get install default-jre-headless")
    made = _JAVA / "target" / "made"
    sources = [_JAVA / "pom.xml", *(_JAVA / "src").rglob("*.*")]
    if made.exists() and made.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return
    _call([_tool("mvn", "apt-get install maven"), "--batch-mode", "--quiet", "process-classes"], _JAVA)
    made.touch()


def _java(main: str, *, opened: bool = False) -> Callable[[Place], Command]:
    def command(place: Place) -> Command:
        registry = BuiltinRegistry()
        properties = {
            "tables": _TABLES,
            "action.schema": registry.id_for("", CAMPAIGN_ACTION),
            "report.schema": registry.id_for("", STATISTIC_REPORT),
            "log4j.configuration": (_JAVA / "log4j.properties").as_uri(),
        }
        words = [
            _tool("java", "apt-get install default-jre-headless"),
            "-Xms512m",
            "-Xmx2g",
            *(f"-D{name}={value}" for name, value in properties.items()),
            *(f"--add-opens=java.base/java.{package}=ALL-UNNAMED" for package in _OPENED if opened),
            "-cp",
            f"{_JAVA / 'target' / 'classes'}:{_JAVA / 'target' / 'libs'}/*",
            f"dialstat.peers.{main}",
            *place.words,
        ]
        return Command(words, {}, place.folder)

    return command


def _prepare_python(requirements: str) -> Callable[[], None]:
    def prepare() -> None:
        wanted, place = _HERE / "python" / requirements, _venv(requirements)
        made = place / "made"
        if made.exists() and made.read_bytes() == wanted.read_bytes():
            return
        _call([sys.executable, "-m", "venv", str(place)], _HERE)
        pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        _call([*pip, "--only-binary=:all:", "--requirement", str(wanted)], _HERE)
        made.write_bytes(wanted.read_bytes())

    return prepare


def _venv(requirements: str) -> Path:
    return _BUILD / Path(requirements).stem


def _python(script: str, requirements: str) -> Callable[[Place], Command]:
    def command(place: Place) -> Command:
        words = [str(_venv(requirements) / "bin" / "python"), "-u", str(_HERE / "python" / script), *place.words]
        return Command(words, {"TABLES": str(_TABLES), "SCHEMAS": str(_HERE.parents[1] / "schemas" / "avsc")}, place.folder)

    return command


def _dialstat(hopping: Callable[[], str]) -> Callable[[Place], Command]:
    def command(place: Place) -> Command:
        place.folder.mkdir(parents=True, exist_ok=True)
        file = place.folder / "definitions.toml"
        file.write_text(definitions.whole(hopping()) if place.job == WHOLE else definitions.count(), encoding="utf-8")
        given = {
            "brokers": place.bootstrap,
            "topic-prefix": place.prefix,
            "definitions": str(file),
            "publish-actions": str(place.job == WHOLE).lower(),
            "http": "127.0.0.1:0",
        }
        words = [str(DIALSTAT), "worker", *(part for name, value in given.items() for part in (f"--{name}", value))]
        return Command(words, {"DIALSTAT_LOG_LEVEL": "warning"}, place.folder)

    return command


def _nothing() -> None:
    """There is nothing to prepare: it is installed."""


_DIALSTAT_TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "actions": ("campaign-actions",),
    "statistics": ("campaign-statistics", "calling-list-statistics"),
    "others": (),
}

PEERS: Final = (
    Peer(
        "dialstat",
        "dialstat",
        {WHOLE: 1_500_000, COUNT: 2_000_000},
        _nothing,
        _dialstat(definitions.sliding),
        own_input=True,
        progress="metrics",
        passing=True,
        outputs=_DIALSTAT_TOPICS,
    ),
    Peer(
        "dialstat-hops",
        "dialstat, every hopping window",
        {WHOLE: 1_000_000},
        _nothing,
        _dialstat(definitions.hops),
        own_input=True,
        progress="metrics",
        outputs=_DIALSTAT_TOPICS,
    ),
    Peer("streams", "Kafka Streams, Processor API", {WHOLE: 1_000_000, COUNT: 2_000_000}, _prepare_java, _java("StreamsProcessor")),
    Peer("flink", "Flink, DataStream", {WHOLE: 1_000_000, COUNT: 2_000_000}, _prepare_java, _java("FlinkStream", opened=True)),
    Peer(
        "bytewax",
        "Bytewax",
        {WHOLE: 300_000, COUNT: 1_000_000},
        _prepare_python("bytewax.txt"),
        _python("bytewax_peer.py", "bytewax.txt"),
        progress="log",
    ),
    Peer("streams-dsl", "Kafka Streams, DSL", {WHOLE: 100_000, COUNT: 1_000_000}, _prepare_java, _java("StreamsDsl")),
    Peer("flink-sql", "Flink, SQL", {WHOLE: 100_000, COUNT: 1_000_000}, _prepare_java, _java("FlinkSql", opened=True)),
    Peer("quix", "Quix Streams", {WHOLE: 30_000, COUNT: 300_000}, _prepare_python("quix.txt"), _python("quix_peer.py", "quix.txt")),
    Peer("faust", "stock Faust", {WHOLE: 10_000, COUNT: 60_000}, _prepare_python("faust.txt"), _python("faust_peer.py", "faust.txt")),
)
