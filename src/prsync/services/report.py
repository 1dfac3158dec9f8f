"""A report of what was printed: which feeds and periods, and each row from the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.due import begins_on, ends_on, months_since
from prsync.core.feed_health import silence_since
from prsync.core.model import Month
from prsync.core.periods import days, last_closed_day, month_before, month_of, today
from prsync.errors import InvalidValueError, NotFoundError
from prsync.reports.report_rows import ReportRow, Unit
from prsync.reports.spreadsheet import spreadsheet
from prsync.reports.web_page import Customer, PageContents, page
from prsync.services.delivery_health import delivery_problems
from prsync.services.health import last_health
from prsync.services.values import parse_month

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from prsync.services.health import FeedHealth
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


def plan_report(ledgers: Sequence[Ledger], request: ReportRequest, now: datetime, local_timezone: str) -> ReportPlan:
    """What was asked for of one ledger or several; an InputError where it cannot be."""
    try:
        by = Unit(request.by)
    except ValueError as error:
        raise InvalidValueError("--by", request.by, "is neither day, month nor year") from error
    here = today(now, local_timezone)
    last = month_before(here) if request.last is None else parse_month("--to", request.last)
    first = _months_before(last, _MONTHS - 1) if request.first is None else parse_month("--from", request.first)
    if first.first_day > last.first_day:
        more = "" if request.last else f"; --to {first} has it in the report, too"
        raise InvalidValueError("--from", str(first), f"is after {last}, the last month of the report{more}")
    if first.first_day > here:
        raise InvalidValueError("--from", str(first), "has not begun yet")
    feeds = _ids(ledgers, request.feeds, lambda ledger, name: ledger.feeds.find(name).id)
    servers = _ids(ledgers, request.servers, lambda ledger, name: ledger.servers.named(name).id)
    is_chosen = bool(request.feeds or request.servers)
    parts = [
        (ledger, [one for one in ledger.feeds.all() if not is_chosen or one.id in ids or one.server_id in server_ids])
        for ledger, ids, server_ids in zip(ledgers, feeds, servers, strict=True)
    ]
    return ReportPlan(parts=parts, first=first, last=last, by=by)


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
    """A row for each feed and each period of which a day of its is over; by ledger, server, feed and period."""
    for ledger, feeds in plan.parts:
        yield from _rows_of(ledger, feeds, plan, now)


def _rows_of(ledger: Ledger, feeds: Sequence[Feed], plan: ReportPlan, now: datetime) -> Iterator[ReportRow]:
    devices = ledger.days.devices_by_feed()
    certificates = ledger.certificates.current_numbers(plan.first, plan.last) if plan.by is Unit.MONTH else {}
    for feed in feeds:
        first = max(begins_on(feed), plan.first.first_day)
        last = min(ends_on(feed) or plan.last.last_day, plan.last.last_day)
        deposited = ledger.days.periods(feed.id, first, last, letters=_LENGTHS[plan.by])
        yesterday = last_closed_day(now, feed.timezone)
        for period in _periods(first, last, plan.by):
            if period.first_day > yesterday:
                break
            found = deposited.get(period.name)
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
    """As 2026, 2026-10 or 2026-10-31; its first day in the report, and how many of its days are in it."""

    name: str
    first_day: date
    days: int


@cache
def _periods(first: date, last: date, by: Unit) -> tuple[_Period, ...]:
    """The periods from `first` to `last`; none where `first` is later. Of most feeds they are the same."""
    return tuple(_each_period(first, last, by))


def _each_period(first: date, last: date, by: Unit) -> Iterator[_Period]:
    if by is Unit.DAY:
        yield from (_Period(day.isoformat(), day, 1) for day in days(first, last))
        return
    months = months_since(month_of(first), month_of(last)) if first <= last else ()
    for name, group in groupby(months, key=lambda month: str(month)[: _LENGTHS[by]]):
        spanned = list(group)
        begins, ends = max(spanned[0].first_day, first), min(spanned[-1].last_day, last)
        yield _Period(name, begins, (ends - begins).days + 1)


def spreadsheet_of(plan: ReportPlan, now: datetime) -> bytes:
    """The report as an .xlsx file."""
    return spreadsheet(report_rows(plan, now), plan.by, now)


def page_of(plan: ReportPlan, now: datetime) -> str:
    """The report as a page of HTML, which is always by month."""
    if plan.by is not Unit.MONTH:
        raise InvalidValueError("--by", plan.by, "the page is by month")
    return page(page_contents(plan, now))


def page_contents(plan: ReportPlan, now: datetime) -> PageContents:
    """The report as a page shows it: customers with a row for each, and what needs a person now."""
    by_feed: list[_FeedRows] = []
    problems: list[str] = []
    for ledger, feeds in plan.parts:
        by_id = {found.feed.id: found for found in last_health(ledger, now).feeds}
        by_feed += _by_feed(ledger, feeds, plan, by_id, now)
        problems += _problems(ledger, feeds, by_id, now)
    seen = {row.period for found in by_feed for row in found.rows}
    # A month in which no customer had begun yet is left out at either end.
    months = [month for month in months_since(plan.first, plan.last) if str(month) in seen] or [plan.first]
    customers, incomplete = [], set()
    for found in by_feed:
        feed, rows = found.feed, found.rows
        incomplete |= {row.period for row in rows if not row.is_complete}
        pages = {row.period: row.pages for row in rows}
        customers.append(
            Customer(
                name=feed.name,
                server=feed.server,
                pages_by_month=[pages.get(str(month), 0) for month in months],
                devices=rows[0].devices,
                months_certified=sum(row.certificate is not None for row in rows),
                months_due=len(rows),
                deposited_through=feed.deposited_through,
                problem=found.problem,
            )
        )
    return PageContents(
        months=months,
        complete=[str(month) not in incomplete for month in months],
        customers=sorted(customers, key=lambda customer: customer.name.casefold()),
        problems=problems,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class _FeedRows:
    feed: Feed
    rows: list[ReportRow]
    problem: str | None


def _by_feed(
    ledger: Ledger, feeds: Sequence[Feed], plan: ReportPlan, by_id: Mapping[int, FeedHealth], now: datetime
) -> Iterator[_FeedRows]:
    grouped: dict[tuple[str, str], list[ReportRow]] = {}
    for row in _rows_of(ledger, feeds, plan, now):
        grouped.setdefault((row.server, row.feed), []).append(row)
    for feed in feeds:
        if rows := grouped.get((feed.server, feed.name)):
            yield _FeedRows(feed, rows, _problem(by_id.get(feed.id)))


def _problem(found: FeedHealth | None) -> str | None:
    if found is None:
        return "has left"
    if found.feed.paused:
        return "paused"
    return str(found.reason).replace("_", " ") if found.is_wrong else None


def _problems(ledger: Ledger, feeds: Sequence[Feed], by_id: Mapping[int, FeedHealth], now: datetime) -> Iterator[str]:
    held = ledger.anomalies.open_by_feed()
    for feed in feeds:
        found = by_id.get(feed.id)
        if found is not None and found.is_wrong:
            yield f"{feed.name}: {found.error or f'{silence_since(feed.last_data_at)}; is its DCA running?'}"
        if number := held.get(feed.id):
            readings = "reading waits" if number == 1 else "readings wait"
            yield f"{feed.name}: {number:,} {readings} for a decision"
    shown = {feed.id for feed in feeds}
    yield from (f"{one.feed}: {one.why}" for one in delivery_problems(ledger, now) if one.feed_id in shown)
