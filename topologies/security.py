"""What the settings say of TLS and logins, put together and checked as a whole."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from topologies.settings import Settings
from topologies.sources import SettingsError
from transport.security import Brokers, Certificates, ClientCredentials, Login, Security

_OF_TLS = ("ssl_certificate", "ssl_key", "ssl_key_password", "ssl_key_password_file")
_OF_USERS = ("sasl_username", "sasl_password", "sasl_password_file")
_OF_TOKENS = ("oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_client_secret_file", "oauth_scope")


def brokers_of(settings: Settings) -> Brokers:
    """Where Kafka is, and what it takes to be let in; see ``security_of``."""
    return Brokers(settings.brokers, security_of(settings))


def security_of(settings: Settings) -> Security:
    """What a client of Kafka has to do.

    Raises:
        SettingsError: a setting is missing, or has no meaning with the others; a file can't be read.
    """
    protocol = settings.security_protocol
    told = f"security_protocol = {protocol}"
    if not protocol.endswith("ssl"):
        _refuse(settings, _OF_TLS, told)
    if not protocol.startswith("sasl"):
        _refuse(settings, _OF_USERS + _OF_TOKENS, told)
    return Security(
        _certificates(settings) if protocol.endswith("ssl") else None,
        _login(settings) if protocol.startswith("sasl") else None,
    )


def secret_of(settings: Settings, name: str) -> str | None:
    """A secret, given itself or by a file whose first line it is.

    Raises:
        SettingsError: both are given, or the file can't be read.
    """
    given: SecretStr | None = getattr(settings, name)
    file: Path | None = getattr(settings, f"{name}_file")
    if given is not None and file is not None:
        raise SettingsError(f"{name} and {name}_file are both given; one of them is to be left out")
    if file is None:
        return given.get_secret_value() if given else None
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_file: {file} can't be read: {error}") from error
    if not lines or not lines[0]:
        raise SettingsError(f"{name}_file: {file} is empty; its first line is to be the secret")
    return lines[0]


def _certificates(settings: Settings) -> Certificates:
    for name in ("ssl_ca", "ssl_certificate", "ssl_key"):
        path: Path | None = getattr(settings, name)
        if path is not None and not path.is_file():
            raise SettingsError(f"{name}: there is no file {path}")
    if settings.ssl_key is not None and settings.ssl_certificate is None:
        raise SettingsError("ssl_key is given without ssl_certificate")
    certificates = Certificates(
        authority=_text(settings.ssl_ca),
        certificate=_text(settings.ssl_certificate),
        key=_text(settings.ssl_key),
        key_password=secret_of(settings, "ssl_key_password"),
    )
    try:
        certificates.context()
    except OSError as error:
        raise SettingsError(f"ssl_ca, ssl_certificate, ssl_key: they can't be used: {error}") from error
    return certificates


def _login(settings: Settings) -> Login:
    mechanism = settings.sasl_mechanism
    told = f"sasl_mechanism = {mechanism}"
    if mechanism != "OAUTHBEARER":
        _refuse(settings, _OF_TOKENS, told)
        password = secret_of(settings, "sasl_password")
        if settings.sasl_username is None or password is None:
            raise SettingsError(f"{told} needs sasl_username, and sasl_password or sasl_password_file")
        return Login(mechanism, settings.sasl_username, password)
    _refuse(settings, _OF_USERS, told)
    secret = secret_of(settings, "oauth_client_secret")
    if settings.oauth_token_url is None or settings.oauth_client_id is None or secret is None:
        raise SettingsError(f"{told} needs oauth_token_url, oauth_client_id, and oauth_client_secret or oauth_client_secret_file")
    return Login(mechanism, client=ClientCredentials(settings.oauth_token_url, settings.oauth_client_id, secret, settings.oauth_scope))


def _refuse(settings: Settings, names: tuple[str, ...], why: str) -> None:
    given = [name for name in names if getattr(settings, name) is not None]
    if given:
        raise SettingsError(f"{', '.join(given)} has no meaning with {why}")


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
