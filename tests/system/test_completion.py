"""Tab completes names of feeds, of servers, and months, in each shell's own way, without anything slow."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Prsync

NAMES = ["Acme A/S", "acme (old)", "Zenith", "Ærø"]


@pytest.fixture
def connected(registered: Prsync) -> Prsync:
    with closing(sqlite3.connect(registered.state)) as ledger, ledger:
        ledger.executemany(
            "INSERT INTO feeds (server_id, name, organization_id, organization_name, activation_date, scope, meter,"
            " timezone, ceiling, synced_through, looked_through, created_at)"
            " VALUES (1, ?, ?, '', '2026-11-02', 'all', 'totalPages', 'UTC', 1, '2026-11-01', '2026-11-01', '')",
            [(name, name) for name in NAMES],
        )
    return registered


def completed(prsync: Prsync, line: str, shell: str = "bash") -> list[str]:
    """What is offered for the last word of a line."""
    words = line.split(" ")
    variables = {"_PRSYNC_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    if shell != "bash":
        variables = {
            "_PRSYNC_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
        }
    done = prsync(env=variables)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def test_names_of_feeds_are_completed_whatever_the_case(connected: Prsync) -> None:
    assert completed(connected, "prsync feed show AC") == [r"Acme\ A/S", r"acme\ \(old\)"]
    assert completed(connected, "prsync sync --feed Z") == ["Zenith"]
    assert completed(connected, "prsync device list Æ") == ["Ærø"]
    assert completed(connected, "prsync feed show nobody") == []


def test_a_name_with_a_blank_is_one_word_also_where_it_is_begun(connected: Prsync) -> None:
    variables = {"_PRSYNC_COMPLETE": "complete_bash", "COMP_WORDS": r"prsync feed show Acme\ A", "COMP_CWORD": "3"}
    assert connected(env=variables).stdout.splitlines() == [r"Acme\ A/S"]


def test_another_shell_quotes_for_itself(connected: Prsync) -> None:
    assert completed(connected, "prsync feed show Ac", "fish") == ["Acme A/S", "acme (old)"]


def test_servers_and_months(connected: Prsync) -> None:
    assert completed(connected, "prsync sync --server m") == ["main"]
    months = completed(connected, "prsync certify --month 20")
    assert len(months) == 24
    assert months == sorted(months, reverse=True)


def test_reissue_takes_a_feed_and_then_a_month(connected: Prsync) -> None:
    assert completed(connected, "prsync certify --reissue Z") == ["Zenith"]
    assert completed(connected, "prsync certify --reissue ")[-1] == "Ærø"
    assert len(completed(connected, "prsync certify --reissue Zenith ")) == 24
    assert len(completed(connected, "prsync certify --reissue Zenith 20")) == 24


def test_without_a_ledger_nothing_is_offered_and_none_is_made(prsync: Prsync) -> None:
    assert completed(prsync, "prsync feed show A") == []
    assert not prsync.state.parent.exists()


def test_words_of_an_option_that_takes_one_of_some(connected: Prsync) -> None:
    assert completed(connected, "prsync report --by ") == ["month", "day", "year"]
    assert completed(connected, "prsync report --format c") == ["csv"]
    assert completed(connected, "prsync feed update Zenith --scope m") == ["managed"]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize("line", ["prsync sync --state {} --feed Z", "prsync --state {} sync --feed Z"])
def test_the_ledger_may_be_named_on_either_side_of_the_command(connected: Prsync, shell: str, line: str) -> None:
    elsewhere = connected.state.with_name("second.db")
    connected.state.rename(elsewhere)
    assert completed(connected, line.format(f"'{elsewhere}'"), shell) == ["Zenith"]
    assert completed(connected, line.format(f"'{elsewhere}'").replace("--state ", "--state="), shell) == ["Zenith"]
    assert completed(connected, line.format(f"'{elsewhere}'").replace("Z", '"Zen'), "bash") == ["Zenith"]


def test_nothing_slow_is_loaded(connected: Prsync) -> None:
    code = "import atexit, sys; sys.argv[1:] = []; from prsync.__main__ import main;"
    code += "atexit.register(lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)); main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **connected.environment,
            "_PRSYNC_COMPLETE": "complete_bash",
            "COMP_WORDS": "prsync feed show ",
            "COMP_CWORD": "3",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == len(NAMES)
    assert {"sqlite_utils", "pydantic", "requests", "keyring", "pendulum", "rich"}.isdisjoint(done.stderr.split())
