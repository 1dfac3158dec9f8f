"""What the simulated server was asked, and what it was told to answer instead of the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition, Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(slots=True)
class Request:
    """One request, as it came in."""

    method: str
    path: str
    """Decoded, without the query."""
    query: Mapping[str, str]
    user_agent: str
    status: int | None = None
    """What it was answered with; None as long as it is not."""
    overlapped: bool = False
    """Whether another request was in flight at the same time."""

    @property
    def is_devices(self) -> bool:
        """Whether it asks for devices."""
        return self.path.startswith("/api/v1/organizations/") and self.path.endswith("/devices")

    @property
    def organization_id(self) -> str | None:
        """Whose devices it asks for."""
        if not self.is_devices:
            return None
        return self.path.removeprefix("/api/v1/organizations/").removesuffix("/devices")

    @property
    def day(self) -> str | None:
        """The day it asks for, as 2026-11-24."""
        return self.query.get("date")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer other than the true one. What is not given stays as it would have been."""

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to the usual ones, or in their place."""
    alter: Callable[[Any], Any] | None = None
    """Is given the true answer's document and returns the one to send."""
    hold: Event | None = None
    """Nothing more is sent until it is set (or the server stops)."""
    cut: bool = False
    """The connection is cut instead of sending the rest."""
    after: int | None = None
    """How many bytes of the body go out before it is held or cut; None: not even the status."""


@dataclass(slots=True)
class _Instead:
    wanted: Callable[[Request], Any]
    answer: Answer
    times: int | None


class Traffic:
    """Every request so far, and the answers that wait for theirs."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._in_flight: list[Request] = []
        self._instead: list[_Instead] = []
        self.requests: list[Request] = []

    def begin(self, request: Request) -> Answer:
        """A request has come in: note it, and say how to answer."""
        with self._changed:
            if self._in_flight:
                for other in (request, *self._in_flight):
                    other.overlapped = True
            self._in_flight.append(request)
            self.requests.append(request)
            self._changed.notify_all()
            return self._answer_for(request)

    def _answer_for(self, request: Request) -> Answer:
        for instead in self._instead:
            if instead.times != 0 and instead.wanted(request):
                instead.times = None if instead.times is None else instead.times - 1
                return instead.answer
        return Answer()

    def end(self, request: Request, status: int | None) -> None:
        """It is about to be answered, or never will be."""
        with self._changed:
            if request in self._in_flight:
                self._in_flight.remove(request)
                request.status = status

    def wait_for(self, wanted: Callable[[Request], Any], seconds: float) -> Request:
        """The first request that is `wanted`, as soon as it has come in; TimeoutError if it does not."""
        with self._changed:
            found = self._changed.wait_for(lambda: [request for request in self.requests if wanted(request)], seconds)
        if not found:
            raise TimeoutError
        return found[0]

    def answers_with(self, wanted: Callable[[Request], Any], answer: Answer, times: int | None) -> None:
        """Answer so many of the requests that are `wanted` with `answer`; all of them if `times` is None."""
        with self._changed:
            self._instead.append(_Instead(wanted, answer, times))

    def answers_truly(self) -> None:
        """Forget all other answers, and release what is held."""
        with self._changed:
            for instead in self._instead:
                if instead.answer.hold is not None:
                    instead.answer.hold.set()
            self._instead.clear()
