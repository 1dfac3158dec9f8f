"""A run of certify: which month of which feeds, one run at a time, and what it leaves in the ledger."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.months import collected
from tests.edges.months import connect as connected
from tests.services.running import NobodyWatches
from tests.support import rows

from prsync.certificates.drawn.page import draw_page
from prsync.errors import InvalidValueError, LockedError, NotFoundError
from prsync.process.lock import hold
from prsync.services.certify import CertifyRequest, run_certify
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.certificates.certify_report import CertifyReport
    from prsync.certificates.facts import Facts
    from prsync.services.watch import Watch

NOW = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
END_OF_OCTOBER = date(2026, 10, 31)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger: Acme's October is complete, Beta's is not, Later begins after it."""
    path = tmp_path / "ledger.db"
    collected(path, "Acme", date(2026, 10, 26), END_OF_OCTOBER)
    collected(path, "Beta", date(2026, 10, 26), date(2026, 10, 30))
    connected(path, "Later", date(2026, 11, 1))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "certificates"


def certify(
    path: Path,
    folder: Path,
    *,
    month: str | None = None,
    since: str | None = None,
    feeds: tuple[str, ...] = (),
    reissue: tuple[str, str] | None = None,
    allow_incomplete: bool = False,
    now: datetime = NOW,
    local_timezone: str = "UTC",
    watch: Watch | None = None,
) -> CertifyReport:
    request = CertifyRequest(
        months=() if month is None else (month,),
        since=since,
        feeds=feeds,
        reissue=reissue,
        folder=folder,
        allow_incomplete=allow_incomplete,
    )
    with Ledger(path) as ledger:
        return run_certify(ledger, request, now=now, local_timezone=local_timezone, watch=watch or NobodyWatches())


def outcomes(report: CertifyReport) -> dict[str, str]:
    return {certificate.feed: certificate.outcome for certificate in report.certificates}


# 1. Which month, of which feeds.


@pytest.mark.parametrize(
    ("now", "local_timezone", "month"),
    [
        (NOW, "UTC", "2026-10"),
        (datetime(2026, 10, 31, 12, 30, tzinfo=UTC), "UTC", "2026-09"),
        (datetime(2026, 10, 31, 12, 30, tzinfo=UTC), "Pacific/Auckland", "2026-10"),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), "UTC", "2026-12"),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), "America/New_York", "2026-11"),
    ],
)
def test_where_none_is_said_it_is_last_month_by_the_machines_clock(
    path: Path, folder: Path, now: datetime, local_timezone: str, month: str
) -> None:
    assert str(certify(path, folder, now=now, local_timezone=local_timezone).month) == month


def test_every_feed_that_has_a_day_in_the_month_is_due(path: Path, folder: Path) -> None:
    report = certify(path, folder)
    assert outcomes(report) == {"Acme": "issued", "Beta": "pending"}
    assert report.ok is False
    assert [file.name[:12] for file in folder.iterdir()] == ["2026-10_Acme"]


def test_a_pending_month_says_what_it_waits_for(path: Path, folder: Path) -> None:
    _, beta = certify(path, folder).certificates
    assert beta.error == ("2026-10 is not complete: deposited through 2026-10-30; prsync sync collects the rest")
    (later,) = certify(path, folder, month="2026-11", feeds=("Later",)).certificates
    assert later.error == "2026-11 is not over until the end of 2026-11-30, by the clock of UTC"


def test_an_incomplete_month_is_certified_provisionally_if_that_is_allowed(path: Path, folder: Path) -> None:
    report = certify(path, folder, allow_incomplete=True)
    assert (outcomes(report), report.ok) == ({"Acme": "issued", "Beta": "issued"}, True)
    provisional = rows(path, "SELECT provisional FROM certificates ORDER BY id")
    assert [row["provisional"] for row in provisional] == [0, 1]


def test_again_nothing_is_issued_and_a_lost_file_is_restored(path: Path, folder: Path) -> None:
    certify(path, folder)
    assert outcomes(certify(path, folder, feeds=("Acme",))) == {"Acme": "unchanged"}
    for file in folder.iterdir():
        file.unlink()
    assert outcomes(certify(path, folder, feeds=("Acme",))) == {"Acme": "restored"}


def test_a_feed_named_by_name_and_by_id_is_certified_once(path: Path, folder: Path) -> None:
    assert outcomes(certify(path, folder, feeds=("Acme", "1", "Acme"))) == {"Acme": "issued"}
    assert len(certify(path, folder, feeds=("Acme", "1")).certificates) == 1


def test_a_month_before_every_feed_is_nobodys(path: Path, folder: Path) -> None:
    report = certify(path, folder, month="2026-09")
    assert (report.certificates, report.ok) == ([], True)


def test_a_month_has_begun_as_soon_as_it_has_for_one_of_the_feeds(path: Path, folder: Path) -> None:
    connected(path, "Auckland", date(2026, 10, 1), "Pacific/Auckland")
    evening = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    assert outcomes(certify(path, folder, month="2026-12", now=evening))["Auckland"] == "pending"
    with pytest.raises(InvalidValueError, match="--month 2026-12: has not begun yet"):
        certify(path, folder, month="2026-12", feeds=("Acme",), now=evening)


