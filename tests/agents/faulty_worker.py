"""``dialstat`` with a bug: what is named "poison" can't be decoded, and an event of that id fails when half of it is applied."""

from __future__ import annotations

from typing import Any

from cli.main import main
from engine.campaigns import CampaignsState, Chunk
from kernels.texts import Texts
from schemas.decode import Decoder

UNREADABLE = b"poison in decoding"
INAPPLICABLE = "poison in applying"

_decode, _apply = Decoder.decode, CampaignsState.apply


def _faulty_decode(self: Decoder, values: Texts) -> Any:
    places = zip(values.at.tolist(), values.size.tolist(), strict=True)
    if any(UNREADABLE in values.data[at : at + size].tobytes() for at, size in places):
        raise ZeroDivisionError("a bug in decoding")
    return _decode(self, values)


def _faulty_apply(self: CampaignsState, chunk: Chunk) -> Any:
    effects = _apply(self, chunk)
    if INAPPLICABLE in chunk.results.event_id.to_list():
        raise ZeroDivisionError("a bug in applying")
    return effects


Decoder.decode = _faulty_decode  # type: ignore[method-assign]
CampaignsState.apply = _faulty_apply  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
