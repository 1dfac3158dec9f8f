"""Asks a server for some days at once, where somebody has allowed it several connections. Answers are given in order.

A year of history is waiting, day after day, for answers. What is made of them does not change: the core asks for one
day after another and gets its answer, or its error, as if it had been the only one.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from prsync.core.model import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from prsync.core.model import Reading
    from prsync.threemanager.client import ThreeManager
    from prsync.threemanager.query import DevicesQuery

    Answer: TypeAlias = Future[list[Reading]]
    QueryOf: TypeAlias = Callable[[date], DevicesQuery]


class AskingAhead(AbstractContextManager["AskingAhead"]):
    """Some connections to one server. With one, nothing is asked ahead: strictly one request after another."""

    def __init__(self, client: ThreeManager, connections: int) -> None:
        self._client, self._connections = client, connections
        self._others: dict[int, _Connection] = {}
        self._asked: dict[date, Answer] = {}
        self._asked_through: date | None = None

    def __exit__(self, *_: object) -> None:
        self.forget()
        for connection in self._others.values():
            connection.end()

    def forget(self) -> None:
        """Begin with another feed: what was asked for and is not needed any more is given up."""
        for answer in self._asked.values():
            answer.cancel()
        self._asked.clear()
        self._asked_through = None

    def devices(self, day: date, through: date, query_of: QueryOf) -> list[Reading]:
        """The readings for a day. The days after it, no further than `through`, are asked for meanwhile."""
        if self._connections == 1 or (day >= through and day not in self._asked):
            return self._client.devices(query_of(day))
        self._ask_for(day, through, query_of)
        answer = self._asked.pop(day, None)
        # A day before those, asked for once more.
        return self._client.devices(query_of(day)) if answer is None else answer.result()

    def _ask_for(self, day: date, through: date, query_of: QueryOf) -> None:
        """Have so many days asked for from `day` on as there are connections; none that was asked for already.

        Where one request asks for several days, have so many of those asked for.
        """
        most = self._connections * self._client.days_at_once
        next_day = day if self._asked_through is None else max(self._asked_through + ONE_DAY, day)
        while next_day <= through and (next_day - day).days < most:
            self._asked[next_day] = self._connection_for(next_day).ask(query_of(next_day))
            self._asked_through = next_day
            next_day += ONE_DAY

    def _connection_for(self, day: date) -> _Connection:
        # The same for the same days: a client remembers an answer that holds several, or the devices of all customers.
        number = day.toordinal() // self._client.days_at_once % self._connections
        if number not in self._others:
            self._others[number] = _Connection(self._client.another())
        return self._others[number]


class _Connection:
    """A client in a thread of its own, which answers one question after another."""

    def __init__(self, client: ThreeManager) -> None:
        self._questions: SimpleQueue[tuple[DevicesQuery, Answer] | None] = SimpleQueue()
        # A daemon: a run that is stopped does not wait for an answer that nobody needs.
        threading.Thread(target=_answer, args=(client, self._questions), daemon=True).start()

    def ask(self, query: DevicesQuery) -> Answer:
        """Ask a question; its answer comes later."""
        answer: Answer = Future()
        self._questions.put((query, answer))
        return answer

    def end(self) -> None:
        """Close the client, now or after the question it is at."""
        self._questions.put(None)


def _answer(client: ThreeManager, questions: SimpleQueue[tuple[DevicesQuery, Answer] | None]) -> None:
    with client:
        while (asked := questions.get()) is not None:
            query, answer = asked
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(client.devices(query))
            except BaseException as error:  # noqa: BLE001  it is raised where the day's turn has come
                answer.set_exception(error)
