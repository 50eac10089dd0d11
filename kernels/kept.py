"""Where compiled loops are kept between processes, and when they are no longer what the sources say.

Numba asks for the file of a loop alone; a loop that is compiled into others, of other files, would live on in those after it was
changed. So what is kept here is good for one state of all files of this folder.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from numba.core.caching import CacheImpl, InTreeCacheLocator, UserWideCacheLocator

_FOLDER: Final = Path(__file__).parent


@cache
def stamp() -> tuple[str, int]:
    """What all sources of this folder are, as Numba compares it."""
    sources = sorted(_FOLDER.glob("*.py"))
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=16).hexdigest(), len(sources)


class _OfAll:
    def get_source_stamp(self) -> tuple[str, int]:
        return stamp()


class _Beside(_OfAll, InTreeCacheLocator):
    """In ``__pycache__``."""


class _OfUser(_OfAll, UserWideCacheLocator):
    """In the user's own cache, where the program may not be written to."""


def keep_by_all_sources() -> None:
    """Let Numba compare the sources of all loops."""
    CacheImpl._locator_classes[:] = [_Beside, _OfUser]  # noqa: SLF001 (the order that its setting by the environment replaces)
