"""What every answer carries and what every request must be: the page reads, it never writes, and nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "dialstat",
}


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: put the security headers on an answer, streams included."""
    response.headers.update(_HEADERS)


@web.middleware
async def only_get(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Refuse everything but GET, whatever the path."""
    if request.method != "GET":
        raise web.HTTPMethodNotAllowed(request.method, ["GET"], text="only GET is served here\n")
    return await handler(request)
