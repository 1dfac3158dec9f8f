"""Which months are certified, once, and what becomes of a certificate when its month or its file changes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from tests.edges.months import NOW, OCTOBER, certify, collect, collected, connect, pages_on
from tests.support import rows

import prsync.certificates.issue
from prsync.certificates.brand import Brand
from prsync.certificates.drawn.page import draw_page
from prsync.certificates.facts import Facts
from prsync.certificates.genuine.issuer_key import KEY_FILE
from prsync.certificates.genuine.verify import verify_file
from prsync.certificates.issue import Certifier
from prsync.core.model import Deposit, DepositedDays, Device, Month
from prsync.core.periods import days
from prsync.core.trees import trees
from prsync.errors import ConstraintError
from prsync.services.feeds import change
from prsync.services.issuer import issuer_key
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

SEPTEMBER = Month(2026, 9)
END_OF_OCTOBER = date(2026, 10, 31)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "certificates"


def certificates(path: Path) -> list[dict[str, Any]]:
    """What a stranger's connection sees of the certificates, with the facts read."""
    found = rows(path, "SELECT * FROM certificates ORDER BY id")
    return [{**row, "facts": json.loads(row["facts"])} for row in found]


def files(folder: Path) -> dict[str, str]:
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}


def test_a_complete_month_is_certified_with_all_its_days_and_the_files_sha_256(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), date(2026, 11, 3))
    done = certify(path, folder)["Acme"]
    [row] = certificates(path)
    pages = sum(map(pages_on, days(date(2026, 10, 1), END_OF_OCTOBER)))
    assert (done.outcome, done.error) == ("issued", None)
    assert (row["month"], row["revision"], row["provisional"], row["replaces"]) == ("2026-10", 1, 0, None)
    assert (row["pages"], row["trees"], row["pages_per_tree"]) == (pages, "2.69", 8333)
    assert row["issued_at"] == "2026-11-24T05:30:12Z"
    assert row["facts"]["days"] == {
        day.isoformat(): pages_on(day) for day in days(date(2026, 10, 1), date(2026, 10, 31))
    }
    assert files(folder) == {f"2026-10_Acme_{row['number']}.pdf": row["sha256"]}
    known = rows(path, "SELECT sha256, certificate_id FROM certificate_files")
    assert known == [{"sha256": row["sha256"], "certificate_id": row["id"]}]


def test_certifying_again_issues_nothing_and_leaves_the_file_alone(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    file = certify(path, folder)["Acme"].file
    before = certificates(path), written(file)
    again = certify(path, folder, now=NOW + timedelta(days=3))["Acme"]
    assert (again.outcome, again.file) == ("unchanged", file)
    assert (certificates(path), written(file)) == before


def written(file: Path | None) -> tuple[int, int, int]:
    """Which file it is and when it was last written or changed; it may be read, which moves its access time."""
    assert file
    status = file.stat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def test_trees_are_exact_to_the_published_figures(path: Path, folder: Path) -> None:
    connect(path, "Acme", date(2026, 10, 31))
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        state = replace(ledger.days.state(feed), synced_through=END_OF_OCTOBER, looked_through=END_OF_OCTOBER)
        deposits, device = (Deposit(END_OF_OCTOBER, 2_469_134),), Device("A", True, 0, 2_469_134)
        ledger.days.deposit(feed, DepositedDays(deposits, (device,), (), state, 0, 0), NOW)
    done = certify(path, folder)["Acme"]
    assert done.document()["trees"] == certificates(path)[0]["trees"] == "296.31"


def test_a_month_begins_with_the_activation_date_and_a_feed_that_begins_later_has_none(
    path: Path, folder: Path
) -> None:
    collected(path, "Acme", date(2026, 10, 12), date(2026, 11, 3))
    certify(path, folder)
    [row] = certificates(path)
    assert row["facts"]["first_day"] == "2026-10-12"
    assert row["pages"] == sum(map(pages_on, days(date(2026, 10, 12), END_OF_OCTOBER)))


@pytest.mark.parametrize(
    ("through", "paused", "words"),
    [
        (date(2026, 10, 30), False, "2026-10 is not complete: deposited through 2026-10-30; prsync sync collects"),
        (date(2026, 10, 30), True, "deposited through 2026-10-30; the feed is paused, prsync feed resume 'Acme A/S'"),
        (date(2026, 9, 30), False, "2026-10 is not complete: nothing is deposited yet; prsync sync collects"),
    ],
)
def test_an_incomplete_month_is_pending_and_named_with_what_it_waits_for(
    path: Path, folder: Path, through: date, paused: bool, words: str
) -> None:
    connect(path, "Acme A/S", date(2026, 10, 5))
    collect(path, "Acme A/S", through)
    with Ledger(path) as ledger:
        ledger.feeds.update(ledger.feeds.find("Acme A/S"), {"paused": paused})
    done = certify(path, folder)["Acme A/S"]
    assert done.outcome == "pending"
    assert words in str(done.error)
    assert certificates(path) == []
    assert not folder.exists()


def test_a_silent_feed_waits_for_its_dca(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 10, 5), date(2026, 10, 28))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE feeds SET looked_through = '2026-11-23'")
    error = certify(path, folder)["Acme"].error
    assert error == (
        "2026-10 is not complete: deposited through 2026-10-28; no new data have come since, is its DCA running?"
    )


