"""What the report's page says of its customers: nothing green that is not so, and what many have in common once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.months import NOW, collect, connect
from tests.services.running import NobodyWatches

from prsync.core.model import Health, Month
from prsync.services.certify import CertifyRequest, run_certify
from prsync.services.report import ReportRequest, plan_report
from prsync.services.report_page import page_contents
from prsync.store.feed_table import FeedRun
from prsync.store.ledger import Ledger
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.reports.web_page import PageContents

YESTERDAY = date(2026, 11, 23)
IN_AUGUST = datetime(2026, 8, 20, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def contents(path: Path, **asked: Any) -> PageContents:
    with Ledger(path) as ledger:
        return page_contents(plan_report([ledger], ReportRequest(**asked), NOW, "UTC"), NOW)


def ran(path: Path, *names: str) -> None:
    """Note that last night's sync was done with these feeds, and found them healthy."""
    night = NOW - timedelta(hours=5)
    with Ledger(path) as ledger:
        run_id = ledger.runs.start("sync", night)
        feed_ids = [ledger.feeds.find(name).id for name in names]
        ledger.feeds.begin_run(run_id, feed_ids)
        ledger.feeds.record_runs([FeedRun(feed_id, Health.HEALTHY, None) for feed_id in feed_ids], night)
        ledger.runs.finish(run_id, RunOutcome.OK, {}, night)


def change(path: Path, name: str, **changes: Any) -> None:
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find(name), changes)  # type: ignore[arg-type]


def test_nothing_flows_where_nobody_is_connected_or_all_are_paused(path: Path) -> None:
    with Ledger(path):
        pass
    assert contents(path).counts.sentences == ("Nothing, but no customer is collected now.",)
    connect(path, "Acme", date(2026, 8, 1), now=IN_AUGUST)
    collect(path, "Acme", date(2026, 9, 10))
    change(path, "Acme", paused=True)
    assert contents(path).counts.sentences == (
        "Nothing, but no customer is collected now.",
        "1 customer paused: its months stay open.",
    )


def test_one_who_is_new_has_no_data_that_flow(path: Path) -> None:
    connect(path, "Acme", date(2026, 8, 1), now=IN_AUGUST)
    collect(path, "Acme", YESTERDAY)
    ran(path, "Acme")
    connect(path, "Today", date(2026, 11, 24))
    assert contents(path).counts.sentences == (
        "Nothing: the data of 1 customer flow, and no reading waits for a decision.",
        "1 customer connected, of whom no data have come yet.",
    )
    assert contents(path, feeds=("Today",)).counts.flowing == 0


def test_a_month_between_others_stays_and_those_at_either_end_go(path: Path) -> None:
    connect(path, "One", date(2026, 1, 1), now=datetime(2026, 1, 1, tzinfo=UTC))
    collect(path, "One", date(2026, 2, 20))
    change(path, "One", deactivated_on=date(2026, 2, 20))
    connect(path, "Two", date(2026, 8, 1), now=IN_AUGUST)
    collect(path, "Two", YESTERDAY)
    found = contents(path)
    assert found.months == [Month(2026, number) for number in range(1, 11)]
    assert found.pages_by_month[2:7] == [0] * 5
    empty = contents(path, first="2026-04", last="2026-06")
    assert (empty.months, empty.customers) == ([Month(2026, number) for number in (4, 5, 6)], [])


def test_only_months_that_certify_would_issue_are_due(path: Path, tmp_path: Path) -> None:
    connect(path, "Acme", date(2026, 6, 1), now=IN_AUGUST)  # two months are history
    collect(path, "Acme", YESTERDAY)
    (acme,) = contents(path, last="2026-11").customers
    assert (acme.months_certified, acme.months_due) == (0, 3)
    with Ledger(path) as ledger:
        wanted = CertifyRequest(months=("2026-06", "2026-10"), folder=tmp_path)
        run_certify(ledger, wanted, now=NOW, local_timezone="UTC", watch=NobodyWatches())
    (acme,) = contents(path, last="2026-11").customers
    assert (acme.months_certified, acme.months_due) == (2, 4)


def test_a_server_that_fails_is_one_line_whatever_the_number_of_its_customers(path: Path) -> None:
    for number in range(3):
        connect(path, f"Customer {number}", date(2026, 8, 1), now=IN_AUGUST)
    with Ledger(path) as ledger:
        ledger.servers.record_health(ledger.servers.named("main"), "login refused", NOW)
    assert contents(path).problems == ["main: login refused; 3 customers cannot be collected"]


def test_what_nobody_collects_is_one_line_where_it_is_more_than_ten(path: Path) -> None:
    for number in range(11):
        connect(path, f"Customer {number}", date(2026, 8, 1), now=IN_AUGUST)
    (line,) = contents(path).problems
    assert line.startswith("11 customers are not collected: no sync has come to it")
    assert len(contents(path, feeds=("Customer 1", "Customer 2")).problems) == 2


def test_of_how_many_customers_days_are_missing(path: Path) -> None:
    connect(path, "Acme", date(2026, 8, 1), now=IN_AUGUST)
    connect(path, "Bog", date(2026, 8, 1), now=IN_AUGUST)
    collect(path, "Acme", YESTERDAY)
    collect(path, "Bog", date(2026, 9, 29))
    found = contents(path)
    assert list(found.complete) == [True, False, False]
    assert found.customers_incomplete == 1


def test_two_customers_of_one_name_are_told_apart(path: Path, tmp_path: Path) -> None:
    connect(path, "Acme", date(2026, 8, 1), now=IN_AUGUST)
    other = tmp_path / "other.db"
    connect(other, "Acme", date(2026, 8, 1), now=IN_AUGUST)
    change(other, "Acme", organization_id="else", organization_name="Acme")
    with Ledger(path) as first, Ledger(other) as second:
        plan = plan_report([first, second], ReportRequest(), NOW, "UTC")
        assert page_contents(plan, NOW).names_twice == {"Acme"}
