"""examples/prsync-with-keyring, with the real dbus-run-session and gnome-keyring-daemon, in what cron gives a job."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import needs, rows, sums
from tests.support.account import WRAPPER, Account
from tests.support.processes import processes_of, wait_until
from tests.system.at import machines_date

from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = needs("dbus-run-session", "dbus-send", "gnome-keyring-daemon")

LAST_WEEK = machines_date() - timedelta(days=7)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    fleet = LifelikeFleet(2011, organizations=2, devices=3, first_day=LAST_WEEK - timedelta(days=30))
    with Simulator(fleet, folder=tmp_path_factory.mktemp("3manager")) as running:
        yield running


@pytest.fixture(autouse=True)
def _truly(simulator: Simulator) -> Iterator[None]:
    yield
    simulator.answer_normally()


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """A fresh one: the first run makes its keyring."""
    return Account(tmp_path / "home")


@pytest.fixture(scope="module")
def collected(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Account:
    """An account with two servers in its keyring and a feed of each."""
    account = Account(tmp_path_factory.mktemp("collected") / "home")
    for name, organization in zip(("main", "second"), simulator.fleet.organizations, strict=True):
        done = account("server", "add", name, *_options(simulator), stdin=simulator.password + "\n")
        assert done.status == 0
        assert "prsync: server second is the same 3manager" in done.stderr or not done.stderr
        place = [name, organization.organization_id, "--name", name]
        assert account("feed", "add", *place, "--activation-date", LAST_WEEK).status == 0
    return account


def _options(simulator: Simulator) -> list[str]:
    options = {"--url": simulator.url, "--username": simulator.username, "--ca-bundle": str(simulator.ca_bundle)}
    return [*(word for pair in options.items() for word in pair), "--password-stdin"]


def test_a_password_kept_in_one_run_collects_pages_in_the_next_and_nothing_is_said(collected: Account) -> None:
    done = collected("-q", "sync")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert all(pages == life > 0 for pages, life in sums(collected.state).values())


def test_the_password_is_in_no_file_that_can_be_read_without_the_secret(
    collected: Account, simulator: Simulator
) -> None:
    found = [path for path in collected.home.rglob("*") if path.is_file()]
    assert any(path.parent == collected.keyrings for path in found)
    assert not [path for path in found if simulator.password.encode() in path.read_bytes()]
    others = [path for path in [*found, collected.state.parent] if path.stat().st_mode & 0o077]
    assert others == []


def test_input_output_and_status_are_those_of_prsync(account: Account) -> None:
    version, wrong = account("--version"), account("nonsense")
    assert (version.status, version.stderr) == (0, "")
    assert version.stdout.startswith("prsync ")
    assert (wrong.status, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert wrong.stderr.startswith("prsync: No such command 'nonsense'")
    wait_until(lambda: not processes_of(account.home))


@contextmanager
def _held_at(feed: str, account: Account, simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    """A sync of this feed, in the middle of an answer."""
    organization = simulator.fleet.organizations[("main", "second").index(feed)].organization_id
    simulator.forget_requests()
    simulator.answer_with(
        lambda request: request.is_devices and request.organization_id == organization,
        Answer(hold=threading.Event()),
        times=1,
    )
    # An earlier activation date: there is always something to ask for.
    earlier = rows(account.state, "SELECT min(coalesce(joining_from, activation_date)) AS day FROM feeds")[0]["day"]
    day = date.fromisoformat(earlier) - timedelta(days=1)
    assert account("feed", "update", feed, "--activation-date", day).status == 0
    with account.start("-q", "sync", "--feed", feed) as process:
        simulator.wait_for(lambda request: request.is_devices and request.organization_id == organization)
        yield process


@pytest.mark.parametrize(
    ("send", "number", "status"),
    [
        pytest.param(os.kill, signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(os.kill, signal.SIGKILL, -9, id="SIGKILL"),
        pytest.param(os.killpg, signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(os.killpg, signal.SIGTERM, 143, id="SIGTERM to all of them"),
    ],
)
def test_a_signal_reaches_prsync_and_neither_a_daemon_nor_a_file_outlives_it(
    collected: Account, simulator: Simulator, send: Callable[[int, int], None], number: int, status: int
) -> None:
    with _held_at("main", collected, simulator) as process:
        at_work = processes_of(collected.home)
        send(process.pid, number)
        process.communicate(timeout=10)
    assert process.returncode == status
    assert {"dbus-run-sessio", "dbus-daemon", "gnome-keyring-d"} <= {found.name for found in at_work}
    places = {place for found in at_work for place in re.findall(r"/\w+/prsync-keyring-\w+", found.arguments)}
    assert len(places) == 1
    wait_until(lambda: not processes_of(collected.home))
    assert not Path(places.pop()).exists()


def test_neither_the_secret_nor_the_password_is_in_an_argument_or_an_environment(
    collected: Account, simulator: Simulator
) -> None:
    with _held_at("main", collected, simulator) as process:
        seen = "".join(found.arguments + found.environment for found in processes_of(collected.home))
        process.kill()
    assert "gnome-keyring-daemon" in seen
    assert collected.secret.read_text().strip() not in seen
    assert not [secret for secret in simulator.secrets if secret in seen]


def test_two_servers_are_synced_side_by_side(collected: Account, simulator: Simulator) -> None:
    with _held_at("main", collected, simulator) as first:
        second = collected("-q", "sync", "--server", "second")
        assert first.poll() is None
        simulator.answer_normally()
        stdout, stderr = first.communicate(timeout=30)
    assert (second.status, second.stdout, second.stderr) == (0, "", "")
    assert (first.returncode, stdout, stderr) == (0, "", "")


def test_two_passwords_kept_at_the_same_time_are_both_kept(account: Account, simulator: Simulator) -> None:
    """Each run's daemon writes the keyring as it read it, so the second must not read before the first has written."""
    simulator.forget_requests()
    simulator.answer_with(lambda request: request.method == "POST", Answer(hold=threading.Event()), times=1)
    with account.start("server", "add", "one", *_options(simulator)) as first:
        assert first.stdin is not None
        first.stdin.write(simulator.password + "\n")
        first.stdin.flush()
        simulator.wait_for(lambda request: request.method == "POST")
        with account.start("server", "add", "two", *_options(simulator)) as second:
            wait_until(lambda: second.poll() is not None or "flock" in {p.name for p in processes_of(account.home)})
            simulator.answer_normally()
            first.communicate(timeout=30)
            second.communicate(simulator.password + "\n", timeout=30)
    checks = [account("server", "check", name).status for name in ("one", "two")]
    assert (first.returncode, second.returncode, *checks) == (0, 0, 0, 0)


