"""Where settings come from: an option wins over the environment, the environment over the settings file (contract 5)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from engine.toml import TomlError, read_toml
from topologies.settings import ENVIRONMENT_PREFIX, Settings

SECRETS: Final = frozenset(name for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation))
"""Settings whose values are never shown."""


class SettingsError(ValueError):
    """Settings that can't be used; the message names each and where it was set."""


def option_of(name: str) -> str:
    """The option of a setting: `topic_prefix` is `--topic-prefix`."""
    return "--" + name.replace("_", "-")


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT_PREFIX + name.upper()


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, and for each that is not its default, where it was set."""

    settings: Settings
    origins: Mapping[str, str]


def load_settings(options: Mapping[str, Any], config: Path | None = None) -> Configuration:
    """Settings from options (those given, by name), the environment and a TOML file.

    Raises:
        SettingsError: the file can't be read or isn't TOML, a key is unknown, a value is not what the setting takes.
    """
    layers = (
        (_file_values(config), lambda name: f"{config}: {name}"),
        (EnvSettingsSource(Settings)(), variable_of),
        (options, option_of),
    )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer, origin in layers:
        values.update(layer)
        origins.update({name: origin(name) for name in layer})
    try:
        return Configuration(Settings(**values), origins)
    except ValidationError as error:
        raise SettingsError("\n".join(_describe(detail, origins) for detail in error.errors())) from error


def _file_values(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        values = read_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: can't be read: {error.strerror}") from error
    except (TomlError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    unknown = [f"{path}: there is no setting {key!r}{_near(key)}" for key in values if key not in Settings.model_fields]
    if unknown:
        raise SettingsError("\n".join(unknown))
    return values


def _near(key: str) -> str:
    normal = key.replace("-", "_").lower()
    matches = difflib.get_close_matches(normal, Settings.model_fields, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else f"; the settings are {', '.join(Settings.model_fields)}"


def _describe(detail: ErrorDetails, origins: Mapping[str, str]) -> str:
    name = str(detail["loc"][0])
    message = detail["msg"].removeprefix("Value error, ")
    got = "" if "got" in message or name in SECRETS else f"; got {detail['input']!r}"
    return f"{origins.get(name, name)}: {message}{got}"