def test_each_feeds_month_ends_by_its_own_clock(path: Path, folder: Path) -> None:
    connect(path, "Auckland", date(2026, 10, 1), "Pacific/Auckland")
    connect(path, "Copenhagen", date(2026, 10, 1), "Europe/Copenhagen")
    done = certify(path, folder, now=datetime(2026, 10, 31, 12, tzinfo=UTC))
    assert "nothing is deposited yet" in str(done["Auckland"].error)
    expected = "2026-10 is not over until the end of 2026-10-31, by the clock of Europe/Copenhagen"
    assert done["Copenhagen"].error == expected


def test_days_that_have_yet_to_join_in_front_make_the_months_they_touch_wait_and_no_others(
    path: Path, folder: Path
) -> None:
    collected(path, "Acme", date(2026, 10, 12), date(2026, 11, 3))
    first = certify(path, folder)["Acme"].certificate
    assert first is not None
    with Ledger(path) as ledger:
        change(ledger, ledger.feeds.find("Acme"), {"activation_date": date(2026, 9, 20)})
    waiting = {month: certify(path, folder, month)["Acme"] for month in (SEPTEMBER, OCTOBER)}
    assert {done.outcome for done in waiting.values()} == {"pending"}
    assert "the days from 2026-09-20 on are not collected yet" in str(waiting[OCTOBER].error)

    collect(path, "Acme", date(2026, 11, 3))
    second = certify(path, folder)["Acme"].certificate
    assert second is not None
    (stored,) = rows(path, "SELECT replaces FROM certificates WHERE number = ?", second.number)
    assert (second.revision, stored["replaces"], second.pages) == (
        2,
        first.number,
        sum(map(pages_on, days(date(2026, 10, 1), END_OF_OCTOBER))),
    )
    assert certificates(path)[1]["facts"]["first_day"] == "2026-10-01"
    assert len(files(folder)) == len(files(folder / "replaced")) == 1
    assert certify(path, folder, SEPTEMBER)["Acme"].outcome == "issued"
    assert certify(path, folder)["Acme"].outcome == "unchanged"


def test_a_month_after_the_days_that_join_is_certified_meanwhile(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 12), date(2026, 11, 3))
    with Ledger(path) as ledger:
        change(ledger, ledger.feeds.find("Acme"), {"activation_date": date(2026, 8, 1)})
    assert certify(path, folder)["Acme"].outcome == "issued"


def test_a_provisional_certificate_says_so_and_is_replaced_as_the_month_goes_on(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), date(2026, 10, 20))
    outcomes = [certify(path, folder, allow_incomplete=True)["Acme"].outcome for _ in range(2)]
    assert certify(path, folder)["Acme"].outcome == "pending"
    collect(path, "Acme", date(2026, 10, 25))
    outcomes.append(certify(path, folder, allow_incomplete=True)["Acme"].outcome)
    collect(path, "Acme", END_OF_OCTOBER)
    outcomes.append(certify(path, folder, allow_incomplete=True)["Acme"].outcome)
    outcomes.append(certify(path, folder)["Acme"].outcome)
    assert outcomes == ["issued", "unchanged", "issued", "issued", "unchanged"]
    first, second, third = certificates(path)
    assert [row["provisional"] for row in (first, second, third)] == [1, 1, 0]
    assert [row["facts"]["provisional"] for row in (first, second, third)] == [True, True, False]
    assert [row["replaces"] for row in (first, second, third)] == [None, first["number"], second["number"]]
    assert list(first["facts"]["days"])[-1] == "2026-10-20"


def test_a_provisional_certificate_without_a_missing_page_is_still_replaced_by_the_complete_one(
    path: Path, folder: Path
) -> None:
    collected(path, "Acme", date(2026, 10, 12), date(2026, 11, 3))
    with Ledger(path) as ledger:
        change(ledger, ledger.feeds.find("Acme"), {"activation_date": date(2026, 10, 11)})
    certify(path, folder, allow_incomplete=True)
    with Ledger(path) as ledger:  # never mind
        change(ledger, ledger.feeds.find("Acme"), {"activation_date": date(2026, 10, 12)})
    certify(path, folder)
    assert [row["provisional"] for row in certificates(path)] == [1, 0]


