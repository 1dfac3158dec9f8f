"""Which days a request asks for, by a profile's `[history]`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from prsync.core.model import ONE_DAY
from prsync.demo.received import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prsync.threemanager.profile import History


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both included; none at all where `last` is before `first`.

    `end` is the last instant asked for, where it is asked for by instants.
    """

    first: date
    last: date
    end: datetime | None = None

    def __iter__(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + number * ONE_DAY


def days_asked(history: History, query: Mapping[str, str]) -> Days | None:
    """The days that a query asks for; None where the server has no history. RefusedError for a query without them."""
    match history.style:
        case "none":
            return None
        case "day":
            day = _moment(history, query, history.day).date()
            return Days(day, day)
        case "range":
            first, last = _moment(history, query, history.from_), _moment(history, query, history.to)
            if history.has_time_of_day:
                # The midnight that ends a day is no part of the next.
                last -= timedelta(microseconds=1)
            elif history.end == "exclusive":
                last -= ONE_DAY
            return Days(first.date(), last.date(), last if history.has_time_of_day else None)


def _moment(history: History, query: Mapping[str, str], name: str) -> datetime:
    text = query.get(name, "")
    try:
        moment = datetime.strptime(text, history.format).replace(tzinfo=UTC)
    except ValueError:
        raise RefusedError(400, f"{name} is missing, or is no date.") from None
    # A date of another length, such as 2026-1-2, is none that a strict server reads.
    if "%z" not in history.format and moment.strftime(history.format) != text:
        raise RefusedError(400, f"{name} is no date as it should be.")
    return moment
