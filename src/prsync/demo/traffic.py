"""Records the requests to the simulated server, and replaces the answers to some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition, Event
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(slots=True)
class Request:
    """One request, as it was received."""

    method: str
    path: str
    """With percent-encoding resolved, and without the query."""
    query: Mapping[str, str]
    user_agent: str
    is_devices: bool = False
    """Whether it asks for devices."""
    organization_id: str | None = None
    """The organization whose devices it asks for; None if it asks for something else, or for those of all."""
    day: str | None = None
    """The first day it asks for, as 2026-11-24; None if it asks for none."""
    status: int | None = None
    """The HTTP status of the answer; None before there is one, and where there never was."""
    overlapped: bool = False
    """Whether another request was being answered at the same time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to change in an answer. What is not given stays as the server would have answered."""

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Added to the usual ones, or sent in their place."""
    alter: Callable[[Any], Any] | None = None
    """Takes the JSON document of the server's own answer, and returns the one to send."""
    hold: Event | None = None
    """The answer waits until this is set, or the server stops."""
    unheard: bool = False
    """The server does nothing of what was asked for."""
    cut: bool = False
    """The connection is broken off instead of sending the rest."""
    after: int | None = None
    """How many bytes of the body are sent before `hold` and `cut`; None: not even the status is."""


@dataclass(slots=True)
class _Override:
    matches: Callable[[Request], Any]
    answer: Answer
    times_left: int | None
    """None for any number of times."""


class Traffic:
    """All requests so far, and the overrides of answers to come. Each connection's thread calls it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._in_flight: list[Request] = []
        self._overrides: list[_Override] = []
        self.requests: list[Request] = []

    def begin(self, request: Request) -> Answer:
        """Record a request that was received; returns what to change in its answer."""
        with self._changed:
            if self._in_flight:
                for other in (request, *self._in_flight):
                    other.overlapped = True
            self._in_flight.append(request)
            self.requests.append(request)
            self._changed.notify_all()
            return self._answer_for(request)

    def _answer_for(self, request: Request) -> Answer:
        for override in self._overrides:
            if override.times_left != 0 and override.matches(request):
                override.times_left = None if override.times_left is None else override.times_left - 1
                return override.answer
        return Answer()

    def end(self, request: Request, status: int | None) -> None:
        """Record that a request is about to be answered, or that it never will be; only the first call counts."""
        with self._changed:
            if request in self._in_flight:
                self._in_flight.remove(request)
                request.status = status

    def wait_for(self, matches: Callable[[Request], Any], seconds: float) -> Request:
        """The first request for which `matches` is true, waiting for it if need be; TimeoutError after `seconds`."""
        with self._changed:
            found = self._changed.wait_for(lambda: [request for request in self.requests if matches(request)], seconds)
        if not found:
            raise TimeoutError
        return found[0]

    def answer_with(self, matches: Callable[[Request], Any], answer: Answer, times: int | None) -> None:
        """Change the answers to the next `times` requests for which `matches` is true; to all of them if it is None."""
        with self._changed:
            self._overrides.append(_Override(matches, answer, times))

    def answer_normally(self) -> None:
        """Remove all overrides, and release the answers that are held."""
        with self._changed:
            for override in self._overrides:
                if override.answer.hold is not None:
                    override.answer.hold.set()
            self._overrides.clear()
