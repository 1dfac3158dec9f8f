"""The global options: by flag, by environment variable, and where files are when nothing is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Prsync


def _paths(prsync: Prsync, *arguments: object, env: dict[str, str] | None = None) -> dict[str, str]:
    done = prsync(*arguments, env=env)
    assert (done.status, done.stderr) == (0, "")
    return dict(line.split(maxsplit=1) for line in done.stdout.splitlines())


def test_the_ledger_is_in_the_user_data_folder_where_nothing_else_is_said(prsync: Prsync, tmp_path: Path) -> None:
    data = tmp_path / "data"
    by_xdg = _paths(prsync, "--show-paths", env={"PRSYNC_STATE": "", "XDG_DATA_HOME": str(data)})
    without = _paths(prsync, "--show-paths", env={"PRSYNC_STATE": "", "XDG_DATA_HOME": ""})
    assert by_xdg["state"] == str(data / "prsync/ledger.db")
    assert without["state"] == str(prsync.home / ".local/share/prsync/ledger.db")


def test_the_option_counts_more_than_the_variable_and_the_variable_more_than_the_default(
    prsync: Prsync, tmp_path: Path
) -> None:
    there = str(tmp_path / "there.db")
    assert _paths(prsync, "--show-paths")["state"] == str(prsync.state)
    assert _paths(prsync, "--show-paths", env={"PRSYNC_STATE": there})["state"] == there
    assert _paths(prsync, "--state", there, "--show-paths")["state"] == there
    assert _paths(prsync, "--show-paths", "--state", there)["state"] == there


@pytest.mark.parametrize("written", ["ledger.db", "~/ledger.db"])
def test_a_path_is_taken_from_where_prsync_is_run_or_from_home(prsync: Prsync, written: str) -> None:
    assert _paths(prsync, "--state", written, "--show-paths")["state"] == str(prsync.home / "ledger.db")


def test_showing_paths_makes_none_of_them(prsync: Prsync) -> None:
    _paths(prsync, "--show-paths")
    assert list(prsync.home.iterdir()) == []


def test_the_paths_shown_are_those_that_are_used(registered: Prsync) -> None:
    state = registered.state
    shown = _paths(registered, "--show-paths")
    organization = registered("server", "organizations", "main", "--json").json()[0]["organization_id"]
    assert registered("feed", "add", "main", organization, "--activation-date", "2026-10-20").status == 0
    assert registered("sync").status == 0
    (issued,) = registered("certify", "--month", "2026-10", "--allow-incomplete", "--json").json()["certificates"]
    assert str(state) == shown["state"]
    assert issued["file"].startswith(shown["certificates"])
    beside = {path for path in state.parent.iterdir() if path.name != "certificates"}
    assert beside == {state, Path(shown["key"]), *state.parent.glob(shown["locks"].rsplit("/", 1)[-1])}
    assert len(beside) > 1


def test_quiet_by_variable(registered: Prsync, tmp_path: Path) -> None:
    loud = registered("backup", tmp_path / "one.db")
    quiet = registered("backup", tmp_path / "two.db", env={"PRSYNC_QUIET": "1"})
    no = registered("backup", tmp_path / "three.db", env={"PRSYNC_QUIET": "0"})
    assert [bool(done.stdout) for done in (loud, quiet, no)] == [True, False, True]
    assert [done.status for done in (loud, quiet, no)] == [0, 0, 0]


def test_verbose_by_variable(registered: Prsync) -> None:
    terse, verbose = registered("sync"), registered("sync", env={"PRSYNC_VERBOSE": "true"})
    assert (terse.status, verbose.status) == (0, 0)
    assert len(verbose.stderr.splitlines()) > len(terse.stderr.splitlines())


def test_log_format_by_variable_and_the_option_counts_more(registered: Prsync) -> None:
    by_variable = registered("feed", "show", "nobody", env={"PRSYNC_LOG_FORMAT": "json"})
    by_option = registered("--log-format", "text", "feed", "show", "nobody", env={"PRSYNC_LOG_FORMAT": "json"})
    assert "nobody" in json.loads(by_variable.stderr)["message"]
    assert by_option.stderr.startswith("prsync: ")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("PRSYNC_QUIET", "PRSYNC_QUIET perhaps: must be true or false (prsync"),
        ("PRSYNC_VERBOSE", "PRSYNC_VERBOSE perhaps: must be true or false (prsync"),
        ("PRSYNC_LOG_FORMAT", "--log-format perhaps"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_nothing_is_done(prsync: Prsync, variable: str, said: str) -> None:
    done = prsync("feed", "list", env={variable: "perhaps"})
    assert (done.status, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr
    assert not prsync.state.exists()
