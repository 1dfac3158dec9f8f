"""A ledger of every released schema opens, and is brought up to date in one transaction after a copy was kept."""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_utils import Database, Migrations
from tests.edges.data.make import make
from tests.edges.dying import deaths
from tests.edges.ledgers import content
from tests.support import rows

from prsync.cli.app import run_command_line
from prsync.errors import LedgerFileError, NewerSchemaError
from prsync.store.database import open_copy, open_database
from prsync.store.ledger import Ledger
from prsync.store.migrations import STEPS, applied_steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.synchronize import Barrier

    from prsync.store.migrations import Step

RELEASED = sorted(Path(__file__).with_name("data").glob("schema-*.sql"))
"""Of each released schema a ledger, as `sqlite3 ledger.db .dump` writes it."""

_FORK = multiprocessing.get_context("fork")


def m901_planted(db: Database) -> None:
    """A step that a later version might bring: a new column with what is known already."""
    db.execute("ALTER TABLE feeds ADD COLUMN first_day TEXT")
    db.execute("UPDATE feeds SET first_day = (SELECT min(date) FROM deposits WHERE feed_id = feeds.id)")


def m902_failing(db: Database) -> None:
    db.execute("CREATE TABLE leftover (id INTEGER PRIMARY KEY) STRICT")
    db.execute("INSERT INTO leftover VALUES ('not a number')")


def m902_mended(db: Database) -> None:
    db.execute("CREATE TABLE leftover (id INTEGER PRIMARY KEY) STRICT")


NEXT = (*STEPS, m901_planted)
COPY = f"ledger.db.schema-{len(STEPS)}"
"""What an upgrade from this version's schema leaves beside the ledger."""


def names(steps: Sequence[Step]) -> list[str]:
    return [step.__name__ for step in steps]


@pytest.fixture(params=RELEASED, ids=lambda file: file.stem)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A ledger as that version left it."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text(encoding="utf-8"))
    path.chmod(0o600)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of this version, with all that one may hold."""
    make(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


def upgrade(path: Path, *steps: Any) -> None:
    open_database(path, steps or NEXT).close()


def applied(path: Path) -> list[str]:
    return [row["name"] for row in rows(path, "SELECT name FROM _sqlite_migrations ORDER BY id")]


def test_a_stored_ledger_of_each_released_schema_is_brought_up_to_date(released: Path) -> None:
    before = content(released)
    with Ledger(released) as ledger:
        feed = ledger.feeds.find("Acme")
        assert sum(deposit.pages for deposit in ledger.days.deposits(feed.id)) == 267
        assert sum(device.life_count for device in ledger.days.devices(feed.id)) == 267
        assert [anomaly.device_id for anomaly in ledger.anomalies.open()] == ["A"]
        assert [certificate.number for certificate in ledger.certificates.all()] == ["PR-2026-11-0001-1"]
    assert applied(released) == names(STEPS)
    after = content(released)
    assert {name: len(after[name]) for name in before} == {name: len(found) for name, found in before.items()}
    assert all(after[name] == [] for name in after.keys() - before.keys())


def test_an_id_of_an_anomaly_that_is_gone_is_not_used_again_after_an_upgrade(released: Path) -> None:
    with closing(sqlite3.connect(released)) as connection:
        (newest,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'anomalies'").fetchone()
        connection.execute("DELETE FROM anomalies")
        connection.commit()
    upgrade(released, *STEPS)
    with closing(sqlite3.connect(released)) as connection:
        connection.execute(
            "INSERT INTO anomalies (feed_id, device_id, date, kind, state) "
            "VALUES (1, 'A', '2026-11-06', 'counter_returned', 'transient')"
        )
        assert connection.execute("SELECT id FROM anomalies").fetchall() == [(newest + 1,)]


def test_of_the_resets_before_the_second_schema_nothing_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(RELEASED[0].read_text(encoding="utf-8"))
    with Ledger(path) as ledger:
        assert not ledger.days.state(ledger.feeds.find("Acme")).resets
        (drop,) = [one for one in ledger.anomalies.all() if one.state == "reset"]
    assert (drop.device_id, drop.count, drop.fell_from, drop.pages_since) == ("B", 7, None, None)


def test_a_released_step_has_not_been_changed_since(released: Path, tmp_path: Path) -> None:
    upgrade(tmp_path / "new.db", *STEPS[: len(applied(released))])
    schema = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
    assert rows(tmp_path / "new.db", schema) == rows(released, schema)


def test_every_version_but_the_newest_is_stored() -> None:
    assert [file.stem for file in RELEASED] == [f"schema-{number}" for number in range(1, len(STEPS) + 1)]


def test_an_upgrade_keeps_the_file_as_it_was_and_loses_nothing(path: Path) -> None:
    before = content(path)
    upgrade(path)
    copy = path.with_name(COPY)
    assert content(copy) == before
    assert oct(copy.stat().st_mode)[-3:] == "600"
    assert applied(path) == names(NEXT)
    assert rows(path, "SELECT first_day FROM feeds") == [{"first_day": "2026-11-02"}]
    assert {**content(path), "feeds": before["feeds"]} == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["ledger.db", COPY]
    with Ledger(copy):  # the version before can still use it
        pass


def test_which_steps_were_applied_is_read_as_sqlite_utils_has_recorded_it(released: Path) -> None:
    with closing(sqlite3.connect(released)) as sqlite:
        recorded = Migrations("prsync").applied(Database(sqlite, execute_plugins=False))
        assert applied_steps(sqlite) == [step.name for step in recorded]
        assert recorded


def test_a_new_ledger_needs_no_copy(tmp_path: Path) -> None:
    upgrade(tmp_path / "ledger.db")
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.db"]


def test_an_upgrade_that_fails_takes_back_all_its_steps_and_the_next_applies_each_once(path: Path) -> None:
    before = content(path)
    for _ in range(2):
        with pytest.raises(LedgerFileError, match="datatype mismatch"):
            upgrade(path, *NEXT, m902_failing)
        assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]
        assert content(path) == before
    for _ in range(2):
        upgrade(path, *NEXT, m902_mended)
        assert applied(path) == [*names(NEXT), "m902_mended"]
        assert content(path.with_name(COPY)) == before
        assert len(list(path.parent.glob("ledger.db.schema-*"))) == 1


def test_a_copy_that_is_there_already_is_never_overwritten(path: Path) -> None:
    other = path.with_name(COPY)
    other.write_text("somebody's only copy of something else")
    before = content(path)
    upgrade(path)
    assert other.read_text() == "somebody's only copy of something else"
    assert content(path.with_name(f"{COPY}.2")) == before


def test_a_ledger_that_is_damaged_is_not_upgraded(path: Path) -> None:
    damage(path)
    with pytest.raises(Exception, match="the ledger is damaged"):
        upgrade(path)
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]
    assert applied(path) == names(STEPS)


def damage(path: Path) -> None:
    """Scribble over the page that holds the index of the servers' names."""
    page = rows(path, "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_servers_1'")[0]["rootpage"]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 4000)
        file.write(b"scribble" * 12)


