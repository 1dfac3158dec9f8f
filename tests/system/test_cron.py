"""crontab.example under Debian's cron: the very file, with its times changed, and what a user would fill in."""

from __future__ import annotations

import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from tests.support import Prsync, needs, rows, sums
from tests.support.account import WRAPPER, Account
from tests.support.cron import Cron, needs_namespaces
from tests.support.processes import processes_of, wait_until
from tests.system.at import machines_date

from prsync.core.periods import month_before
from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from datetime import date

    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

pytestmark = [needs("cron", "crontab"), needs_namespaces, pytest.mark.xdist_group("the machine")]

EXAMPLE: Final = (Path(__file__).parents[2] / "crontab.example").read_text("utf-8")
JOB: Final = re.compile(r"(#?)(?:[\d*,/-]+ +){5}(prsync.*)")
NEVER: Final = "0 0 30 2 *"
LAST_WEEK: Final = machines_date() - timedelta(days=7)
BEGINNING_OF_LAST_MONTH: Final = month_before(machines_date()).first_day


@pytest.fixture
def fleet() -> Fleet:
    return LifelikeFleet(2011, organizations=2, devices=3, first_day=BEGINNING_OF_LAST_MONTH - timedelta(days=10))


@pytest.fixture
def cron(prsync: Prsync, tmp_path: Path) -> Cron:
    return Cron(tmp_path / "cron", prsync.home)


def _due(*jobs: str, state: Path | None = None) -> str:
    """The example, as a user would set it: these jobs are due as soon as cron starts, the others never."""
    text = EXAMPLE.replace("PATH=/usr/local/bin", f"PATH={os.path.dirname(sys.executable)}:{WRAPPER.parent}")  # noqa: PTH120
    if state is not None:
        text = text.replace("#PRSYNC_STATE=/var/lib/prsync/ledger.db", f"PRSYNC_STATE={state}")
        text = text.replace("/var/backups", str(state.parent))
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if found := JOB.fullmatch(line):
            is_due = found[2] in jobs
            lines[place] = f"{'@reboot' if is_due else found[1] + NEVER} {found[2]}"
    assert sum(line.startswith("@reboot") for line in lines) == len(jobs)
    return "\n".join(lines) + "\n"


def _connect(prsync: Prsync | Account, simulator: Simulator, server: str, day: date) -> None:
    place = ("main", "copenhagen", "auckland").index(server) % len(simulator.fleet.organizations)
    organization = simulator.fleet.organizations[place]
    done = prsync("feed", "add", server, organization.organization_id, "--activation-date", day)
    assert done.status == 0, done.stderr


def test_cron_takes_the_example_as_it_is(cron: Cron) -> None:
    assert cron.installs(EXAMPLE) == EXAMPLE


def test_the_nightly_line_collects_and_says_nothing(cron: Cron, registered: Prsync, simulator: Simulator) -> None:
    _connect(registered, simulator, "main", LAST_WEEK)
    assert cron.run(_due("prsync -q sync", state=registered.state)) == []
    ((pages, life),) = sums(registered.state).values()
    assert pages == life > 0
    assert rows(registered.state, "SELECT outcome FROM runs") == [{"outcome": "ok"}]


@needs("dbus-run-session", "gnome-keyring-daemon")
def test_with_the_keyring_wrapper_too(simulator: Simulator, tmp_path: Path) -> None:
    account = Account(tmp_path / "home")
    options = ["--url", simulator.url, "--username", simulator.username, "--ca-bundle", str(simulator.ca_bundle)]
    added = account("server", "add", "main", *options, "--password-stdin", stdin=simulator.password + "\n")
    assert added.status == 0, added.stderr
    _connect(account, simulator, "main", LAST_WEEK)
    assert Cron(tmp_path / "cron", account.home).run(_due("prsync-with-keyring -q sync")) == []
    ((pages, life),) = sums(account.state).values()
    assert pages == life > 0
    wait_until(lambda: not processes_of(account.home))


def test_a_wrong_password_is_one_mail_that_says_what_to_do(
    cron: Cron, registered: Prsync, simulator: Simulator
) -> None:
    _connect(registered, simulator, "main", LAST_WEEK)
    simulator.change_password("changed at the server")
    (mail,) = cron.run(_due("prsync -q sync", state=registered.state))
    body = str(mail.get_payload())
    assert mail["To"] == "printing@example.com"
    assert "prsync -q sync" in mail["Subject"]
    assert f"prsync: server main: {simulator.url} refuses user" in body
    assert "check the username and the password" in body
    assert not [secret for secret in simulator.secrets if secret in mail.as_string()]


def test_two_servers_side_by_side(cron: Cron, prsync: Prsync, simulator: Simulator) -> None:
    for name in ("copenhagen", "auckland"):
        prsync.register(simulator, name)
        _connect(prsync, simulator, name, LAST_WEEK)
    lines = [f"prsync -q sync --server {name}" for name in ("copenhagen", "auckland")]
    assert cron.run(_due(*lines, state=prsync.state)) == []
    assert [pages == life > 0 for pages, life in sums(prsync.state).values()] == [True, True]


def test_certificates_and_backups(cron: Cron, registered: Prsync, simulator: Simulator) -> None:
    _connect(registered, simulator, "main", BEGINNING_OF_LAST_MONTH)
    certify, certify_early = "prsync -q certify", "prsync -q certify >/dev/null 2>&1 || true"
    # Nothing is collected yet: in the first days nobody hears of it, from the tenth on there is a mail.
    assert cron.run(_due(certify_early, state=registered.state)) == []
    (mail,) = cron.run(_due(certify, state=registered.state))
    assert "Ærø Færger" in mail.get_payload(decode=True).decode()  # type: ignore[union-attr]  # bytes, asked for so

    assert registered("-q", "sync").status == 0
    backups = registered.state.parent / "prsync"
    backups.mkdir()
    backup = f"prsync -q backup {backups}/ --keep 8"
    assert cron.run(_due(certify_early, backup, state=registered.state)) == []
    (pdf,) = (registered.state.parent / "certificates").iterdir()
    assert pdf.read_bytes().startswith(b"%PDF")
    (copy,) = backups.glob("prsync-20*.db")
    assert sums(copy) == sums(registered.state)


def test_doctor_mails_what_cron_finds(cron: Cron, registered: Prsync) -> None:
    (mail,) = cron.run(_due("prsync doctor", state=registered.state))
    body = " ".join(mail.get_payload(decode=True).decode().split())  # type: ignore[union-attr]  # bytes, asked for so
    assert "ok password of main: comes out of its command" in body
    assert f"account: root, HOME {registered.home}" in body
