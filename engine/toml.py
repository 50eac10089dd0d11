"""TOML, refused in one way whatever is wrong with it: the parser also fails at depth and at numbers of thousands of digits."""

from __future__ import annotations

import tomllib
from typing import Any


class TomlError(ValueError):
    """A text that is not TOML, or more than can be read of it; the message says where, if that is known."""


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a text.

    Raises:
        TomlError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(str(error)) from error
    except RecursionError as error:
        raise TomlError("its arrays or tables are nested too deeply") from error
    except ValueError as error:  # of Python's own, for it reads no longer ones
        raise TomlError("a number in it has thousands of digits") from error
