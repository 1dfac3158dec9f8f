"""The row that a run leaves, however it ends, and whether it is running still."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.ledgers import SERVER, feed_settings
from tests.services.running import FIRST, NOW, night_of

from prsync.errors import LockedError, UnreachableError
from prsync.process import signals
from prsync.process.faults import Fault
from prsync.process.lock import is_running
from prsync.services.runs import cut_short, outcome_of, recorded
from prsync.store.feed_table import NewFeed
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.store.ledger import Ledger
    from prsync.store.records import Run

LATER = night_of(FIRST, 3, 0)


def last(ledger: Ledger) -> Run:
    (run,) = ledger.runs.last(1)
    return run


def summary(ledger: Ledger) -> dict[str, Any]:
    return dict(json.loads(last(ledger).summary or "null"))


# 1. How it ended.


@pytest.mark.parametrize(
    ("ok", "locked", "outcome"),
    [(True, False, "ok"), (False, False, "failed"), (False, True, "locked"), (True, True, "ok")],
)
def test_a_run_that_comes_to_its_end_says_how(ledger: Ledger, *, ok: bool, locked: bool, outcome: str) -> None:
    with recorded(ledger, "sync", NOW, clock=lambda: LATER) as record:
        record.done({"pages": 7}, [], ok=ok, only_locked=locked)
    run = last(ledger)
    assert (run.command, run.started_at, run.finished_at, run.outcome) == ("sync", NOW, LATER, outcome)
    assert summary(ledger) == {"pages": 7}


def test_the_faults_that_a_run_went_on_from_stand_in_its_summary(ledger: Ledger) -> None:
    with recorded(ledger, "sync", NOW) as record:
        record.done({"pages": 7}, [Fault("KeyError", ("a.py:1 f",), "Acme")], ok=False)
    fault = {"feed": "Acme", "error": "KeyError", "frames": ["a.py:1 f"]}
    assert summary(ledger) == {"pages": 7, "faults": [fault]}


def test_a_run_that_says_nothing_has_failed(ledger: Ledger) -> None:
    with recorded(ledger, "sync", NOW):
        pass
    assert (last(ledger).outcome, summary(ledger)) == ("failed", {})


def test_an_error_that_ends_a_run_is_raised_on_and_its_line_is_kept(ledger: Ledger) -> None:
    error = UnreachableError("https://main.example", "connection refused")
    with pytest.raises(UnreachableError), recorded(ledger, "sync", NOW, clock=lambda: LATER):
        raise error
    assert (last(ledger).outcome, last(ledger).finished_at) == ("failed", LATER)
    assert summary(ledger) == {"error": str(error)}


def test_an_error_that_nobody_foresaw_keeps_its_frames_and_none_of_its_words(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), recorded(ledger, "sync", NOW):
        raise ZeroDivisionError("TEMPTING value")
    kept = summary(ledger)
    (fault,) = kept.pop("faults")
    assert kept == {"error": "unexpected ZeroDivisionError; run again with -v to see where"}
    assert (fault["feed"], fault["error"]) == (None, "ZeroDivisionError")
    assert "tests/services/test_runs.py:" in fault["frames"][-1]
    assert "TEMPTING" not in (last(ledger).summary or "")


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as after a SIGTERM. A real one, which would end this process, is sent in tests/system."""
    monkeypatch.setattr(signals._state, "number", signal.SIGTERM)


@pytest.mark.usefixtures("stopped")
def test_a_run_that_a_signal_ends_was_stopped_whatever_a_library_makes_of_that(ledger: Ledger) -> None:
    with pytest.raises(signals.Stopped), recorded(ledger, "sync", NOW):
        raise signals.Stopped(signal.SIGTERM)
    assert (last(ledger).outcome, summary(ledger)) == ("stopped", {})
    with pytest.raises(OSError, match="interrupted"), recorded(ledger, "sync", NOW):
        raise OSError("interrupted")
    assert last(ledger).outcome == "stopped"


def test_the_failure_itself_is_told_where_the_ledger_does_not_take_its_end(ledger: Ledger) -> None:
    def closes_the_ledger_and_fails() -> None:
        ledger._connection.close()
        raise LockedError("server main", None, None)

    with pytest.raises(LockedError), recorded(ledger, "sync", NOW):
        closes_the_ledger_and_fails()


