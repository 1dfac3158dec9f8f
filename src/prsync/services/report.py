"""A report of what was printed: which feeds and periods, and each row from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.due import begins_on, ends_on, months_since
from prsync.core.model import ONE_DAY, Month
from prsync.core.periods import days, last_closed_day, month_before, month_of, today
from prsync.core.text import quantity
from prsync.errors import InvalidValueError, NotFoundError
from prsync.https.same_server import place_of
from prsync.reports.report_rows import ReportRow, Unit
from prsync.reports.spreadsheet import spreadsheet
from prsync.services.values import parse_month

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed

_MONTHS: Final = 12
"""So many months are reported where none is named."""

_LENGTHS: Final = {Unit.YEAR: 4, Unit.MONTH: 7, Unit.DAY: 10}
"""How many letters of a date name its period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """What a person asked for, as written: months, None for the twelve that are over; names of feeds and servers."""

    first: str | None = None
    last: str | None = None
    by: str = Unit.MONTH
    feeds: Sequence[str] = ()
    servers: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan:
    """The report that was asked for: of each ledger its feeds, by server and name, and the time."""

    parts: Sequence[tuple[Ledger, Sequence[Feed]]]
    first: Month
    last: Month
    by: Unit

    @property
    def feed_count(self) -> int:
        """How many feeds it is about."""
        return sum(len(feeds) for _, feeds in self.parts)

    @property
    def caption(self) -> str:
        """What it is of, as `2026-01 to 2026-10, 12 feeds`."""
        span = str(self.first) if self.first == self.last else f"{self.first} to {self.last}"
        return f"{span}, {quantity(self.feed_count, 'feed')}"


def plan_report(ledgers: Sequence[Ledger], request: ReportRequest, now: datetime, local_timezone: str) -> ReportPlan:
    """What was asked for of one ledger or several; an InputError where it cannot be."""
    try:
        by = Unit(request.by)
    except ValueError as error:
        raise InvalidValueError("--by", request.by, "is neither day, month nor year") from error
    here = today(now, local_timezone)
    last = month_before(here) if request.last is None else parse_month("--to", request.last)
    first = _months_before(last, _MONTHS - 1) if request.first is None else parse_month("--from", request.first)
    if request.first is None and by is Unit.YEAR:
        first = Month(first.year, 1)
    if first.first_day > here:
        raise InvalidValueError("--from", str(first), "has not begun yet")
    if first.first_day > last.first_day:
        more = "" if request.last else f"; --to {first} has it in the report, too"
        raise InvalidValueError("--from", str(first), f"is after {last}, the last month of the report{more}")
    find = _feed_id if len(ledgers) == 1 else _named_feed_id
    feeds = _ids(ledgers, request.feeds, find)
    servers = _ids(ledgers, request.servers, lambda ledger, name: ledger.servers.named(name).id)
    is_chosen = bool(request.feeds or request.servers)
    parts = [
        (ledger, [one for one in ledger.feeds.all() if not is_chosen or one.id in ids or one.server_id in server_ids])
        for ledger, ids, server_ids in zip(ledgers, feeds, servers, strict=True)
    ]
    _refuse_twice_counted(parts)
    return ReportPlan(parts=parts, first=first, last=last, by=by)


def _feed_id(ledger: Ledger, name_or_id: str) -> int:
    return ledger.feeds.find(name_or_id).id


def _named_feed_id(ledger: Ledger, name: str) -> int:
    """As above, by the name only: an id is another feed's in each ledger."""
    feed = ledger.feeds.find(name)
    if name == str(feed.id) != feed.name:
        raise InvalidValueError(
            "--feed",
            name,
            f"is an id, and another feed's in each ledger; {ledger.path} has it as {feed.name}, give the name",
        )
    return feed.id


def _refuse_twice_counted(parts: Sequence[tuple[Ledger, Sequence[Feed]]]) -> None:
    """InvalidValueError where days of one organization are deposited in two of the ledgers, as in a copy of one."""
    seen: dict[tuple[object, str], list[tuple[Ledger, Feed]]] = {}
    for ledger, feeds in parts if len(parts) > 1 else ():
        places = {server.id: place_of(server.url) for server in ledger.servers.all()}
        for feed in feeds:
            same = seen.setdefault((places[feed.server_id], feed.organization_id), [])
            for other_ledger, other in same:
                # One that has moved from ledger to ledger has days in both, and none twice.
                if begins_on(feed) <= other.synced_through and begins_on(other) <= feed.synced_through:
                    reason = f"has days of {feed.name} that {other_ledger.path} has too: they would count twice"
                    raise InvalidValueError("--state", str(ledger.path), reason)
            same.append((ledger, feed))