def test_the_secret_may_be_a_credential_of_systemd(account: Account, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o500)
    account.secret.rename(credentials / "prsync-keyring")
    (credentials / "prsync-keyring").chmod(0o440)  # what an access list for one user looks like
    assert account("--version", env={"CREDENTIALS_DIRECTORY": str(credentials)}).status == 0


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to be somebody else; every other test here is run as you")
def test_an_ordinary_user_gets_a_keyring_too() -> None:
    """prsync itself need not be where others can read it: a command that asks the keyring stands for it."""
    home = Path(tempfile.mkdtemp(prefix="prsync-user-"))  # tmp_path is below a folder of root's alone
    asking = """#!/bin/sh
        ask() { dbus-send --session --print-reply --dest="$@"; }
        ask org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.Secret.Service.ReadAlias string:default
        ask org.freedesktop.DBus / org.freedesktop.DBus.ListActivatableNames
    """
    try:
        account = Account(home)
        for name, text in (("prsync", asking), (WRAPPER.name, WRAPPER.read_text())):
            (home / name).write_text(text)
            (home / name).chmod(0o755)
        for path in [home, *home.rglob("*")]:
            os.chown(path, 65534, 65534)
        done = subprocess.run(
            [str(home / WRAPPER.name)],
            user=65534,
            group=65534,
            extra_groups=[],
            env={**account.environment, "PATH": f"{home}:/usr/bin:/bin"},
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "/collection/login" in done.stdout
        assert re.findall(r'string "(.*)"', done.stdout) == ["org.freedesktop.DBus"], "nothing can ask on a screen"
    finally:
        wait_until(lambda: not processes_of(home))
        subprocess.run(["rm", "-r", str(home)], check=True)
