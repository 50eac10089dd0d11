"""The paths that are served: page, events, board, metrics and health."""

from __future__ import annotations

import time
from typing import Final, Protocol

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from web.assets import INDEX, answer, load_assets
from web.security import add_headers, needs_token, only_get
from web.stream import Stream

_JSON: Final = "application/json"


class Health(Protocol):
    """Whether the worker gets on."""

    @property
    def ready(self) -> bool:
        """Whether all that it was assigned is restored."""

    @property
    def reason(self) -> str:
        """Why it is ready, or not."""

    def alive(self, now: float) -> bool:
        """Whether it has made progress lately; ``now`` is a monotonic time, seconds."""


class Routes:
    """Handlers of all paths."""

    def __init__(self, stream: Stream, registry: CollectorRegistry, health: Health, token: str | None = None) -> None:
        self._stream = stream
        self._registry = registry
        self._health = health
        self._token = token
        self._assets = load_assets()

    def application(self) -> web.Application:
        """The paths with their guards."""
        guards: list[Middleware] = [only_get, *([needs_token(self._token)] if self._token else [])]
        application = web.Application(middlewares=guards)
        application.on_response_prepare.append(add_headers)
        application.add_routes(
            [
                web.get("/", self._page, allow_head=False),
                web.get("/static/{name}", self._static, allow_head=False),
                web.get("/events", self._stream.serve, allow_head=False),
                web.get("/api/board", self._board, allow_head=False),
                web.get("/metrics", self._metrics, allow_head=False),
                web.get("/livez", self._alive, allow_head=False),
                web.get("/readyz", self._ready, allow_head=False),
            ]
        )
        return application

    async def _page(self, request: web.Request) -> web.Response:
        return answer(request, self._assets[INDEX])

    async def _static(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(text="no such file\n")
        return answer(request, asset)

    async def _board(self, _request: web.Request) -> web.Response:
        return _json(200, await self._stream.read())

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    async def _alive(self, _request: web.Request) -> web.Response:
        alive = self._health.alive(time.monotonic())
        reason = "makes progress" if alive else f"no progress; {self._health.reason}"
        return _json(200 if alive else 503, {"alive": alive, "reason": reason})

    async def _ready(self, _request: web.Request) -> web.Response:
        ready = self._health.ready
        return _json(200 if ready else 503, {"ready": ready, "reason": self._health.reason})


def _json(status: int, content: object) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(content), content_type=_JSON, headers={"Cache-Control": "no-store"})
