"""Pages of chains as changelog values, and back: a record in the changelog for each chunk that touched chains.

    version     one byte
    lists       how many bytes follow, 4 bytes; JSON of the lists' names, (tenant, campaign, calling list) each
    chains      how many, 4 bytes; each as ``kernels.repeats.write`` has it, with its list's place among the names

Until state version 3 a page was JSON altogether: the names, and a row (place, chain_id, last_at, lead) for each chain.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any, Final, TypeAlias

import numpy as np
import orjson

from engine.arrays import Int64s
from engine.chains import ChainColumns, Chains
from engine.changelog import decode
from kernels import repeats
from kernels.numbering import numbered
from kernels.texts import Bytes, Texts, texts_of

ListName: TypeAlias = tuple[str, str, str]
"""(tenant, campaign, calling list)."""

VERSION: Final = b"\x02"
_COUNT: Final = Struct("<I")


class ListNames(dict[int, bytes]):
    """Names of lists of campaigns as pages hold them, by their object numbers: made once, for they are on page after page."""

    def __init__(self, name_of: Callable[[int], ListName]) -> None:
        super().__init__()
        self._name_of = name_of

    def __missing__(self, number: int) -> bytes:
        name = self[number] = orjson.dumps(self._name_of(number))
        return name


def write_page(chains: Chains, page: int, list_names: ListNames) -> bytes:
    """The value of a page."""
    rows = chains.rows(page)
    first, place = numbered(chains.table.numbers(rows))
    names = b"[" + b",".join(map(list_names.__getitem__, chains.table.numbers(rows[first]).tolist())) + b"]"
    into = np.empty(int(chains.table.texts(rows).size.sum()) + repeats.LONGEST * len(rows), dtype=np.uint8)
    end = repeats.write(chains.table.arrays, rows, place, into)
    return b"".join((VERSION, _COUNT.pack(len(names)), names, _COUNT.pack(len(rows)), into[:end].tobytes()))


def read_page(value: bytes, number_of: Callable[[str, str, str], int]) -> ChainColumns:
    """The chains of a page; ``number_of`` gives the object number of a list of a campaign.

    Raises:
        StateVersionError: a later release wrote it.
        ValueError: it is damaged.
    """
    if value[:1] != VERSION:
        return _of_json(decode(value), number_of)
    begin = 1 + _COUNT.size
    (size,) = _COUNT.unpack_from(value, 1)
    numbers = np.array([number_of(*name) for name in orjson.loads(value[begin : begin + size])], dtype=np.int64)
    (count,) = _COUNT.unpack_from(value, begin + size)
    return _of_rows(np.frombuffer(value, dtype=np.uint8), begin + size + _COUNT.size, count, numbers)


def _of_rows(data: Bytes, begin: int, count: int, numbers: Int64s) -> ChainColumns:
    if count > len(data) - begin:
        raise ValueError(f"a page of {len(data)} bytes can't hold {count} chains")
    place, at, size, last_at = (np.empty(count, dtype=np.int64) for _ in range(4))
    lead = np.empty(count, dtype=bool)
    end = np.array([begin])
    if not repeats.read(data, end, len(numbers), (place, at, size, last_at, lead)) or end[0] != len(data):
        raise ValueError(f"a page of {count} chains is broken at {end[0]} of {len(data)} bytes")
    return ChainColumns(numbers[place], Texts(data, at, size), last_at, lead)


def _of_json(page: Any, number_of: Callable[[str, str, str], int]) -> ChainColumns:  # noqa: ANN401 (as JSON has it)
    names, rows = page
    numbers = [number_of(*name) for name in names]
    return ChainColumns(
        np.array([numbers[place] for place, *_ in rows], dtype=np.int64),
        texts_of(chain_id for _, chain_id, *_ in rows),
        np.array([last_at for *_, last_at, _ in rows], dtype=np.int64),
        np.array([lead for *_, lead in rows], dtype=bool),
    )