def _ids(ledgers: Sequence[Ledger], names: Sequence[str], find: Callable[[Ledger, str], int]) -> list[set[int]]:
    """The ids that names have in each of the ledgers; NotFoundError for a name that none of them has."""
    ids: list[set[int]] = [set() for _ in ledgers]
    for name in names:
        errors = []
        for ledger, found in zip(ledgers, ids, strict=True):
            try:
                found.add(find(ledger, name))
            except NotFoundError as error:
                errors.append(error)
        if len(errors) == len(ledgers):
            raise errors[0]
    return ids


def _months_before(month: Month, number: int) -> Month:
    place = month.year * 12 + month.number - 1 - number
    return Month(place // 12, place % 12 + 1)


def report_rows(plan: ReportPlan, now: datetime) -> Iterator[ReportRow]:
    """A row for each feed and each period of which a day is over; by ledger, server, feed and period."""
    for ledger, feeds in plan.parts:
        yield from rows_of(ledger, feeds, plan, now)


def rows_of(ledger: Ledger, feeds: Sequence[Feed], plan: ReportPlan, now: datetime) -> Iterator[ReportRow]:
    """The rows of one ledger's feeds."""
    devices = ledger.days.devices_by_feed()
    certificates = ledger.certificates.current_numbers(plan.first, plan.last) if plan.by is Unit.MONTH else {}
    # No day is deposited before the first feed begins, nor later than a day on which it is tomorrow somewhere.
    begin = max(min(map(begins_on, feeds), default=plan.first.first_day), plan.first.first_day)
    whole = _periods(begin, min(now.date() + ONE_DAY, plan.last.last_day), plan.by)
    sums, places = ledger.days.sums([(one.first_day, one.last_day) for one in whole]), _places(whole)
    for feed in feeds:
        first = max(begins_on(feed), plan.first.first_day)
        last = min(ends_on(feed) or plan.last.last_day, plan.last.last_day)
        if first > last:
            continue
        deposited = sums.of(feed.id)
        yesterday = last_closed_day(now, feed.timezone)
        # Of a year of which the report has a part, all its days have to be there for it to be complete.
        if plan.by is Unit.YEAR:
            first = max(begins_on(feed), first.replace(month=1, day=1))
            last = min(ends_on(feed) or date.max, last.replace(month=12, day=31))
        for period in _periods(first, last, plan.by):
            if period.first_day > yesterday:
                break
            found = deposited.get(places[period.name])
            yield ReportRow(
                feed=feed.name,
                server=feed.server,
                period=period.name,
                pages=found.pages if found else 0,
                devices=devices.get(feed.id, 0),
                is_complete=found is not None and found.days == period.days,
                certificate=certificates.get((feed.id, period.name)),
            )


@dataclass(frozen=True, slots=True)
class _Period:
    """As 2026, 2026-10 or 2026-10-31, the first and the last of its days that count, and how many they are."""

    name: str
    first_day: date
    last_day: date
    days: int


@cache
def _periods(first: date, last: date, by: Unit) -> tuple[_Period, ...]:
    """The periods from `first` to `last`. Of most feeds they are the same."""
    return tuple(_each_period(first, last, by))


def _each_period(first: date, last: date, by: Unit) -> Iterator[_Period]:
    if by is Unit.DAY:
        yield from (_Period(day.isoformat(), day, day, 1) for day in days(first, last))
        return
    months = months_since(month_of(first), month_of(last))
    for name, group in groupby(months, key=lambda month: str(month)[: _LENGTHS[by]]):
        spanned = list(group)
        begins, ends = max(spanned[0].first_day, first), min(spanned[-1].last_day, last)
        yield _Period(name, begins, ends, (ends - begins).days + 1)


def _places(periods: Sequence[_Period]) -> dict[str, int]:
    return {period.name: place for place, period in enumerate(periods)}


def spreadsheet_of(plan: ReportPlan, now: datetime) -> bytes:
    """The report as an .xlsx file."""
    return spreadsheet(report_rows(plan, now), plan.by, plan.caption, now)