def test_what_is_complete_is_never_replaced_by_something_provisional_of_the_same_days(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 10, 12), date(2026, 11, 3))
    certify(path, folder)
    with Ledger(path) as ledger:
        change(ledger, ledger.feeds.find("Acme"), {"activation_date": date(2026, 9, 20)})
    assert certify(path, folder, allow_incomplete=True)["Acme"].outcome == "unchanged"


def test_a_month_of_which_no_day_is_over_is_not_certified_at_all(path: Path, folder: Path) -> None:
    for activation_date in (date(2026, 11, 24), date(2026, 11, 28)):  # today, and a day to come
        connect(path, str(activation_date), activation_date)
    done = certify(path, folder, Month(2026, 11), allow_incomplete=True)
    assert [feed.outcome for feed in done.values()] == ["pending", "pending"]


def test_a_feed_is_certified_as_it_is_when_its_turn_comes(path: Path, folder: Path) -> None:
    for name in ("Acme", "Zenith"):
        connect(path, name, date(2026, 10, 1))
    with Ledger(path) as ledger:
        feeds = ledger.feeds.all()
        collect(path, "Acme", END_OF_OCTOBER)
        ledger.feeds.remove(feeds[1])
        key = issuer_key(ledger, NOW)
        certifier = Certifier(ledger=ledger, folder=folder, now=NOW, brand=Brand(texts={}), key=key)
        certified = certifier.certify((feed, OCTOBER) for feed in feeds)
    assert [feed.outcome for feed in certified] == ["issued", "failed"]
    assert certified[1].error == f"no feed {feeds[1].id}: it has been removed"


def test_a_lost_file_is_restored_byte_for_byte_whatever_the_feed_is_called_by_now(path: Path, folder: Path) -> None:
    collected(path, "Acme A/S", date(2026, 9, 1), END_OF_OCTOBER)
    certify(path, folder)
    [(name, digest)] = files(folder).items()
    (folder / name).unlink()
    with Ledger(path) as ledger:
        change(ledger, ledger.feeds.find("Acme A/S"), {"name": "Renamed"})
    done = certify(path, folder, now=NOW + timedelta(days=30))["Renamed"]
    assert (done.outcome, done.was_altered) == ("restored", False)
    assert files(folder) == {name: digest}
    assert len(certificates(path)) == 1


