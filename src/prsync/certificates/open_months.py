"""The months that should have a certificate of all their days, and have none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from prsync.certificates.due import begins_on, ends_on, last_day, month_of_connection, months_since
from prsync.core.periods import month_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from prsync.core.model import Month
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


class OpenMonths:
    """Tells them of any feed. What the ledger holds is read once, for all feeds."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @cached_property
    def _certified(self) -> Mapping[tuple[int, str], int]:
        """How many days each month's certificate is of, by feed and month; provisional ones are none."""
        found = self._ledger.certificates.months()
        return {(one.feed_id, one.month): one.days for one in found if not one.provisional}

    @cached_property
    def _deposited(self) -> Mapping[tuple[int, str], int]:
        """How many days of each month are deposited, by feed and month."""
        return {(one.feed_id, one.period): one.days for one in self._ledger.days.months()}

    def due(self, feed: Feed, last: Month) -> Iterator[Month]:
        """The months through `last` that a run of certify looks at, and `last` in any case."""
        connected = month_of_connection(feed).first_day
        for known in _months_with_days(feed, last):
            days = self._certified.get((feed.id, known.name))
            # History from before the feed was connected is certified where it is named, and then kept up to date.
            is_open = known.first_day >= connected if days is None else days != self._days(feed, known)
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

    def _days(self, feed: Feed, known: _KnownMonth) -> int:
        return self._deposited.get((feed.id, known.name), 0)

    def _is_empty(self, feed: Feed, month: Month) -> bool:
        is_complete = feed.synced_through >= last_day(feed, month)
        return is_complete and not self._ledger.days.has_pages(feed.id, month)


@dataclass(frozen=True, slots=True)
class _KnownMonth:
    """A month, its name as 2026-10 and its first day: worked out once and not for each of thousands of feeds."""

    month: Month
    name: str
    first_day: date


@cache
def _months(first: Month, last: Month) -> tuple[_KnownMonth, ...]:
    return tuple(_KnownMonth(month, str(month), month.first_day) for month in months_since(first, last))


def _months_with_days(feed: Feed, last: Month) -> Iterator[_KnownMonth]:
    begins = begins_on(feed)
    ends = ends_on(feed) or last.last_day
    return (known for known in _months(month_of(begins), last) if max(begins, known.first_day) <= ends)


def _since_connection(feed: Feed, last: Month) -> tuple[_KnownMonth, ...]:
    """The months of a feed from the one in which it was connected through `last`, and no further than it goes."""
    first, ends = max(begins_on(feed), month_of_connection(feed).first_day), ends_on(feed) or last.last_day
    last_month = month_of(min(ends, last.last_day))
    return _months(month_of(first), last_month) if first <= min(ends, last.last_day) else ()
