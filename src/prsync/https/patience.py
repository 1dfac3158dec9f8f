"""How often and how long a run waits for a server that stumbles: urllib3's Retry, with one budget for the whole run."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from prsync.errors import ServerLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse


MAY_PASS: Final = frozenset({429, 500, 502, 503, 504})
"""HTTP statuses after which the same request may well be answered."""

_FOR_EVER: Final = 10**9
"""Seconds: longer than any server is waited for."""


class Manners(Protocol):
    """How patient a run is with a server, in seconds, tries and bytes."""

    @property
    def tries_again(self) -> int:
        """How often a question is asked again."""

    @property
    def backoff(self) -> float:
        """Seconds before the second try; doubled before each later one."""

    @property
    def longest_wait(self) -> int:
        """Seconds: the most that one wait may take."""

    @property
    def waiting_in_all(self) -> int:
        """Seconds that all waits of a run may take together."""

    @property
    def answer_seconds(self) -> int:
        """The most that an answer may take in all."""

    @property
    def answer_megabytes(self) -> int:
        """The most that an answer may hold, unpacked."""


@dataclass(slots=True)
class Patience:
    """What a run may still spend on waiting for one server, in seconds. `sleep` is time.sleep but in tests."""

    url: str
    answer_seconds: float
    longest_wait: float
    left: float
    sleep: Callable[[float], None] = field(default=time.sleep)
    tries_left: int = 0
    """How often the question that is being asked may still be tried again; `new_question` sets it."""
    tries: int = 0
    until: float = 0.0
    """When the question that is being asked has to be answered, by time.monotonic."""

    @classmethod
    def of(cls, url: str, manners: Manners, sleep: Callable[[float], None] = time.sleep) -> Self:
        """The patience that a profile asks for."""
        return cls(
            url,
            float(manners.answer_seconds),
            float(manners.longest_wait),
            float(manners.waiting_in_all),
            sleep,
            tries=manners.tries_again,
        )

    def new_question(self) -> None:
        """Begin with another question."""
        self.tries_left = self.tries
        self.until = time.monotonic() + self.answer_seconds

    def seconds_left(self) -> float:
        """How long the question's answer may still take; what was waited on purpose does not count."""
        return self.until - time.monotonic()

    @property
    def given_up(self) -> bool:
        """Whether the question's answer has taken too long: it must not be asked again."""
        return self.seconds_left() <= 0

    def wait(self, seconds: float) -> None:
        """Wait, or raise ServerLostError where that would be too long, TimeoutError where the answer has taken so."""
        if self.given_up:
            raise TimeoutError
        if seconds > self.longest_wait:
            raise ServerLostError(self.url, f"it asks to be left alone for {seconds:,.0f} seconds")
        if seconds > self.left:
            raise ServerLostError(self.url, "it has been waited for long enough in this run")
        self.left -= seconds
        self.until += seconds
        self.sleep(seconds)


class PatientRetry(Retry):
    """urllib3's Retry, but that each wait is taken from the run's patience."""

    def __init__(self, *arguments: Any, patience: Patience, **options: Any) -> None:
        self.patience = patience
        super().__init__(*arguments, **options)

    def new(self, **options: Any) -> Self:
        """The next state, as urllib3 makes it."""
        return super().new(patience=self.patience, **options)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """The next state after a failure, as urllib3 makes it; raises `error` where nothing may be tried again.

        What is posted is tried again only where no connection was made. A login may have been refused, and a server may
        lock an account that fails too often; a deposit may have been made.
        """
        may_be_done = method == "POST" and not isinstance(error, ConnectTimeoutError)
        if error is not None and may_be_done:
            raise error
        if self.patience.tries_left <= 0 and self.total:
            # Other tries of this question have been used up by answers whose body broke off.
            # Without a pool, as urllib3 itself raises it.
            raise MaxRetryError(cast("ConnectionPool", _pool), str(url), error)
        self.patience.tries_left -= 1
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: ARG002
        """Whether a status is one to try again after: one of those that were said, whatever comes with it.

        urllib3 would also try again after others that say when (Retry-After), and so post a deposit again after 503.
        """
        return super().is_retry(method, status_code)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait as long as the server asks, else longer from time to time."""
        asked = self._asked_for(response) if response is not None else None
        self.patience.wait(self.get_backoff_time() if asked is None else asked)

    def get_backoff_time(self) -> float:
        """Seconds before the next try. As urllib3 has it, but that it would try at once for the first time."""
        seconds = self.backoff_factor * 2 ** max(len(self.history) - 1, 0)
        jitter = random.random() * self.backoff_jitter  # noqa: S311  no secret
        return float(min(seconds + jitter, self.backoff_max, self.patience.longest_wait))

    def _asked_for(self, response: BaseHTTPResponse) -> float | None:
        try:
            return self.get_retry_after(response)
        except InvalidHeader:
            return None
        except (ValueError, OverflowError):
            # Thousands of digits, or a year that no calendar has: longer than anybody waits.
            return float(_FOR_EVER)


def retry_for(manners: Manners, patience: Patience, statuses: Collection[int] = MAY_PASS) -> PatientRetry:
    """When a request is tried again: after such statuses, and where the connection broke off.

    No redirect is followed: it would carry the password or the token to wherever it points.
    """
    return PatientRetry(
        total=manners.tries_again,
        redirect=0,
        status_forcelist=statuses,
        allowed_methods=frozenset({"GET", "POST"}),
        backoff_factor=manners.backoff,
        # Many customers' machines are asked for by many prsyncs at the same minute of the night.
        backoff_jitter=manners.backoff / 2,
        # The limit is ours (Patience): urllib3 would cut a longer wait short, and ask before the server wants it.
        retry_after_max=_FOR_EVER,
        raise_on_status=False,
        patience=patience,
    )
