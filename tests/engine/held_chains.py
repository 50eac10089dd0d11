"""What the chains of a partition hold, as a dictionary, and chains made of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from engine.chains import ChainColumns, Chains
from kernels.table import SECOND
from kernels.texts import texts_of

ChainKey: TypeAlias = tuple[int, str]
"""(object number of the CampaignCallingList, chain_id)."""


class Chain(NamedTuple):
    """Last event of a chain (greatest occurred_at, ms), whether its last one was a lead, and the page that holds it."""

    last_at: int
    lead: bool
    page: int


def columns(rows: Sequence[tuple[ChainKey, int, bool]]) -> ChainColumns:
    return ChainColumns(
        np.array([number for (number, _), _, _ in rows], dtype=np.int64),
        texts_of(chain_id for (_, chain_id), _, _ in rows),
        np.array([at for _, at, _ in rows], dtype=np.int64),
        np.array([lead for _, _, lead in rows], dtype=bool),
    )


def rows_of(chains: ChainColumns) -> list[tuple[ChainKey, int, bool]]:
    keys = zip(chains.number.tolist(), [text or "" for text in chains.chain_id.to_list()], strict=True)
    return list(zip(keys, chains.last_at.tolist(), chains.lead.tolist(), strict=True))


def held(chains: Chains) -> dict[ChainKey, Chain]:
    rows = chains.table.live()
    pages = (chains.table.arrays.rows[rows, SECOND] >> 1).tolist()
    return {key: Chain(at, lead, page) for (key, at, lead), page in zip(rows_of(chains.columns(rows)), pages, strict=True)}
