"""Backups in a folder: named by the date, never the only one removed, and nothing else of what lies there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, day
from tests.support import ScriptedFleet

from prsync.errors import InvalidValueError, KeptBackupsError, LedgerError
from prsync.services.backup import Backup, back_up
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.services.running import Services


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S")
    scripted.reads_daily("A", FIRST - timedelta(days=1), range(1000, 1300, 10))
    return scripted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def backed_up(ledger: Ledger, folder: Path, keep: int | None = None, now: datetime = NOW) -> Backup:
    return back_up(ledger, f"{folder}/", keep=keep, now=now, local_timezone="UTC")


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_it_is_named_by_the_date_and_a_second_on_a_day_has_a_name_of_its_own(ledger: Ledger, folder: Path) -> None:
    for _ in range(3):
        backed_up(ledger, folder)
    assert names(folder) == ["prsync-2026-11-24-2.db", "prsync-2026-11-24-3.db", "prsync-2026-11-24.db"]


def test_it_is_the_date_where_the_machine_is(ledger: Ledger, folder: Path) -> None:
    late = NOW.replace(hour=23)
    assert back_up(ledger, str(folder), keep=None, now=late, local_timezone="Asia/Tokyo").file.name == (
        "prsync-2026-11-25.db"
    )


def test_the_newest_are_kept(ledger: Ledger, folder: Path) -> None:
    for nights in range(4):
        done = backed_up(ledger, folder, 2, NOW + timedelta(days=nights))
    assert names(folder) == ["prsync-2026-11-26.db", "prsync-2026-11-27.db"]
    assert [file.name for file in done.removed] == ["prsync-2026-11-25.db"]


def test_nothing_is_removed_where_the_ledger_holds_less_than_the_last_backup(
    services: Services, folder: Path, tmp_path: Path
) -> None:
    services.add_feed("Acme A/S")
    services.sync(through=day(2))
    for nights in range(2):
        backed_up(services.ledger, folder, 2, NOW + timedelta(days=nights))
    with Ledger(tmp_path / "new" / "ledger.db") as begun_anew, pytest.raises(KeptBackupsError) as caught:
        backed_up(begun_anew, folder, 1, NOW + timedelta(days=2))
    assert "prsync-2026-11-25.db holds 3 deposits, and the ledger 0; is it the right ledger?" in str(caught.value)
    assert names(folder) == ["prsync-2026-11-24.db", "prsync-2026-11-25.db", "prsync-2026-11-26.db"]
    # What is no ledger holds nothing.
    (folder / "prsync-2026-11-30.db").write_bytes(b"")
    backed_up(services.ledger, folder, 1, NOW + timedelta(days=7))
    assert names(folder) == ["prsync-2026-12-01.db"]


def test_of_one_day_the_last_are_the_newest(ledger: Ledger, folder: Path) -> None:
    for _ in range(11):
        backed_up(ledger, folder)
    backed_up(ledger, folder, 3)
    assert names(folder) == ["prsync-2026-11-24-10.db", "prsync-2026-11-24-11.db", "prsync-2026-11-24-12.db"]


def test_nothing_but_prsyncs_own_backups_is_removed(ledger: Ledger, folder: Path) -> None:
    others = ["ledger.db", "prsync-2026-01-01.db.gz", "prsync-old.db", "prsync-2026-1-1.db", "2026-01-01.db"]
    for name in others:
        (folder / name).touch()
    (folder / "prsync-2026-01-02.db").touch()
    backed_up(ledger, folder, 1)
    assert names(folder) == sorted([*others, "prsync-2026-11-24.db"])


def test_the_new_one_stays_also_where_the_clock_was_ahead_once(ledger: Ledger, folder: Path) -> None:
    backed_up(ledger, folder, 1, NOW + timedelta(days=900))
    backed_up(ledger, folder, 1)
    assert names(folder) == ["prsync-2026-11-24.db"]


def test_where_the_copy_fails_the_older_ones_stay(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backed_up(ledger, folder)
    monkeypatch.setattr("prsync.store.verified_copy._verify", _fails)
    with pytest.raises(LedgerError):
        backed_up(ledger, folder, 1, NOW + timedelta(days=1))
    assert names(folder) == ["prsync-2026-11-24.db"]


def _fails(*_: object) -> None:
    raise LedgerError("damaged")


def test_a_file_is_not_one_of_many(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r"--keep 2: goes with a folder, and .*copy\.db is none"):
        back_up(ledger, str(tmp_path / "copy.db"), keep=2, now=NOW, local_timezone="UTC")
    assert not (tmp_path / "copy.db").exists()


def test_a_folder_that_is_not_there_is_not_made(ledger: Ledger, tmp_path: Path) -> None:
    """Its disk may not be mounted: a backup beside the ledger would be taken for one elsewhere."""
    with pytest.raises(
        LedgerError, match=r"there is no such folder; is a disk to be mounted there\? Else mkdir makes it"
    ):
        backed_up(ledger, tmp_path / "mnt")
    assert not (tmp_path / "mnt").exists()


def test_one_after_others_of_the_day_were_removed_is_the_newest_too(ledger: Ledger, folder: Path) -> None:
    names = [back_up(ledger, f"{folder}/", keep=2, now=NOW, local_timezone="UTC").file.name for _ in range(5)]
    stem = f"prsync-{NOW:%Y-%m-%d}"
    assert names == [f"{stem}.db", *(f"{stem}-{number}.db" for number in range(2, 6))]
    assert sorted(file.name for file in folder.iterdir()) == [f"{stem}-4.db", f"{stem}-5.db"]


def test_a_name_with_a_day_that_there_is_not_is_none_of_ours(ledger: Ledger, folder: Path) -> None:
    stranger = folder / "prsync-2026-99-99.db"
    stranger.write_text("mine")
    for _ in range(3):
        back_up(ledger, f"{folder}/", keep=1, now=NOW, local_timezone="UTC")
    assert stranger.read_text() == "mine"
