"""`prsync report`: the manager's questions, each with one command, and the page in a real browser."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from tests.edges.months import collect, connect
from tests.support.browser import Browser, needs_axe
from tests.support.requirements import needs
from tests.system.at import always_at
from tests.system.terminal import shown_on_terminal

from prsync.core.model import Month
from prsync.reports.web_page import Customer, PageContents, page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Prsync

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script> "A" & \u202eB'


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    prsync.environment["TZ"] = "UTC"
    return always_at(NOW, prsync)


@pytest.fixture
def collected(prsync: Prsync) -> Prsync:
    prsync.state.parent.mkdir()
    for name in ("Acme A/S", "Ærø Færger"):
        connect(prsync.state, name, date(2026, 8, 1))
        collect(prsync.state, name, date(2026, 11, 23))
    return prsync


def test_a_table_ends_with_the_total(collected: Prsync) -> None:
    done = collected("report", "--from", "2026-08")
    assert (done.status, done.stderr) == (0, "")
    header, *rows, total = done.stdout.splitlines()
    assert header.split() == ["Feed", "Server", "Period", "Pages", "Trees", "Devices", "Complete", "Certificate"]
    assert rows[0].split() == ["Acme", "A/S", "main", "2026-08", "21,411", "2.57", "1", "yes", "-"]
    assert total == "2026-08 to 2026-10, 2 feeds: 132,440 pages, 15.89 trees"
    assert max(map(len, shown_on_terminal(collected, "report"))) <= 80


def test_formats_and_files_hold_the_same(collected: Prsync) -> None:
    document = collected("report", "--json").json()
    assert collected("report", "--format", "json").json() == document
    assert document.keys() == {"from", "to", "by", "rows", "total"}
    assert document["total"] == {"pages": 132440, "trees": "15.89"}
    text = collected("report", "--format", "csv").stdout
    assert len(text.splitlines()) == len(document["rows"]) + 1
    for name in ("report.csv", "report.json", "report.xlsx", "report.html"):
        done = collected("report", "--output", name)
        assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert (collected.home / "report.csv").read_text("utf-8") == text
    assert (collected.home / "report.xlsx").read_bytes().startswith(b"PK")
    # Again it is replaced, as by a nightly cron.
    assert collected("report", "--output", "report.html").status == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--format", "xml"], "--format xml: is none of table, csv, json"),
        (["--format", "html"], "--format html: is none of table, csv, json; --output FILE.html writes one"),
        (["--format", "csv", "--json"], "--format json (--json): is another format than csv"),
        (["--json", "--output", "report.csv"], "--format json (--json): is another format than report.csv"),
        (["--output", "report.pdf"], "--output report.pdf: ends in none of .csv, .xlsx, .html, .json"),
        (["--output", "report.html", "--by", "day"], "--by day: the page is by month"),
        (["--feed", "Nobody"], "no feed Nobody: prsync feed list shows those connected"),
    ],
)
def test_wrong_input_is_one_line(collected: Prsync, arguments: list[str], error: str) -> None:
    done = collected("report", *arguments)
    assert (done.status, done.stdout, done.stderr) == (2, "", f"prsync: {error}\n")
    assert not list(collected.home.glob("report.*"))


def test_one_ledger_under_two_names_counts_once(collected: Prsync) -> None:
    other = collected.state.with_name("other.db")
    other.symlink_to(collected.state)
    detour = f"{collected.state.parent}/../{collected.state.parent.name}/{collected.state.name}"
    states = [word for state in (collected.state, other, detour) for word in ("--state", state)]
    assert collected("report", *states, "--json").json() == collected("report", "--json").json()


def test_without_feeds_it_says_so(registered: Prsync) -> None:
    assert registered("report").stdout.startswith("No feed yet: ")
    assert registered("report", "--output", "report.html").status == 0


# The page.


def of(*names: str, months: int = 12, problem: str | None = None) -> PageContents:
    """A page of customers with these names."""
    begun = [Month(2025 + (number + 10) // 12, (number + 10) % 12 + 1) for number in range(months)]
    customers = [
        Customer(
            name=name,
            server="main",
            pages_by_month=[(place * 7919 + number * 104_729) % 9000 for number in range(months)],
            devices=place,
            months_certified=months - 1,
            months_due=months,
            deposited_through=date(2026, 11, 23),
            problem=problem if place == 0 else None,
        )
        for place, name in enumerate(names)
    ]
    problems = [f"{names[0]}: no new data since 2026-11-13"] if problem else []
    complete = [number < months - 1 for number in range(months)]
    return PageContents(months=begun, complete=complete, customers=customers, problems=problems, now=NOW)


class _References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "action", "data", "srcset"}]


def test_it_asks_nobody_for_anything_and_runs_no_script(collected: Prsync) -> None:
    assert collected("report", "--output", "report.html").status == 0
    text = (collected.home / "report.html").read_text("utf-8")
    parser = _References()
    parser.feed(text)
    assert parser.found == []
    assert parser.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert set(re.findall(r"url\(\"([a-z]+:[a-z]+/[a-z]+)", text)) == {"data:font/ttf"}
    assert "default-src 'none'" in text
    assert re.search(r"https?://", text) is None
    assert "15.89 <small>trees</small>" in text
    assert "Acme A/S" in text


def test_a_name_is_shown_and_never_obeyed() -> None:
    text = page(of(HOSTILE, problem="stale"))
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_a_customer_without_a_page_has_no_bar_and_one_month_is_a_page_too() -> None:
    text = page(of("Acme", months=1))
    assert "November 2025" in text
    empty = PageContents(months=[Month(2026, 1)], complete=[True], customers=[], now=NOW)
    assert "No customer has a day in this time." in page(empty)


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


@needs("chromium")
@needs_axe
@pytest.mark.parametrize(("width", "dark"), [(500, False), (1280, False), (1280, True)])
def test_it_passes_axe(browser: Browser, width: int, dark: bool) -> None:
    found = browser.axe(page(of("Acme A/S", "Ærø", HOSTILE, problem="stale")), width=width, dark=dark)
    assert [(rule["id"], [node["html"] for node in rule["nodes"]][:3]) for rule in found] == []


@needs("chromium")
@needs_axe
def test_axe_would_find_a_fault(browser: Browser) -> None:
    text = page(of("Acme")).replace("--grey: #5d6962", "--grey: #c0c8c2").replace('lang="en"', "")
    assert {"color-contrast", "html-has-lang"} <= {rule["id"] for rule in browser.axe(text, width=1280)}


@needs("chromium")
@pytest.mark.parametrize("width", [320, 400, 1280, 2560])
def test_nothing_is_wider_than_the_window(browser: Browser, width: int) -> None:
    text = page(of("Acme A/S", "Vereinigte Druck- und Verlagsanstalten" * 3, "x" * 200, months=24, problem="stale"))
    assert browser.overflow(text, width=width) == 0
