"""Requests of a simulated process to the broker: they take time, get lost on the way there or back, and processes die around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaError, NodeNotReadyError, RequestTimedOutError

from tests.simulation.broker import Broker
from tests.simulation.loop import Party, VirtualLoop

T = TypeVar("T")


class Weather(Protocol):
    """What the faults decide about a request."""

    def delay(self) -> float:
        """Seconds of one way."""
        ...

    def rows(self, most: int) -> int:
        """How many records an answer holds at most."""
        ...

    def strikes(self, fault: str) -> bool:
        """Whether this fault happens now."""
        ...


class Link:
    """A process's way to the broker. ``die`` ends the process; ``note`` tells the trace."""

    def __init__(
        self, loop: VirtualLoop, broker: Broker, weather: Weather, party: Party, die: Callable[[str], None], note: Callable[..., None]
    ) -> None:
        self.loop, self.broker, self.weather, self.party = loop, broker, weather, party
        self._die, self._note = die, note

    async def ask(self, what: str, step: Callable[..., T], *args: Any, patience: float = 15.0, **settings: Any) -> T:
        """One request: ``step`` of the broker, applied at some moment between sending and answering, or never.

        Raises:
            KafkaError: refused, or not answered in time, which leaves open whether it was applied.
        """
        if not self.party.alive:
            raise NodeNotReadyError
        answer = self.loop.create_future()
        weather = self.weather
        if weather.strikes("crash before a request"):
            self._note("crash", before=what)
            if weather.strikes("a request of the dying arrives"):
                self.loop.later(weather.delay(), self._apply, answer, what, step, args, settings)
            self._die(f"crash before {what}")
        elif weather.strikes("request lost"):
            self._note("request lost", request=what)
            self.loop.later(patience, _fail, answer, RequestTimedOutError())
        else:
            self.loop.later(weather.delay(), self._apply, answer, what, step, args, settings, patience)
        result: T = await answer
        return result

    def _apply(self, answer: Any, what: str, step: Callable[..., Any], args: Any, settings: Any, patience: float = 15.0) -> None:
        weather, later = self.weather, self.loop.later
        try:
            self.broker.check_up()
            result = step(*args, **settings)
        except KafkaError as error:
            self._note("refused", request=what, error=type(error).__name__)
            later(weather.delay(), _fail, answer, error)
            return
        if weather.strikes("crash after a request"):
            self._note("crash", after=what)
            self._die(f"crash after {what}")
        elif weather.strikes("answer lost"):
            self._note("answer lost", request=what)
            later(patience, _fail, answer, RequestTimedOutError())
        else:
            later(weather.delay(), _answer, answer, result)


def _answer(answer: Any, result: Any) -> None:
    if not answer.done():
        answer.set_result(result)


def _fail(answer: Any, error: KafkaError) -> None:
    if not answer.done():
        answer.set_exception(error)
