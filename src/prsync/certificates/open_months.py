"""The months that should have a certificate of all their days, and have none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from prsync.certificates.due import begins_on, ends_on, last_day, month_of_connection, months_since
from prsync.core.periods import month_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from prsync.core.model import Month
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


class OpenMonths:
    """Tells them of any feed."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @cached_property
    def _unwritten(self) -> set[tuple[int, str]]:
        return self._ledger.certificates.unwritten_months()

    def due(self, feed: Feed, last: Month) -> Iterator[Month]:
        """The months through `last` that a run of certify looks at, and `last` in any case."""
        connected = month_of_connection(feed).first_day
        certified = self._ledger.certificates.days_certified(feed.id)
        for known in _months_with_days(feed, last):
            # History from before the feed was connected is certified where it is named, and then kept up to date.
            if known.name in certified:
                is_outdated = certified[known.name] != _days_deposited(feed, known)
                is_open = is_outdated or (feed.id, known.name) in self._unwritten
            else:
                is_open = known.first_day >= connected
            if is_open or known.month == last:
                yield known.month

    def without_certificate(self, feeds: Sequence[Feed], last: Month) -> dict[int, int]:
        """By feed how many months through `last`, since it was connected, wait for one; an empty month does not."""
        spans = {feed.id: _since_connection(feed, last) for feed in feeds}
        asked = [(feed_id, str(span[0].month), str(span[-1].month)) for feed_id, span in spans.items() if span]
        certified = self._ledger.certificates.count_complete_months(asked)
        # Of most feeds every month is certified: of those no month is looked at.
        return {
            feed.id: 0 if certified.get(feed.id, 0) == len(spans[feed.id]) else self._waiting(feed, spans[feed.id])
            for feed in feeds
        }

    def _waiting(self, feed: Feed, span: Sequence[_KnownMonth]) -> int:
        certified = self._ledger.certificates.complete_months(feed.id)
        return sum(known.name not in certified and not self._is_empty(feed, known.month) for known in span)

    def _is_empty(self, feed: Feed, month: Month) -> bool:
        is_complete = feed.synced_through >= last_day(feed, month)
        return is_complete and not self._ledger.days.has_pages(feed.id, month)


@dataclass(frozen=True, slots=True)
class _KnownMonth:
    """A month, its name as 2026-10, its first and last day: worked out once and not for each of thousands of feeds."""

    month: Month
    name: str
    first_day: date
    last_day: date


def _days_deposited(feed: Feed, known: _KnownMonth) -> int:
    """How many of the month's days are deposited: from the activation date to `synced_through` there is no hole."""
    first, last = max(feed.activation_date, known.first_day), min(feed.synced_through, known.last_day)
    return max((last - first).days + 1, 0)


@cache
def _months(first: Month, last: Month) -> tuple[_KnownMonth, ...]:
    return tuple(_KnownMonth(month, str(month), month.first_day, month.last_day) for month in months_since(first, last))


def _months_with_days(feed: Feed, last: Month) -> Iterator[_KnownMonth]:
    begins = begins_on(feed)
    ends = ends_on(feed) or last.last_day
    return (known for known in _months(month_of(begins), last) if max(begins, known.first_day) <= ends)


def _since_connection(feed: Feed, last: Month) -> tuple[_KnownMonth, ...]:
    """The months of a feed from the one in which it was connected through `last`, and no further than it goes."""
    first, ends = max(begins_on(feed), month_of_connection(feed).first_day), ends_on(feed) or last.last_day
    last_month = month_of(min(ends, last.last_day))
    return _months(month_of(first), last_month) if first <= min(ends, last.last_day) else ()