@pytest.mark.parametrize(
    ("month", "feeds", "error"),
    [
        ("2026-13", (), "--month 2026-13: is no month; write it as 2026-11"),
        ("november", (), "--month november: is no month; write it as 2026-11"),
        ("2026-12", (), "--month 2026-12: has not begun yet"),
        (None, ("Acme", "Later"), "--feed Later: begins on 2026-11-01, after 2026-10"),
        (None, ("Nobody",), "no feed Nobody: prsync feed list shows those connected"),
    ],
)
def test_what_cannot_be_certified_is_told_and_changes_nothing(
    path: Path, folder: Path, month: str | None, feeds: tuple[str, ...], error: str
) -> None:
    with pytest.raises((InvalidValueError, NotFoundError)) as refused:
        certify(path, folder, month=month, feeds=feeds)
    assert str(refused.value) == error
    assert not folder.exists()
    assert rows(path, "SELECT * FROM runs") == []


@pytest.mark.parametrize(("folder_name", "reason"), [("file", "File exists"), ("file/folder", "Not a directory")])
def test_a_folder_that_cannot_be_made_is_told(path: Path, tmp_path: Path, folder_name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidValueError, match=f"cannot be made: {reason}"):
        certify(path, tmp_path / folder_name)
    assert rows(path, "SELECT * FROM runs") == []


# 2. The run.


def test_a_run_leaves_a_row_with_its_document(path: Path, folder: Path) -> None:
    report = certify(path, folder)
    with Ledger(path) as ledger:
        (run,) = ledger.runs.last(9)
    assert (run.command, run.started_at, run.outcome) == ("certify", NOW, "failed")
    assert json.loads(run.summary or "") == report.document()
    acme = report.document()["certificates"][0]  # type: ignore[index]
    assert list(acme) == [
        "feed",
        "month",
        "outcome",
        "number",
        "revision",
        "pages",
        "trees",
        "file",
        "language",
        "provisional",
        "error",
    ]


def test_one_run_at_a_time(path: Path, folder: Path) -> None:
    with hold(path, "certify", "the certificates", NOW), pytest.raises(LockedError, match="is at the certificates"):
        certify(path, folder)
    assert rows(path, "SELECT * FROM runs") == rows(path, "SELECT * FROM certificates") == []


class Diary(NobodyWatches):
    """A Watch that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def begin(self, days: int) -> None:
        self.told.append(days)

    def feed(self, name: str, days: int) -> None:
        self.told.append((name, days))

    def day(self) -> None:
        self.told.append("done")


def test_whoever_watches_is_told_of_each_feed_as_its_turn_comes_and_ends(path: Path, folder: Path) -> None:
    diary = Diary()
    certify(path, folder, watch=diary)
    assert diary.told == [2, ("Acme", 1), "done", ("Beta", 1), "done"]


def test_an_error_that_nobody_foresaw_fails_its_feed_and_keeps_its_frames_in_the_runs_summary(
    path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_for_acme(facts: Facts, *rest: Any) -> bytes:
        if facts.feed == "Acme":
            raise ZeroDivisionError("TEMPTING value")
        return draw_page(facts, *rest)

    # Nothing that a customer's data may hold makes the page fail in a way that is not foreseen.
    monkeypatch.setattr("prsync.certificates.issue.draw_page", fails_for_acme)
    report = certify(path, folder, allow_incomplete=True)
    assert outcomes(report) == {"Acme": "failed", "Beta": "issued"}
    summary = rows(path, "SELECT summary FROM runs")[0]["summary"]
    (fault,) = json.loads(summary)["faults"]
    assert (fault["feed"], fault["error"]) == ("Acme", "ZeroDivisionError")
    assert any("prsync/certificates/issue.py:" in frame for frame in fault["frames"])
    assert "TEMPTING" not in summary
    assert "faults" not in report.document()


class FullDisk(NobodyWatches):
    """From the first feed's turn to the last one's end there is no room for another page of the database."""

    def __init__(self, ledger: Ledger, feeds: int) -> None:
        self._sqlite, self._feeds = ledger._connection.sqlite, feeds

    def begin(self, days: int) -> None:  # noqa: ARG002  as a Watch
        (pages,) = self._sqlite.execute("PRAGMA page_count").fetchone()
        self._sqlite.execute(f"PRAGMA max_page_count = {pages}")

    def day(self) -> None:
        self._feeds -= 1
        if self._feeds == 0:
            self._sqlite.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_is_told_with_what_to_do_and_with_room_the_next_run_issues_the_rest(
    tmp_path: Path, folder: Path
) -> None:
    path, names = tmp_path / "full.db", [f"Feed {number}" for number in range(12)]
    for name in names:
        collected(path, name, END_OF_OCTOBER, END_OF_OCTOBER)
    request = CertifyRequest(folder=folder)
    with Ledger(path) as ledger:
        full = FullDisk(ledger, len(names))
        report = run_certify(ledger, request, now=NOW, local_timezone="UTC", watch=full)
    failed = [certificate for certificate in report.certificates if certificate.outcome == "failed"]
    assert failed
    for certificate in failed:
        assert certificate.error == (
            f"the ledger {path} cannot be used: the disk is full; what was deposited stays, make room and the next run"
            " goes on from there"
        )
    assert len(list(folder.iterdir())) == len(names) - len(failed)
    assert set(outcomes(certify(path, folder)).values()) == {"issued", "unchanged"}
