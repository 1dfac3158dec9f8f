"""A report's rows against the ledger: to the page, whatever the period, and complete only where each day is there."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.edges.months import NOW, collect, connect
from tests.services.running import NobodyWatches
from tests.support import rows as sql

from prsync.core.trees import trees
from prsync.errors import InvalidValueError, NotFoundError
from prsync.reports.csv_file import write_csv
from prsync.reports.report_rows import COLUMNS, ReportRow, Totals
from prsync.services.certify import CertifyRequest, run_certify
from prsync.services.report import ReportRequest, plan_report, report_rows, spreadsheet_of
from prsync.store.ledger import Ledger

SINCE_JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Acme since July through yesterday; Bog since the middle of August, silent since October; Later begins today."""
    path = tmp_path_factory.mktemp("collected") / "ledger.db"
    connect(path, "Acme", date(2026, 7, 1), now=SINCE_JULY)
    connect(path, "=Bog", date(2026, 8, 16), now=SINCE_JULY)
    connect(path, "Later", date(2026, 11, 24))
    collect(path, "Acme", date(2026, 11, 23))
    collect(path, "=Bog", date(2026, 10, 4))
    return path


@pytest.fixture
def path(collected: Path, tmp_path: Path) -> Path:
    """A copy of that ledger."""
    return Path(shutil.copyfile(collected, tmp_path / "ledger.db"))


def report(path: Path, **asked: Any) -> list[ReportRow]:
    with Ledger(path) as ledger:
        plan = plan_report([ledger], ReportRequest(**asked), NOW, "UTC")
        return list(report_rows(plan, NOW))


def figures(found: list[ReportRow], feed: str) -> dict[str, tuple[int, bool]]:
    return {row.period: (row.pages, row.is_complete) for row in found if row.feed == feed}


def deposited(path: Path, feed: str, period: str) -> int:
    total = "SELECT coalesce(sum(pages), 0) AS pages FROM deposits JOIN feeds ON feeds.id = feed_id"
    (row,) = sql(path, f"{total} WHERE name = '{feed}' AND date LIKE '{period}%'")
    return int(row["pages"])


def test_without_a_word_it_is_the_twelve_months_that_are_over(path: Path) -> None:
    with Ledger(path) as ledger:
        plan = plan_report([ledger], ReportRequest(), NOW, "UTC")
    assert (str(plan.first), str(plan.last)) == ("2025-11", "2026-10")
    found = report(path)
    assert list(figures(found, "Acme")) == ["2026-07", "2026-08", "2026-09", "2026-10"]
    assert list(figures(found, "=Bog")) == ["2026-08", "2026-09", "2026-10"]
    assert figures(found, "Later") == {}


@pytest.mark.parametrize("by", ["day", "month", "year"])
def test_each_row_has_the_pages_that_the_ledger_has(path: Path, by: str) -> None:
    found = report(path, by=by, last="2026-11", first="2026-07")
    assert found
    for row in found:
        assert row.pages == deposited(path, row.feed, row.period)
    totals = Totals()
    assert len(list(totals.counting(iter(found)))) == len(found)
    (all_pages,) = sql(path, "SELECT sum(pages) AS pages FROM deposits")
    assert totals.pages == all_pages["pages"]
    # Rounded trees of rows do not add up: the total's come from its pages.
    assert totals.trees == trees(totals.pages)


def test_a_period_is_complete_where_each_of_its_days_is_deposited(path: Path) -> None:
    by_month = report(path, first="2026-07", last="2026-11")
    assert [complete for _, complete in figures(by_month, "Acme").values()] == [True, True, True, True, False]
    # Bog began in the middle of August, and is silent since the fourth of October.
    assert [complete for _, complete in figures(by_month, "=Bog").values()] == [True, True, False, False]
    by_day = figures(report(path, by="day", first="2026-10", last="2026-11"), "=Bog")
    assert (by_day["2026-10-04"][1], by_day["2026-10-05"], max(by_day)) == (True, (0, False), "2026-11-23")


def test_a_year_is_complete_where_all_its_days_are_in_the_report_and_deposited(tmp_path: Path) -> None:
    path = tmp_path / "years.db"
    connect(path, "Acme", date(2025, 3, 10), now=datetime(2025, 3, 10, tzinfo=UTC))
    collect(path, "Acme", date(2026, 11, 23))
    whole, part = (True, False)
    assert _complete(path) == {"2025": whole, "2026": part}  # from January on, also where no month is named
    assert _complete(path, first="2025-01", last="2025-12") == {"2025": whole}
    assert _complete(path, first="2025-11", last="2026-10") == {"2025": part, "2026": part}
    assert _complete(path, first="2025-01", last="2025-11") == {"2025": part}
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"deactivated_on": date(2026, 11, 23)})
    assert _complete(path, last="2026-12") == {"2026": whole}


def _complete(path: Path, **asked: Any) -> dict[str, bool]:
    return {row.period: row.is_complete for row in report(path, by="year", **asked)}


def test_a_customer_who_has_left_has_no_row_after_it_and_a_complete_last_month(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("=Bog"), {"deactivated_on": date(2026, 10, 4)})
    assert figures(report(path, first="2026-10", last="2026-11"), "=Bog") == {
        "2026-10": (deposited(path, "=Bog", "2026-10"), True)
    }


