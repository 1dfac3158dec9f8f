"""The months that should have a certificate of all their days, and have none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from prsync.certificates.due import begins_on, ends_on, last_day, month_of_connection, months_since
from prsync.core.periods import month_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
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
    def _with_certificate(self) -> Collection[tuple[int, str]]:
        """The feeds and months that have a certificate that is not provisional."""
        return self._ledger.certificates.complete_months()

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

    def without_certificate(self, feed: Feed, last: Month) -> Iterator[Month]:
        """The months through `last`, since the feed was connected, that wait for one; an empty month does not."""
        connected = month_of_connection(feed).first_day
        for known in _months_with_days(feed, last):
            is_certified = (feed.id, known.name) in self._with_certificate
            if known.first_day >= connected and not is_certified and not self._is_empty(feed, known.month):
                yield known.month

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
