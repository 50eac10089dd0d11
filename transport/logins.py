"""TLS and logins for aiokafka and Faust, as ``transport.security`` describes them."""

from __future__ import annotations

import ssl
import time
from typing import Any, Final

import aiohttp
from aiokafka.abc import AbstractTokenProvider
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials

from transport.lifecycle import FatalError
from transport.security import ClientCredentials, Security

_RENEW_AT: Final = 0.8
"""Share of a token's life after which another one is asked for."""
_ANSWER_S: Final = 10.0


class TokenError(FatalError):
    """The token endpoint gave none."""


def aiokafka_settings(security: Security) -> dict[str, Any]:
    """Settings of an aiokafka client."""
    context = _context(security)
    settings: dict[str, Any] = {"security_protocol": security.protocol, "ssl_context": context}
    login = security.login
    if login is None:
        return settings
    settings["sasl_mechanism"] = login.mechanism
    if login.client is not None:
        return settings | {"sasl_oauth_token_provider": Tokens(login.client, context)}
    return settings | {"sasl_plain_username": login.username, "sasl_plain_password": login.password}


def faust_credentials(security: Security) -> Credentials | None:
    """The same for Faust's own consumer."""
    context, login = _context(security), security.login
    if login is None:
        return SSLCredentials(context) if context else None
    if login.client is not None:
        return OAuthCredentials(oauth_cb=Tokens(login.client, context), ssl_context=context)
    return SASLCredentials(username=login.username, password=login.password, ssl_context=context, mechanism=login.mechanism)


def _context(security: Security) -> ssl.SSLContext | None:
    return security.certificates.context() if security.certificates else None


class Tokens(AbstractTokenProvider):  # type: ignore[misc] # aiokafka is not typed
    """Bearer tokens for aiokafka: asked for when a connection is made, and again before they end."""

    def __init__(self, client: ClientCredentials, context: ssl.SSLContext | None) -> None:
        self._client = client
        self._context = context
        self._token = ""
        self._until = 0.0

    async def token(self) -> str:
        """A token that is good for a while.

        Raises:
            TokenError: the endpoint does not give one.
        """
        if time.monotonic() >= self._until:
            await self._renew()
        return self._token

    async def _renew(self) -> None:
        asked = {"grant_type": "client_credentials", **({"scope": self._client.scope} if self._client.scope else {})}
        auth = aiohttp.BasicAuth(self._client.client_id, self._client.secret)
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        try:
            async with aiohttp.ClientSession(auth=auth, timeout=timeout) as session:
                tls = self._context if self._context is not None else True
                async with session.post(self._client.url, data=asked, ssl=tls) as response:
                    response.raise_for_status()
                    given = await response.json(content_type=None)
            self._token, life = str(given["access_token"]), float(given.get("expires_in", 60))
        except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
            raise TokenError(f"the token endpoint {self._client.url} gave no token: {error!r}") from error
        self._until = time.monotonic() + life * _RENEW_AT
