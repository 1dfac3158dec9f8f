"""The report as a page of HTML: its months, a row for each customer, and what needs somebody now."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.due import month_of_connection, months_since
from prsync.core.feed_health import Reason, silence_since
from prsync.core.model import Health
from prsync.core.periods import today
from prsync.core.text import quantity
from prsync.errors import InvalidValueError
from prsync.reports.report_rows import ReportRow, Unit
from prsync.reports.web_page import Customer, CustomerCounts, PageContents, page
from prsync.services.delivery_health import delivery_problems
from prsync.services.health import last_health
from prsync.services.report import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from prsync.core.model import Month
    from prsync.services.health import FeedHealth, HealthReport
    from prsync.services.report import ReportPlan
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


def page_of(plan: ReportPlan, now: datetime) -> str:
    """The report as a page of HTML, which is always by month."""
    if plan.by is not Unit.MONTH:
        raise InvalidValueError("--by", plan.by, "the page is by month")
    return page(page_contents(plan, now))


def page_contents(plan: ReportPlan, now: datetime) -> PageContents:
    """The report as a page shows it: customers with a row for each, and what needs a person now."""
    found = [_Part(ledger, feeds, last_health(ledger, now)) for ledger, feeds in plan.parts]
    by_feed = [one for part in found for one in _by_feed(part, plan, now)]
    months = _months_with_customers(plan, {row.period for one in by_feed for row in one.rows})
    incomplete = [(row.period, number) for number, one in enumerate(by_feed) for row in one.rows if not row.is_complete]
    incomplete_months = {period for period, _ in incomplete}
    shown = [one for part in found for one in part.shown]
    return PageContents(
        months=months,
        complete=[str(month) not in incomplete_months for month in months],
        customers_incomplete=len({number for _, number in incomplete}),
        customers=sorted((one.customer(months, now) for one in by_feed), key=lambda one: one.name.casefold()),
        problems=[problem for part in found for problem in _problems(part, now)],
        counts=CustomerCounts(
            flowing=sum(one.health is Health.HEALTHY and one.feed.is_active and not one.is_wrong for one in shown),
            new=sum(one.health is Health.UNKNOWN and one.feed.is_active and not one.is_wrong for one in shown),
            paused=sum(one.feed.paused for one in shown),
        ),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One ledger, those of its feeds that the report is about, and the health of all."""

    ledger: Ledger
    feeds: Sequence[Feed]
    health: HealthReport

    @property
    def shown(self) -> list[FeedHealth]:
        """The health of the feeds that the report is about; one that has ended has none."""
        ids = {feed.id for feed in self.feeds}
        return [one for one in self.health.feeds if one.feed.id in ids]


@dataclass(frozen=True, slots=True)
class _FeedRows:
    """A feed that has rows, and what is wrong with it now in a few words."""

    feed: Feed
    rows: list[ReportRow]
    problem: str | None

    def customer(self, months: Sequence[Month], now: datetime) -> Customer:
        """Its row on the page."""
        pages = {row.period: row.pages for row in self.rows}
        month_of = {str(month): month for month in months}
        due = [row for row in self.rows if row.certificate or self._is_due(row, month_of[row.period], now)]
        return Customer(
            name=self.feed.name,
            server=self.feed.server,
            pages_by_month=[pages.get(str(month), 0) for month in months],
            devices=self.rows[0].devices,
            months_certified=sum(row.certificate is not None for row in due),
            months_due=len(due),
            deposited_through=self.feed.deposited_through,
            problem=self.problem,
        )

    def _is_due(self, row: ReportRow, month: Month, now: datetime) -> bool:
        """Whether its month is one to certify without being named: over, not before the connection, and not empty."""
        is_over = today(now, self.feed.timezone) > month.last_day
        is_empty = row.is_complete and not row.pages
        return is_over and not is_empty and month.first_day >= month_of_connection(self.feed).first_day


def _months_with_customers(plan: ReportPlan, seen: set[str]) -> list[Month]:
    """The report's months, but for those at either end in which no customer had any day."""
    months = list(months_since(plan.first, plan.last))
    with_rows = [place for place, month in enumerate(months) if str(month) in seen]
    return months[with_rows[0] : with_rows[-1] + 1] if with_rows else months


def _by_feed(part: _Part, plan: ReportPlan, now: datetime) -> Iterator[_FeedRows]:
    by_id = {one.feed.id: one for one in part.health.feeds}
    grouped: dict[tuple[str, str], list[ReportRow]] = {}
    for row in rows_of(part.ledger, part.feeds, plan, now):
        grouped.setdefault((row.server, row.feed), []).append(row)
    for feed in part.feeds:
        if rows := grouped.get((feed.server, feed.name)):
            yield _FeedRows(feed, rows, _problem(by_id.get(feed.id)))


_WORDS: Final = {
    Reason.SERVER_UNHEALTHY: "its server fails",
    Reason.FAILING: "failing",
    Reason.NOT_COLLECTED: "not collected",
    Reason.STALE: "no new data",
}


def _problem(found: FeedHealth | None) -> str | None:
    if found is None:
        return "has left"
    if found.feed.paused:
        return "paused"
    return _WORDS[found.reason] if found.reason is not None and found.is_wrong else None


def _problems(part: _Part, now: datetime) -> Iterator[str]:
    """What needs somebody, a line each, what many have in common first."""
    wrong = [one for one in part.shown if one.is_wrong]
    for server, ones in groupby((one for one in wrong if one.reason is Reason.SERVER_UNHEALTHY), _server):
        several = list(ones)
        yield f"{server}: {several[0].error}; {quantity(len(several), 'customer')} cannot be collected"
    yield from _held_back(part)
    not_collected = [one for one in wrong if one.reason is Reason.NOT_COLLECTED]
    if len(not_collected) > _NAMED_EACH:
        yield f"{len(not_collected):,} customers are not collected: {not_collected[0].error}"
        wrong = [one for one in wrong if one.reason is not Reason.NOT_COLLECTED]
    for one in wrong:
        if one.reason is not Reason.SERVER_UNHEALTHY:
            silence = f"{silence_since(one.feed.last_data_at, one.feed.timezone)}; is its DCA running?"
            yield f"{one.feed.name}: {one.error or silence}"
    ids = {feed.id for feed in part.feeds}
    yield from (f"{one.feed}: {one.why}" for one in delivery_problems(part.ledger, now) if one.feed_id in ids)


_NAMED_EACH: Final = 10
"""More customers with the same trouble have a line together."""


def _server(one: FeedHealth) -> str:
    return one.feed.server


def _held_back(part: _Part) -> Iterator[str]:
    """The readings that wait for a person."""
    held = part.ledger.anomalies.open_by_feed()
    waiting = [(feed, held[feed.id]) for feed in part.feeds if feed.id in held]
    if len(waiting) > _NAMED_EACH:
        total = sum(number for _, number in waiting)
        yield f"{total:,} readings of {len(waiting):,} customers wait for a decision: prsync anomaly list"
        return
    for feed, number in waiting:
        yield f"{feed.name}: {number:,} {'reading waits' if number == 1 else 'readings wait'} for a decision"
