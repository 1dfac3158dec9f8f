"""The ledger is not where it should be: every command that needs one says so, and none makes an empty one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Prsync

NEED_ONE = [
    "server list",
    "server show main",
    "server update main --name other",
    "server remove main --yes",
    "server check main",
    "server organizations main",
    "server meters main",
    "server probe main",
    "feed add main Acme",
    "feed import main customers.csv",
    "feed list",
    "feed show Acme",
    "feed update Acme --name Other",
    "feed pause Acme",
    "feed resume Acme",
    "feed remove Acme --yes",
    "feed export main",
    "feed deactivate Acme",
    "feed activate Acme",
    "device list Acme",
    "sync",
    "sync --dry-run",
    "health",
    "health --offline",
    "anomaly list",
    "anomaly accept 1",
    "certify",
    "certify --reissue Acme 2026-10",
    "certificate list",
    "certificate key",
    "certificate page web",
    "run list",
    "run show",
    "report",
    "report --output report.html",
    "metrics",
    "metrics --json",
    "backup copy.db",
]


def test_verify_without_ledger_and_key_is_wrong_usage_and_makes_nothing(prsync: Prsync) -> None:
    done = prsync("certificate", "verify", "file.pdf")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == f"prsync: --state {prsync.state}: is no ledger; --key names the issuer's public key\n"
    assert not prsync.state.exists()


@pytest.mark.parametrize("command", NEED_ONE)
def test_it_is_said_in_one_line_and_none_is_made(prsync: Prsync, command: str) -> None:
    done = prsync("-q", *command.split())
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == (
        f"prsync: there is no ledger at {prsync.state}: --state or PRSYNC_STATE says where it is;"
        " prsync server add begins a new one\n"
    )
    assert not prsync.state.parent.exists()


@pytest.mark.parametrize("command", ["sync", "health --offline", "feed list", "report", "certify", "backup copy.db"])
def test_an_empty_file_is_no_ledger_either(prsync: Prsync, command: str) -> None:
    """It is what a full disk or a power cut leaves: taken for a new ledger, all would look well."""
    prsync.state.parent.mkdir(parents=True)
    prsync.state.write_bytes(b"")
    done = prsync("-q", *command.split())
    assert (done.status, done.stdout) == (1, "")
    assert "it is empty, as after a full disk or a power cut" in done.stderr
    assert prsync.state.stat().st_size == 0
    assert prsync("health", "--nagios").status == 3


def test_a_profile_is_shown_without_one(prsync: Prsync) -> None:
    assert prsync("profile", "show").status == 0
    assert not prsync.state.parent.exists()