@pytest.mark.hunt
def test_killed_at_any_statement_an_upgrade_costs_nothing(path: Path) -> None:
    before = content(path)
    saved = path.with_name("saved.db")
    shutil.copy(path, saved)
    number = 0
    for number in deaths(lambda: upgrade(path)):
        upgraded = applied(path) == names(NEXT)
        assert upgraded or content(path) == before, number
        upgrade(path)
        assert applied(path) == names(NEXT)
        kept = list(path.parent.glob(f"{COPY}*"))
        assert kept, number
        assert all(content(copy) == before for copy in kept)
        for file in path.parent.glob("*ledger.db*"):
            file.unlink()
        shutil.copy(saved, path)
    print(f"killed at each of {number - 1} statements")


def upgrade_with_others(path: Path, barrier: Barrier) -> None:
    barrier.wait()
    upgrade(path)


def test_several_processes_that_upgrade_at_once_do_it_once(path: Path) -> None:
    barrier = _FORK.Barrier(4)
    processes = [_FORK.Process(target=upgrade_with_others, args=(path, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(file.name for file in path.parent.iterdir()) == ["ledger.db", COPY]
    assert applied(path) == names(NEXT)


def m901_servers_made_anew(db: Database) -> None:
    """As SQLite has it done where ALTER TABLE does not suffice. Other tables hang on this one."""
    db.execute("CREATE TABLE new (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT")
    db.execute("INSERT INTO new SELECT id, name FROM servers")
    db.execute("DROP TABLE servers")
    db.execute("ALTER TABLE new RENAME TO servers")


def m901_servers_lost(db: Database) -> None:
    m901_servers_made_anew(db)
    db.execute("DELETE FROM servers")


def test_a_step_may_make_a_table_anew_on_which_others_hang(path: Path) -> None:
    before = content(path)
    upgrade(path, *STEPS, m901_servers_made_anew)
    assert {**content(path), "servers": before["servers"], "sqlite_sequence": before["sqlite_sequence"]} == before


def test_a_step_that_would_leave_rows_without_what_they_belong_to_is_taken_back(path: Path) -> None:
    before = content(path)
    with pytest.raises(LedgerFileError, match="feeds would be left"):
        upgrade(path, *STEPS, m901_servers_lost)
    assert content(path) == before


@pytest.mark.parametrize("restored", [False, True])
@pytest.mark.parametrize("command", [["feed", "list"], ["sync"], ["sync", "--dry-run"], ["backup", "copy.db"]])
def test_a_ledger_with_a_later_schema_is_refused_and_left_alone(
    path: Path, command: list[str], restored: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    upgrade(path)
    path.with_name(COPY).unlink()
    if restored:  # from a backup, which is not in WAL mode
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    assert run_command_line(["--state", str(path), *command]) == 1
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]
    line = f"prsync: the ledger {path} was written by a later prsync: upgrade this one; nothing was changed\n"
    assert capsys.readouterr().err == line


def test_a_later_schema_is_refused_even_if_this_version_has_steps_to_apply(path: Path) -> None:
    upgrade(path)
    with pytest.raises(NewerSchemaError) as raised:
        upgrade(path, *STEPS, m902_mended)
    assert raised.value.unknown == ("m901_planted",)


def test_a_rehearsal_brings_only_its_copy_up_to_date(path: Path) -> None:
    before = path.read_bytes()
    db = open_copy(path, NEXT)
    assert list(db.query("SELECT first_day FROM feeds")) == [{"first_day": "2026-11-02"}]
    db.close()
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]