def test_an_altered_file_is_restored_and_that_is_said(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    file = certify(path, folder)["Acme"].file
    assert file is not None
    issued = files(folder)
    file.write_bytes(file.read_bytes().replace(b"Acme", b"Akme"))
    done = certify(path, folder)["Acme"]
    assert (done.outcome, done.was_altered) == ("restored", True)
    assert files(folder) == issued


def test_a_lost_file_is_restored_without_the_brand_its_pictures_or_the_key(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    picture = BytesIO()
    Image.new("RGBA", (40, 40), (31, 77, 56, 128)).save(picture, "PNG")
    brand = Brand(
        texts={"issuer": "Nordlys"},
        logo=picture.getvalue(),
        signature=picture.getvalue(),
        verify_url="https://nordlys.example/v",
        language="da",
    )
    certify(path, folder, brand=brand)
    issued = files(folder)
    for name in issued:
        (folder / name).unlink()
    path.with_name(KEY_FILE).unlink()
    done = certify(path, folder, now=NOW + timedelta(days=30))["Acme"]
    assert done.outcome == "restored"
    assert files(folder) == issued
    with Ledger(path) as ledger:
        assert len(ledger.certificates.public_keys()) == 2  # the one that was lost, and a new one


def test_a_lost_file_that_would_be_another_one_fails_its_feed_and_says_what_helps(
    path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(path, "Acme A/S", date(2026, 9, 1), END_OF_OCTOBER)
    file = certify(path, folder)["Acme A/S"].file
    assert file is not None
    # A later version of prsync or of reportlab: the same facts, other bytes.
    monkeypatch.setattr(
        prsync.certificates.issue, "draw_page", lambda *given: draw_page(*given) + b"% drawn otherwise\n"
    )
    assert certify(path, folder)["Acme A/S"].outcome == "unchanged"
    file.unlink()
    done = certify(path, folder)["Acme A/S"]
    assert done.outcome == "failed"
    assert "is missing, and this prsync would draw another one than was issued; bring it back" in str(done.error)
    assert "prsync certify --reissue 'Acme A/S' 2026-10" in str(done.error)
    assert files(folder) == {}
    assert len(certificates(path)) == 1


def test_a_certificate_of_before_they_were_signed_stays_good_and_is_not_drawn_otherwise(
    path: Path, folder: Path
) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        days = {deposit.date.isoformat(): deposit.pages for deposit in ledger.days.deposits_of(feed.id, OCTOBER)}
    certify(path, folder)
    facts = json.dumps({"feed": "Acme", "days": days})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER certificates_never_change")
        connection.execute("UPDATE certificates SET facts = ?, signature = NULL, signed_by = NULL", [facts])
        connection.commit()
    assert certify(path, folder)["Acme"].outcome == "unchanged"
    [name] = files(folder)
    (folder / name).unlink()
    assert certify(path, folder)["Acme"].outcome == "failed"


def test_the_files_of_replaced_revisions_are_put_aside_also_after_a_run_that_was_stopped(
    path: Path, folder: Path
) -> None:
    collected(path, "Acme", date(2026, 9, 1), date(2026, 10, 20))
    old = certify(path, folder, allow_incomplete=True)["Acme"].file
    assert old is not None
    collect(path, "Acme", END_OF_OCTOBER)
    new = certify(path, folder)["Acme"].file
    aside = folder / "replaced" / old.name
    assert [file for file in folder.iterdir() if file.is_file()] == [new]
    assert aside.exists()
    aside.rename(old)  # as if the run had been stopped before it moved it
    assert certify(path, folder)["Acme"].outcome == "unchanged"
    assert aside.exists()
    assert not old.exists()


def test_the_totals_are_of_all_pages_and_not_of_rounded_months(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2025, 12, 30), END_OF_OCTOBER)
    certify(path, folder, brand=Brand(texts={}, totals=True))
    with Ledger(path) as ledger:
        feed = ledger.feeds.find("Acme")
        all_pages = ledger.days.deposits(feed.id)
        words = Facts.from_json(ledger.certificates.all()[0].facts).words
    total = sum(deposit.pages for deposit in all_pages)
    of_year = sum(deposit.pages for deposit in all_pages if deposit.date.year == 2026)
    assert words.totals == (f"{trees(of_year):,} trees in 2026", f"{trees(total):,} since December 2025")


def test_a_name_that_cannot_be_printed_fails_its_own_feed_only(path: Path, folder: Path) -> None:
    unassigned = "Nobody's \u0378"
    for name in ("Acme", unassigned, "Zenith"):
        collected(path, name, date(2026, 9, 1), END_OF_OCTOBER)
    done = certify(path, folder)
    assert [done[name].outcome for name in ("Acme", unassigned, "Zenith")] == ["issued", "failed", "issued"]
    assert "has characters that are no letters (U+0378)" in str(done[unassigned].error)
    assert len(certificates(path)) == len(files(folder)) == 2


def test_a_file_that_cannot_be_written_fails_its_own_feed_and_is_written_by_the_next_run(
    path: Path, folder: Path
) -> None:
    for name in ("Acme", "Zenith"):
        collected(path, name, date(2026, 9, 1), END_OF_OCTOBER)
    names = {name: done.file for name, done in certify(path, folder).items()}
    in_the_way = names["Acme"]
    assert in_the_way is not None
    in_the_way.unlink()
    in_the_way.mkdir()
    done = certify(path, folder)
    assert [done[name].outcome for name in ("Acme", "Zenith")] == ["failed", "unchanged"]
    assert f"{in_the_way} cannot be used: Is a directory" in str(done["Acme"].error)
    in_the_way.rmdir()
    assert certify(path, folder)["Acme"].outcome == "restored"


def test_a_removed_feed_keeps_its_certificates(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    file = certify(path, folder)["Acme"].file
    assert file is not None
    with Ledger(path) as ledger:
        ledger.feeds.remove(ledger.feeds.find("Acme"))
        [kept] = ledger.certificates.all()
        assert kept.feed == "Acme"
        assert verify_file(ledger, file).verdict == "genuine"
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)  # connected again: another feed, another certificate
    assert certify(path, folder)["Acme"].outcome == "issued"
    assert len({row["number"] for row in certificates(path)}) == 2


def test_neither_prsync_nor_another_program_can_change_a_certificate(path: Path, folder: Path) -> None:
    collected(path, "Acme", date(2026, 9, 1), END_OF_OCTOBER)
    certify(path, folder)
    with Ledger(path) as ledger, pytest.raises(ConstraintError, match="a certificate never changes"):
        ledger._connection.update("certificates", 1, {"pages": 1})