def test_a_month_has_the_number_of_its_current_certificate(path: Path, tmp_path: Path) -> None:
    request = CertifyRequest(months=("2026-08",), folder=tmp_path)
    with Ledger(path) as ledger:
        certified = run_certify(ledger, request, now=NOW, local_timezone="UTC", watch=NobodyWatches())
        run_certify(
            ledger,
            CertifyRequest(reissue=("Acme", "2026-08"), folder=tmp_path),
            now=NOW,
            local_timezone="UTC",
            watch=NobodyWatches(),
        )
    assert len(certified.certificates) == 2
    numbers = {row.period: row.certificate for row in report(path) if row.feed == "Acme"}
    assert numbers["2026-07"] is None
    assert numbers["2026-08"] is not None
    assert "-R2-" in numbers["2026-08"]


def test_feeds_and_servers_that_are_named(path: Path) -> None:
    assert {row.feed for row in report(path, feeds=("=Bog", "2"))} == {"=Bog"}
    assert {row.feed for row in report(path, servers=("main",))} == {"Acme", "=Bog"}
    with pytest.raises(NotFoundError):
        report(path, feeds=("Nobody",))


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"by": "week"}, "--by week: is neither day, month nor year"),
        ({"first": "2026"}, "--from 2026: is no month; write it as 2026-11"),
        ({"first": "2026-10", "last": "2026-09"}, "--from 2026-10: is after 2026-09, the last month of the report"),
        ({"first": "2026-12", "last": "2026-12"}, "--from 2026-12: has not begun yet"),
        ({"first": "2026-12"}, "--from 2026-12: has not begun yet"),
        (
            {"first": "2026-11"},
            "--from 2026-11: is after 2026-10, the last month of the report; --to 2026-11 has it in the report, too",
        ),
    ],
)
def test_what_cannot_be_is_refused(path: Path, asked: dict[str, str], error: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        report(path, **asked)
    assert str(refused.value) == error


def test_one_organization_in_two_ledgers_would_count_twice(path: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copyfile(path, tmp_path / "copy.db"))
    with Ledger(path) as first, Ledger(copy) as second:
        with pytest.raises(InvalidValueError) as refused:
            plan_report([first, second], ReportRequest(), NOW, "UTC")
        assert str(refused.value) == (f"--state {copy}: has days of =Bog that {path} has too: they would count twice")
        # One whose days are in one of the ledgers each is a customer who has moved.
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute(
                "UPDATE feeds SET activation_date = '2026-11-24', synced_through = '2026-11-23',"
                " looked_through = '2026-11-23'"
            )
        assert plan_report([first, second], ReportRequest(feeds=("=Bog",)), NOW, "UTC").feed_count == 2
        with pytest.raises(InvalidValueError, match=r"--feed 2: is an id, and another feed's in each ledger"):
            plan_report([first, second], ReportRequest(feeds=("2",)), NOW, "UTC")


def test_csv_has_a_row_for_each_and_no_totals(path: Path) -> None:
    found = report(path)
    text = io.StringIO(newline="")
    write_csv(found, text)
    header, *lines = csv.reader(text.getvalue().splitlines())
    assert tuple(header) == COLUMNS
    assert len(lines) == len(found)
    first = found[0]
    assert lines[0] == [
        *(first.feed, "main", first.period, str(first.pages), str(first.trees), "1"),
        *("yes" if first.is_complete else "no", ""),
    ]


def test_a_rows_document_can_be_written_as_json(path: Path) -> None:
    document = json.loads(json.dumps(report(path)[0].document()))
    assert tuple(document) == COLUMNS
    assert isinstance(document["trees"], str)


@pytest.mark.parametrize(
    ("by", "period"),
    [("month", datetime(2026, 8, 1)), ("day", datetime(2026, 8, 16)), ("year", 2026)],  # noqa: DTZ001
)
def test_a_spreadsheet_read_by_another_library_has_the_ledgers_pages(path: Path, by: str, period: object) -> None:
    with Ledger(path) as ledger:
        plan = plan_report([ledger], ReportRequest(by=by), NOW, "UTC")
        file = spreadsheet_of(plan, NOW)
    workbook = openpyxl.load_workbook(io.BytesIO(file))
    header, *lines = workbook["Pages"].iter_rows(values_only=True)
    assert header == COLUMNS
    found = report(path, by=by)
    assert [(line[0], line[3]) for line in lines] == [(row.feed, row.pages) for row in found]
    # A name that begins like a formula is a name; numbers are numbers, and dates dates.
    assert lines[0][0] == "=Bog"
    assert lines[0][2] == period
    assert isinstance(lines[0][3], int)
    assert lines[0][4] == pytest.approx(float(found[0].trees))
    assert lines[0][6] is found[0].is_complete
    (_, total, _, of) = workbook["Total"].iter_rows(values_only=True)
    pages = sum(row.pages for row in found)
    assert total == (pages, pytest.approx(float(trees(pages))))
    span = "2025-01 to 2026-10" if by == "year" else "2025-11 to 2026-10"
    assert of == (f"{span}, 3 feeds", None)
    # What is not there is an empty cell, or a count of the certificates would count it.
    assert workbook["Pages"]["H2"].value is None
    assert workbook["Pages"].print_title_rows == "$1:$1"
