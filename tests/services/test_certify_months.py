"""Which months a run of certify is about: what comes late is certified when it is there, and nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.months import collect, collected, connect, pages_on
from tests.services.running import NobodyWatches
from tests.support import rows

from prsync.certificates import issue
from prsync.certificates.strays import stray_files
from prsync.core.model import Health
from prsync.core.periods import days
from prsync.errors import CertificateFileError, InvalidValueError
from prsync.services.certify import CertifyRequest, run_certify
from prsync.store.feed_table import FeedRun
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.certificates.certify_report import CertifyReport

JULY = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)
"""When the feeds of these tests are connected."""
OCTOBER = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def connected_in_july(path: Path, name: str, activation_date: date, through: date | None = None) -> None:
    connect(path, name, activation_date, now=JULY)
    if through is not None:
        collect(path, name, through)


def certify(path: Path, *, now: datetime = OCTOBER, **asked: Any) -> CertifyReport:
    request = CertifyRequest(folder=path.with_name("certificates"), **asked)
    with Ledger(path) as ledger:
        return run_certify(ledger, request, now=now, local_timezone="UTC", watch=NobodyWatches())


def outcomes(report: CertifyReport) -> list[tuple[str, str, str]]:
    return [(one.feed, str(one.month), one.outcome) for one in report.certificates]


def test_a_month_whose_data_come_late_gets_its_certificate_when_they_are_there(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 20))
    report = certify(path)
    assert outcomes(report) == [
        ("Acme", "2026-07", "issued"),
        ("Acme", "2026-08", "pending"),
        ("Acme", "2026-09", "pending"),
    ]
    assert report.ok is False
    collect(path, "Acme", date(2026, 9, 30))
    # July is certified, and is not looked at again.
    assert outcomes(certify(path)) == [("Acme", "2026-08", "issued"), ("Acme", "2026-09", "issued")]
    assert outcomes(certify(path)) == [("Acme", "2026-09", "unchanged")]


def test_history_from_before_the_feed_was_connected_is_certified_only_where_it_is_named(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 3, 1), date(2026, 9, 30))
    assert [month for _, month, _ in outcomes(certify(path))] == ["2026-07", "2026-08", "2026-09"]
    named = certify(path, months=("2026-04", "2026-03", "2026-04"))
    assert outcomes(named) == [("Acme", "2026-03", "issued"), ("Acme", "2026-04", "issued")]
    since = certify(path, since="2026-04")
    assert [(month, outcome) for _, month, outcome in outcomes(since)] == [
        ("2026-04", "unchanged"),
        ("2026-05", "issued"),
        ("2026-06", "issued"),
        ("2026-07", "unchanged"),
        ("2026-08", "unchanged"),
        ("2026-09", "unchanged"),
    ]


def test_the_last_month_is_certified_even_if_the_feed_was_connected_after_it(path: Path) -> None:
    connect(path, "Acme", date(2026, 9, 1), now=OCTOBER)
    collect(path, "Acme", date(2026, 9, 30))
    assert outcomes(certify(path)) == [("Acme", "2026-09", "issued")]


def test_days_that_join_in_front_later_make_a_revision_without_being_named(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 9, 30))
    certify(path)
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"joining_from": date(2026, 7, 5)})
    collect(path, "Acme", date(2026, 9, 30))
    july, _ = certify(path).certificates
    assert july.certificate is not None
    assert (str(july.month), july.outcome, july.certificate.revision) == ("2026-07", "issued", 2)
    assert july.certificate.pages == sum(map(pages_on, days(date(2026, 7, 5), date(2026, 7, 31))))


def test_a_provisional_one_is_replaced_when_its_month_is_complete(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 20))
    certify(path, months=("2026-08",), allow_incomplete=True)
    collect(path, "Acme", date(2026, 9, 30))
    assert ("Acme", "2026-08", "issued") in outcomes(certify(path))
    assert [row["provisional"] for row in rows(path, "SELECT * FROM certificates WHERE month = '2026-08'")] == [1, 0]


def test_a_month_without_any_page_is_listed_and_no_failure(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 9, 30))
    # As a customer who was on holiday: the server has answered for each day, and nothing was printed.
    with Ledger(path) as ledger:
        connection = ledger._connection
        for table in ("deposits_never_change",):
            connection.run(f"DROP TRIGGER {table}")
        connection.run("UPDATE deposits SET pages = 0 WHERE date LIKE '2026-08-%'")
    report = certify(path)
    assert outcomes(report)[1] == ("Acme", "2026-08", "empty")
    assert report.ok
    assert rows(path, "SELECT * FROM certificates WHERE month = '2026-08'") == []


def test_the_months_of_a_paused_feed_wait_without_failing(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 20))
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"paused": True})
    report = certify(path)
    assert [outcome for _, _, outcome in outcomes(report)] == ["issued", "pending", "pending"]
    assert report.ok
    assert report.document()["ok"] is True


def test_a_feeds_new_name_is_for_the_months_to_come_and_a_revision_is_made_where_it_is_asked_for(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 31))
    certify(path, months=("2026-07",))
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"name": "Acme Group"})
    certify(path, now=datetime(2026, 9, 2, tzinfo=UTC))
    names = rows(path, "SELECT month, revision, json_extract(facts, '$.feed') AS feed FROM certificates ORDER BY id")
    assert [tuple(row.values()) for row in names] == [("2026-07", 1, "Acme"), ("2026-08", 1, "Acme Group")]

    (again,) = certify(path, reissue=("Acme Group", "2026-07")).certificates
    assert again.certificate is not None
    assert (again.outcome, again.certificate.revision) == ("issued", 2)
    with Ledger(path) as ledger:
        (current,) = ledger.certificates.find_by_numbers([again.certificate.number])
    assert current.feed == "Acme Group"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (
            {"reissue": ("Acme", "2026-08")},
            (
                "--reissue Acme 2026-08: no certificate of that month has been issued;"
                " prsync certify --month 2026-08 --feed Acme issues one"
            ),
        ),
        ({"reissue": ("Acme", "August")}, "--reissue August: is no month; write it as 2026-11"),
        (
            {"reissue": ("Acme", "2026-08"), "months": ("2026-08",)},
            "--reissue and --month, --since or --feed: it names its feed and month itself",
        ),
        ({"since": "2026-10"}, "--since 2026-10: is after 2026-09, the last month that is over"),
        ({"since": "2026"}, "--since 2026: is no month; write it as 2026-11"),
    ],
)
def test_what_cannot_be_is_refused(path: Path, asked: dict[str, Any], error: str) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 31))
    with pytest.raises(InvalidValueError) as refused:
        certify(path, **asked)
    assert str(refused.value) == error
    assert rows(path, "SELECT * FROM runs") == []


# A customer who has left.


@pytest.fixture
def left(path: Path) -> Path:
    """Acme has left on the 14th of August."""
    collected(path, "Acme", date(2026, 7, 10), date(2026, 8, 14))
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"deactivated_on": date(2026, 8, 14)})
    return path


def test_the_last_month_of_one_who_has_left_is_complete_and_says_through_which_day(left: Path) -> None:
    report = certify(left, since="2026-07")
    assert outcomes(report) == [("Acme", "2026-07", "issued"), ("Acme", "2026-08", "issued")]
    facts = [row["facts"] for row in rows(left, "SELECT * FROM certificates ORDER BY month")]
    assert ['"last_day": "2026-07-31"' in facts[0], '"last_day": "2026-08-14"' in facts[1]] == [True, True]


def test_there_is_no_month_after_it(left: Path) -> None:
    assert outcomes(certify(left)) == []
    with pytest.raises(InvalidValueError, match="--feed Acme: ends on 2026-08-14, before 2026-09"):
        certify(left, feeds=("Acme",))
    with pytest.raises(InvalidValueError, match="--feed Acme: ends on 2026-08-14, before 2026-09"):
        certify(left, feeds=("Acme",), months=("2026-09", "2026-10"))


def test_one_who_has_left_is_named_and_gets_what_is_due(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 14))
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"deactivated_on": date(2026, 8, 14)})
    assert outcomes(certify(path, feeds=("Acme",))) == [("Acme", "2026-07", "issued"), ("Acme", "2026-08", "issued")]


def test_should_they_come_back_the_month_waits_again_and_gets_a_revision(left: Path) -> None:
    certify(left, months=("2026-08",))
    with Ledger(left) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"deactivated_on": None})
    collect(left, "Acme", date(2026, 9, 30))
    assert outcomes(certify(left))[0] == ("Acme", "2026-08", "issued")
    assert [row["revision"] for row in rows(left, "SELECT * FROM certificates WHERE month = '2026-08'")] == [1, 2]


def test_an_incomplete_month_without_a_page_is_pending_and_not_empty(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 14))
    report = certify(path, months=("2026-09",), allow_incomplete=True)
    assert outcomes(report) == [("Acme", "2026-09", "pending")]
    assert not report.ok


def test_what_the_last_sync_failed_with_is_what_a_month_waits_for(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 8, 14))
    with Ledger(path) as ledger:
        ledger.feeds.record_runs([FeedRun(ledger.feeds.find("Acme").id, Health.HEALTHY, "404: it is gone")], OCTOBER)
    (waiting,) = certify(path, months=("2026-08",)).certificates
    assert waiting.error == (
        "2026-08 is not complete: deposited through 2026-08-14; the last sync of it failed: 404: it is gone"
    )


def test_a_provisional_one_of_history_that_was_named_once_is_replaced_too(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 3, 1), date(2026, 3, 20))
    assert outcomes(certify(path, months=["2026-03"], allow_incomplete=True)) == [("Acme", "2026-03", "issued")]
    collect(path, "Acme", date(2026, 9, 30))
    issued = [one for one in outcomes(certify(path)) if one[2] == "issued"]
    assert issued == [("Acme", f"2026-{month:02}", "issued") for month in (3, 7, 8, 9)]
    assert rows(path, "SELECT revision, provisional FROM certificates WHERE month = '2026-03' ORDER BY revision") == [
        {"revision": 1, "provisional": 1},
        {"revision": 2, "provisional": 0},
    ]


def test_a_file_that_could_not_be_written_is_written_by_the_next_run_whatever_its_month(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 1), date(2026, 9, 30))

    def fails(file: Path, _: bytes) -> None:
        raise CertificateFileError(file, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(issue, "write_atomically", fails)
        assert [outcome for _, _, outcome in outcomes(certify(path))] == ["failed"] * 3
    # Another feed's run that is well hides nothing.
    connected_in_july(path, "Bog", date(2026, 7, 1), date(2026, 9, 30))
    assert certify(path, feeds=["Bog"]).ok
    after = [one for one in outcomes(certify(path)) if one[0] == "Acme"]
    assert after == [("Acme", f"2026-0{month}", "restored") for month in (7, 8, 9)]
    assert [one for one in outcomes(certify(path)) if one[0] == "Acme"] == [("Acme", "2026-09", "unchanged")]
    assert rows(path, "SELECT * FROM unwritten_certificates") == []


def test_a_revision_whose_file_could_not_be_written_is_written_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connected_in_july(path, "Acme", date(2026, 7, 10), date(2026, 9, 30))
    assert certify(path).ok
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        ledger.feeds.update(feed, {"joining_from": date(2026, 7, 1)})
    collect(path, "Acme", date(2026, 9, 30))

    def fails(file: Path, _: bytes) -> None:
        raise CertificateFileError(file, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(issue, "write_atomically", fails)
        assert certify(path).ok is False
    assert ("Acme", "2026-07", "restored") in outcomes(certify(path))
    folder = path.with_name("certificates")
    assert [file.name.split("-R")[1][:1] for file in sorted(folder.glob("2026-07*.pdf"))] == ["2"]


def test_what_was_issued_after_the_backup_that_was_restored_is_told(path: Path, tmp_path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 30))
    connected_in_july(path, "Acme B", date(2026, 9, 1), date(2026, 9, 30))
    certify(path)
    with Ledger(path) as ledger:
        ledger.copy_to(tmp_path / "backup.db")
    assert certify(path, reissue=("Acme", "2026-09")).strays == {}
    (lost,) = path.with_name("certificates").glob("*_Acme_*-R2-*.pdf")
    (tmp_path / "backup.db").replace(path)
    report = certify(path)
    (own,) = path.with_name("certificates").glob("*_Acme_*-R1-*.pdf")
    assert report.strays == {lost: own}


def test_a_month_that_a_removed_feed_has_a_certificate_of_is_told(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 30))
    (first,) = certify(path).certificates
    with Ledger(path) as ledger:
        ledger.feeds.remove(ledger.feeds.find("Acme"))
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 30))
    connected_in_july(path, "Bog", date(2026, 9, 1), date(2026, 9, 30))
    report = certify(path)
    assert first.certificate is not None
    (second, _) = report.certificates
    assert second.certificate is not None
    assert report.twice == {second.certificate.number: first.certificate.number}
    assert certify(path).twice == {}


def test_one_of_other_days_of_that_month_need_not_be_taken_back(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 10))
    (first,) = certify(path, allow_incomplete=True).certificates
    with Ledger(path) as ledger:
        ledger.feeds.remove(ledger.feeds.find("Acme"))
    connected_in_july(path, "Acme", date(2026, 9, 20), date(2026, 9, 30))
    report = certify(path)
    (second,) = report.certificates
    assert [one.outcome for one in (first, second)] == ["issued", "issued"]
    assert report.twice == {}


def test_files_of_all_earlier_revisions_are_set_aside_also_where_one_was_never_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 10))
    assert [one[2] for one in outcomes(certify(path, allow_incomplete=True))] == ["issued"]
    collect(path, "Acme", date(2026, 9, 20))

    def fails(file: Path, _: bytes) -> None:
        raise CertificateFileError(file, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(issue, "write_atomically", fails)
        assert not certify(path, allow_incomplete=True).ok
    collect(path, "Acme", date(2026, 9, 30))
    report = certify(path)
    folder = path.with_name("certificates")
    assert [file.name.split("-R")[1][:1] for file in folder.glob("*.pdf")] == ["3"]
    assert [file.name.split("-R")[1][:1] for file in (folder / "replaced").glob("*.pdf")] == ["1"]
    assert (report.ok, report.strays) == (True, {})


def test_a_replaced_file_that_cannot_be_moved_is_a_failure_and_is_moved_by_a_later_run(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 8, 1), date(2026, 8, 31))
    certify(path)
    folder = path.with_name("certificates")
    (folder / "replaced").write_text("in the way")
    assert not certify(path, reissue=("Acme", "2026-08")).ok
    collect(path, "Acme", date(2026, 9, 30))
    assert not certify(path).ok
    (folder / "replaced").unlink()
    assert certify(path).ok
    assert sorted(file.name.split("-R")[1][:1] for file in folder.glob("2026-08*.pdf")) == ["2"]


def test_a_lost_file_is_restored_while_its_month_waits(path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 10))
    certify(path, allow_incomplete=True)
    (file,) = path.with_name("certificates").glob("*.pdf")
    file.unlink()
    assert outcomes(certify(path)) == [("Acme", "2026-09", "pending")]
    assert file.exists()


def test_what_is_told_of_all_days_waits_for_those_that_are_to_join(path: Path, tmp_path: Path) -> None:
    connected_in_july(path, "Acme", date(2026, 9, 1), date(2026, 9, 30))
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme"), {"joining_from": date(2026, 6, 1)})
    (tmp_path / "brand.toml").write_text("totals = true")
    (waiting,) = certify(path, months=["2026-09"]).certificates
    assert (waiting.outcome, waiting.error) == (
        "pending",
        "it tells the trees since 2026-06-01, and those days are not collected yet: prsync sync collects them",
    )
    collect(path, "Acme", date(2026, 9, 30))
    assert certify(path, months=["2026-09"]).ok


def test_a_file_beside_the_current_one_is_known_whatever_its_four_letters_are(tmp_path: Path) -> None:
    own, lost = (tmp_path / f"2026-09_Acme_PR-2026-09-0001-R{end}.pdf" for end in ("1-6VB5", "2-RN8Y"))
    other = tmp_path / "2026-09_Acme_PR-2026-09-0002-R1-R000.pdf"
    for file in (own, lost, other):
        file.touch()
    assert stray_files(tmp_path, [own, other]) == {lost: own}