# 2. Whether it is running still.


def test_a_run_without_an_end_is_running_or_was_killed(ledger: Ledger) -> None:
    with recorded(ledger, "sync", NOW) as record:
        assert outcome_of(ledger, last(ledger)) == RunOutcome.RUNNING
        ledger.runs.start("certify", NOW)  # of a process that has died since
        assert outcome_of(ledger, last(ledger)) == RunOutcome.KILLED
        record.done({}, [], ok=True)
    assert [outcome_of(ledger, run) for run in ledger.runs.last(2)] == [RunOutcome.KILLED, "ok"]


def test_a_run_that_ends_after_its_row_was_read_was_not_killed(ledger: Ledger) -> None:
    with recorded(ledger, "sync", NOW) as record:
        seen = last(ledger)
        record.done({}, [], ok=True)
    assert seen.outcome is None
    assert outcome_of(ledger, seen) == "ok"


def test_to_look_at_a_run_from_within_it_does_not_make_it_look_killed(ledger: Ledger) -> None:
    with recorded(ledger, "sync", NOW):
        run = last(ledger).id
        assert is_running(ledger.path, run)
        assert is_running(ledger.path, run)
        assert seen_by_another_process(ledger.path, run) == "True\n"
    assert not is_running(ledger.path, run)


def seen_by_another_process(path: Path, run: int) -> str:
    """What is_running says there: a lock of POSIX's own would have been lost with the first look."""
    script = (
        "import sys, pathlib; from prsync.process.lock import is_running;"
        "print(is_running(pathlib.Path(sys.argv[1]), int(sys.argv[2])))"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(path), str(run)], capture_output=True, text=True, check=True
    ).stdout


# 3. How long it is kept.


def test_after_90_days_a_run_is_kept_in_numbers_alone(ledger: Ledger) -> None:
    feeds = [{"feed": name, "outcome": outcome} for name, outcome in (("A", "deposited"), ("B", "failed"))]
    with recorded(ledger, "sync", NOW, clock=lambda: NOW) as record:
        record.done({"pages": 7, "servers": [{"server": "main"}], "feeds": feeds}, [], ok=False)
    first = last(ledger)
    for days, kept in ((89, True), (91, False), (200, False)):
        later = NOW + timedelta(days=days)
        with recorded(ledger, "certify", later, clock=partial(datetime.fromisoformat, later.isoformat())) as record:
            record.done({"month": "2026-11", "certificates": [{"outcome": "issued"}] * 3}, [], ok=True)
        found = json.loads(ledger.runs.get(first.id).summary or "")
        if kept:
            assert found["feeds"] == feeds
        else:
            assert found == {"pages": 7, "feeds_by_outcome": {"deposited": 1, "failed": 1}}
        assert summary(ledger)["certificates"]
    before_last = ledger.runs.last(3)[1:]
    assert [json.loads(run.summary or "") for run in before_last] == [
        {"month": "2026-11", "certificates_by_outcome": {"issued": 3}}
    ] * 2


@pytest.mark.parametrize("outcome", [RunOutcome.KILLED, RunOutcome.STOPPED])
def test_of_a_run_that_was_cut_short_is_told_whom_it_left_out(ledger: Ledger, outcome: RunOutcome) -> None:
    server = ledger.servers.add(SERVER, NOW)
    settings = feed_settings(activation_date=date(2026, 11, 1))
    feeds = [
        NewFeed(server_id=server.id, organization_id=name, organization_name=name, settings=settings)
        for name in ("Acme", "Bog")
    ]
    ledger.feeds.add(feeds, NOW)
    run = ledger.runs.start("sync --feed", NOW)
    ledger.feeds.begin_run(run, [ledger.feeds.find("Acme").id])
    found = ledger.runs.get(run)
    assert cut_short(ledger, found, outcome) == [
        "What it has stored stays; the next prsync sync goes on from there.",
        "Not collected through the day before it: Acme.",
    ]
    assert cut_short(ledger, found, RunOutcome.FAILED) == []
