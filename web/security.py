"""What every answer carries and what every request must be: the page reads, it never writes, and nothing comes from elsewhere."""

from __future__ import annotations

import base64
import hmac
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_OPEN: Final = frozenset({"/livez", "/readyz"})
"""What whoever starts and stops workers asks, and tells nothing of the site."""

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
async def only_get(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse everything but GET, whatever the path."""
    if request.method != "GET":
        raise web.HTTPMethodNotAllowed(request.method, ["GET"], text="only GET is served here\n")
    return await handler(request)


def needs_token(token: str) -> Middleware:
    """A middleware that lets in only whoever knows the token: as a bearer token, or as the password that a browser asks for."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = _given(request.headers.get("Authorization", ""))
        if request.path in _OPEN or hmac.compare_digest(given, token.encode()):
            return await handler(request)
        headers = {"WWW-Authenticate": 'Basic realm="dialstat", charset="UTF-8"'}
        raise web.HTTPUnauthorized(text="give the token: as the password, with any user name, or as a bearer token\n", headers=headers)

    return guard


def _given(authorization: str) -> bytes:
    """The token of a header; empty if there is none."""
    scheme, _, value = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip().encode(errors="surrogateescape")
        case "basic":
            try:
                return base64.b64decode(value, validate=True).partition(b":")[2]
            except ValueError:
                return b""
    return b""
