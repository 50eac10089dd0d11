"""The registry as a process that tests stop, start again and fill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen


class RegistryProcess:
    """A registry that remembers nothing beyond its end; started again, it has its port of before."""

    def __init__(self, program: Path, *options: str) -> None:
        self._command = [str(program), *options]
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self, known: Mapping[str, Any] | None = None) -> None:
        """Start it with some schemas by subject, whose ids count from 1."""
        command = [*self._command, "-port", str(self._port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        entries = [{"subject": subject, "schema": json.dumps(schema)} for subject, schema in (known or {}).items()]
        self._process.stdin.write(json.dumps(entries) + "\n")
        self._process.stdin.flush()
        self._port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End it: it lives as long as its standard input is open."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the registry answers, asked past the client that is tested."""
        content = None if body is None else json.dumps(body).encode()
        asked = Request(f"{self.url}{path}", content, {"Content-Type": "application/json"}, method=method)
        with urlopen(asked) as response:
            return json.load(response)

    def register(self, subject: str, schema: Any, kind: str = "AVRO") -> int:
        """The id that a schema is given."""
        body = {"schema": json.dumps(schema), "schemaType": kind}
        return int(self.request("POST", f"/subjects/{subject}/versions", body)["id"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
