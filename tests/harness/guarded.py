"""A real Kafka that lets in only whom it knows, over TLS, and allows them only what it was told (StandardAuthorizer)."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import trustme
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from deploy.kafka.broker import Broker, free_port
from tests.harness.kafka import Kafka
from topologies.rights import Right

PASSWORD: Final = 'open "sesame", 1'
PLAIN_USER, SCRAM_USER, TOKEN_USER = "ann", "bob", "cem"
_ANSWER_S: Final = 30.0

_PROPERTIES: Final = """
listeners=PLAINTEXT://127.0.0.1:$port,SASL_SSL://127.0.0.1:{guarded},CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port,SASL_SSL://127.0.0.1:{guarded}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}={password};
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=\\
  org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class GuardedKafka(Kafka):
    """``guarded`` is where users connect; through ``bootstrap`` everything is allowed, without a login."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        authority = trustme.CA()
        self.ca = directory / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        keystore = directory / "broker.pem"
        certificate = authority.issue_cert("127.0.0.1")
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        keystore.write_bytes(_as_pkcs8(certificate.private_key_pem.bytes()) + chain)
        port = free_port()
        self.guarded = f"127.0.0.1:{port}"
        password = json.dumps(PASSWORD).replace("\\", "\\\\")
        super().__init__(Broker(directory, more=_PROPERTIES.format(guarded=port, keystore=keystore, user=PLAIN_USER, password=password)))

    def make_users(self) -> None:
        """Those of SCRAM; the others are in the configuration."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096)
        made = self.admin.alter_user_scram_credentials([UserScramCredentialUpsertion(SCRAM_USER, info, PASSWORD.encode())])
        for future in made.values():
            future.result(_ANSWER_S)

    def allow(self, user: str, rights: Iterable[Right]) -> None:
        """Give a user rights."""
        for future in self.admin.create_acls([_binding(user, right) for right in rights]).values():
            future.result(_ANSWER_S)

    def deny(self, user: str, right: Right) -> None:
        """Take one right away again."""
        binding = _binding(user, right)
        kind, name, pattern, principal, host, operation, permission = (getattr(binding, field) for field in _FIELDS)
        chosen = AclBindingFilter(kind, name, pattern, principal, host, operation, permission)
        (future,) = self.admin.delete_acls([chosen]).values()
        assert len(future.result(_ANSWER_S)) == 1


def _as_pkcs8(key: bytes) -> bytes:
    """The only form of a private key that Java reads."""
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


_FIELDS: Final = ("restype", "name", "resource_pattern_type", "principal", "host", "operation", "permission_type")
_RESOURCES: Final = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "transactional-id": ResourceType.TRANSACTIONAL_ID}


def _binding(user: str, right: Right) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL
    operation = AclOperation[right.operation.upper()]
    return AclBinding(_RESOURCES[right.resource], right.name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)


class TokenEndpoint:
    """Gives bearer tokens, which nobody has signed, for client credentials; ``asked`` counts how often."""

    def __init__(self, client_id: str, secret: str, life: int = 3_600) -> None:
        self.asked = 0
        endpoint = self
        basic = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                endpoint.asked += 1
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                good = self.headers["Authorization"] == basic and form["grant_type"] == ["client_credentials"]
                answer = {"access_token": _token(client_id, life), "token_type": "Bearer", "expires_in": life} if good else {"error": "no"}
                body = json.dumps(answer).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


def _token(subject: str, life: int) -> str:
    now = int(time.time())
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": subject, "iat": now, "exp": now + life})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
