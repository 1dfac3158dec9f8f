"""The report as a page of HTML: its months, a row for each customer, and what needs somebody now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.certificates.due import months_since
from prsync.core.feed_health import silence_since
from prsync.errors import InvalidValueError
from prsync.reports.report_rows import ReportRow, Unit
from prsync.reports.web_page import Customer, PageContents, page
from prsync.services.delivery_health import delivery_problems
from prsync.services.health import last_health
from prsync.services.report import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from prsync.services.health import FeedHealth
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
    for row in rows_of(ledger, feeds, plan, now):
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
