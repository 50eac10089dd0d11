"""How clients of Kafka keep what they say secret, and prove who they are: one description for all of them.

librdkafka (the commands, the page's feed) is served here, aiokafka and Faust (the workers) in ``transport.logins``.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Mechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


@dataclass(frozen=True, slots=True)
class Certificates:
    """TLS: PEM files. ``authority`` is whom to trust, the system's authorities if None; the rest is for a broker that asks who we are."""

    authority: str | None = None
    certificate: str | None = None
    key: str | None = None
    key_password: str | None = field(default=None, repr=False)

    def context(self) -> ssl.SSLContext:
        """For Python's own connections.

        Raises:
            OSError: a file can't be read, or is not what it should be.
        """
        context = ssl.create_default_context(cafile=self.authority)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key, self.key_password)
        return context

    def librdkafka(self) -> dict[str, Any]:
        """The same for librdkafka."""
        given = {
            "ssl.ca.location": self.authority,
            "https.ca.location": self.authority,
            "ssl.certificate.location": self.certificate,
            "ssl.key.location": self.key or self.certificate,
            "ssl.key.password": self.key_password,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Where bearer tokens are from: an OAuth 2 endpoint, by client credentials (RFC 6749, 4.4)."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """SASL: who we say we are. ``client`` is for OAUTHBEARER, the others have user and password."""

    mechanism: Mechanism
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client: ClientCredentials | None = None


@dataclass(frozen=True, slots=True)
class Security:
    """What a client has to do to be let in; without anything, connections are plain."""

    certificates: Certificates | None = None
    login: Login | None = None

    @property
    def protocol(self) -> str:
        """Kafka's name for it."""
        transport = "SSL" if self.certificates else "PLAINTEXT"
        return f"SASL_{transport}" if self.login else transport

    def librdkafka(self) -> dict[str, Any]:
        """Settings of a librdkafka client."""
        settings: dict[str, Any] = {"security.protocol": self.protocol}
        if self.certificates is not None:
            settings |= self.certificates.librdkafka()
        if self.login is None:
            return settings
        settings["sasl.mechanism"] = self.login.mechanism
        client = self.login.client
        if client is None:
            return settings | {"sasl.username": self.login.username, "sasl.password": self.login.password}
        settings |= {
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.token.endpoint.url": client.url,
            "sasl.oauthbearer.client.id": client.client_id,
            "sasl.oauthbearer.client.secret": client.secret,
        }
        return settings | ({"sasl.oauthbearer.scope": client.scope} if client.scope else {})


PLAIN: Final = Security()
"""Connections without TLS and login."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """A Kafka: its address, ``host:port,…``, and what it takes to be let in."""

    address: str
    security: Security = PLAIN

    def __str__(self) -> str:
        return self.address
