"""examples/prsync-with-keyring where it cannot work: one line that says why, status 1, and nothing is left running."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.support import needs
from tests.support.account import Account
from tests.support.processes import processes_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs("dbus-run-session", "dbus-send", "gnome-keyring-daemon")


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path / "home")


def _fails(account: Account, *, env: dict[str, str] | None = None) -> str:
    done = account("--version", env=env)
    assert (done.status, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    wait_until(lambda: not processes_of(account.home))
    return done.stderr


def test_a_secret_that_is_not_there_is_said(account: Account) -> None:
    account.secret.unlink()
    assert f"there is no secret at {account.secret}" in _fails(account)


def test_a_secret_that_others_can_read_is_refused(account: Account) -> None:
    account.secret.chmod(0o640)
    assert "can be read by others" in _fails(account)


def test_an_empty_secret_is_refused(account: Account) -> None:
    account.secret.write_text("")
    assert "is empty" in _fails(account)


def test_another_secret_than_the_keyring_was_made_with_is_told_and_nobody_waits(account: Account) -> None:
    assert account("--version").status == 0
    account.secret.write_text("another\n")
    assert "does not open the keyring" in _fails(account)


def test_a_keyring_that_cannot_be_made_is_said(account: Account) -> None:
    account.keyrings.parent.mkdir(parents=True)
    account.keyrings.write_text("a file where a folder should be")
    assert "did not open a keyring" in _fails(account)


def test_a_place_for_the_keyring_that_cannot_be_made_is_said(account: Account) -> None:
    (account.home / ".local").write_text("a file where a folder should be")
    assert f"{account.state.parent} cannot be made" in _fails(account)


def test_a_missing_program_is_named_with_its_package(account: Account) -> None:
    first_folder = account.environment["PATH"].split(":")[0]
    assert "dbus-run-session is not in PATH" in _fails(account, env={"PATH": first_folder})
