"""Whatever is wrong with what was typed: one line that says what to do, the promised status, and nothing stored.

A case or two for each command; what each setting may hold stands in tests/services.
"""

from __future__ import annotations

import os
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import Done, Prsync, ScriptedFleet
from tests.support.whole_ledger import everything
from tests.system.at import always_at

from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

FIRST = date(2026, 11, 2)
NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A server, and prsync with a feed that has deposits and a held reading."""

    simulator: Simulator
    prsync: Prsync
    files: dict[str, str]
    """What a case may name in braces."""


@dataclass(frozen=True)
class Outcome:
    """What a case came to, and whether the ledger is still what it was."""

    done: Done
    unchanged: bool


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("bad-input")
    fleet = ScriptedFleet("Acme A/S", "Twin", "Twin", "Ærø Færger")
    fleet.reads_daily("A", FIRST - timedelta(days=1), [1000, 1100, 1200])
    fleet.reads_daily("B", FIRST - timedelta(days=1), [500, 600, "7 pages"])
    prsync = Prsync(folder / "home")
    with Simulator(fleet, folder=folder / "3manager") as simulator:
        prsync.register(simulator)
        assert prsync("feed", "add", "main", "Acme A/S", "--activation-date", FIRST, "--timezone", "UTC").status == 0
        assert prsync("sync", "--through", FIRST + timedelta(days=1)).status == 0
        yield Place(simulator, prsync, _files(folder, simulator))


@pytest.fixture(scope="module")
def outcomes(place: Place) -> Iterator[list[Future[Outcome]]]:
    """Every case, each on a ledger of its own, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield [pool.submit(_outcome, place, number, case[0]) for number, case in enumerate(CASES)]


def _outcome(place: Place, number: int, arguments: tuple[str, ...]) -> Outcome:
    ledger = place.prsync.state.with_name(f"case-{number}.db")
    shutil.copyfile(place.prsync.state, ledger)
    before = everything(ledger)
    words = [argument.format(**place.files) for argument in arguments]
    depends_on_the_date = arguments[-1] in {"{today}", "{future}"}
    prsync = always_at(NOW, place.prsync) if depends_on_the_date else place.prsync
    done = prsync(*words, env={"PRSYNC_STATE": str(ledger)})
    return Outcome(done, everything(ledger) == before)


def _files(folder: Path, simulator: Simulator) -> dict[str, str]:
    (folder / "broken.toml").write_text("paths = [")
    (folder / "text.pem").write_text("no certificate\n")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        closed_port = free.getsockname()[1]
    return {
        "url": simulator.url,
        "user": simulator.username,
        "ca": str(simulator.ca_bundle),
        "closed": f"https://127.0.0.1:{closed_port}",
        "broken": str(folder / "broken.toml"),
        "text": str(folder / "text.pem"),
        "right": f"cat '{folder}/home/password'",
        "today": f"{NOW:%Y-%m-%d}",
    }


OTHER = ("server", "add", "other", "--username", "{user}")
AT = (*OTHER, "--url", "{url}")
TRUSTED = (*AT, "--ca-bundle", "{ca}")
NEW_FEED = ("feed", "add", "main", "Ærø Færger")
CHANGE = ("feed", "update", "Acme A/S")

USAGE = [
    ((*OTHER, "--url", "http://app.3manager.com"), "--url http://app.3manager.com: must begin with https://"),
    ((*OTHER, "--url", "https://me:sesame@x.example"), "--username"),
    ((*AT, "--ca-bundle", "{text}"), "--ca-bundle {text}: holds no CA certificate in PEM form"),
    ((*AT, "--profile", "{broken}"), "--profile {broken}: is not an API profile"),
    ((*TRUSTED, "--password-command", "echo 'sesame"), "its quotes do not match"),
    ((*TRUSTED, "--password-stdin", "--password-command", "{right}"), "give one of the two"),
    (("server", "add", "main", *TRUSTED[3:], "--password-command", "{right}"), "server named main already"),
    (("server", "add", "", *TRUSTED[3:]), "a name is one line"),
    (("server", "add", "two\nlines", *TRUSTED[3:]), "a name is one line"),
    (("server", "add", "other"), "Missing option '--url'. (prsync server add --help shows how)"),
    (("server", "show", "nosuch"), "prsync server list shows"),
    (("server", "check", "nosuch"), "prsync server list shows"),
    (("server", "organizations", "nosuch"), "prsync server list shows"),
    (("server", "remove", "nosuch", "--yes"), "prsync server list shows"),
    (("server", "remove", "main"), "it has 1 feed; give --cascade"),
    (("server", "remove", "main", "--cascade"), "give --yes"),
    (("server", "update", "main"), "prsync server update --help"),
    (("server", "update", "nosuch", "--name", "new"), "prsync server list shows"),
    (("server", "update", "main", "--url", "http://x.example"), "must begin with https://"),
    (("server", "update", "main", "--password-stdin", "--password-command", "{right}"), "give one of the two"),
    (("server", "update", "main", "--password-stdin"), "standard input held no password"),
    (("server", "nosuch"), "prsync server --help"),
    (("server", "update", "main", "--connections", "99"), "--connections 99: must be at most 16 (prsync server update"),
    (("anomaly", "accept", "seven"), "ID seven: must be a whole number (prsync anomaly accept --help shows how)"),
    (("anomaly", "accept", "0"), "ID 0: must be at least 1"),
    (("sync", "--wait", "long"), "--wait long: must be a number"),
    (("feed", "add", "nosuch", "Ærø Færger"), "prsync server list shows"),
    (("feed", "add", "main"), "as ORGANIZATION"),
    (("feed", "add", "main", "Nobody"), "no organization Nobody: prsync server organizations main shows"),
    (("feed", "add", "main", "Twin"), "give one of the ids 1002, 1003"),
    (("feed", "add", "main", "1001", "--name", "Again"), "connected already, as feed Acme A/S: prsync feed update"),
    ((*NEW_FEED, "--name", "Acme A/S"), "give it another with --name"),
    ((*NEW_FEED, "--activation-date", "tomorrow"), "--activation-date tomorrow: is not a date; write it as 2026-"),
    ((*NEW_FEED, "--meter", "pages"), "totalPages, totalBw"),
    ((*NEW_FEED, "--timezone", "Mars/Base"), "their names are as Europe/Copenhagen"),
    ((*NEW_FEED, "--holidays", "XX"), "--holidays XX: is no country or region"),
    ((*NEW_FEED, "--ceiling", "0"), "--ceiling 0: is not a whole number from 1"),
    ((*NEW_FEED, "--scope", "some"), "--scope some: is neither all nor managed"),
    (("feed", "import", "main", "/not/there.csv"), "/not/there.csv: No such file"),
    (("feed", "import", "main", "{text}"), "line 1: unknown column no certificate"),
    (("feed", "show", "nosuch"), "prsync feed list shows"),
    (("feed", "show", "F\udce6rger"), "is the locale of this terminal right?"),
    (("feed", "pause", "nosuch"), "prsync feed list shows"),
    (("feed", "remove", "nosuch", "--yes"), "prsync feed list shows"),
    (("feed", "remove", "Acme A/S"), "give --yes"),
    (CHANGE, "prsync feed update --help"),
    ((*CHANGE, "--name", "Bog\tTryk"), "a name is one line"),
    ((*CHANGE, "--activation-date", "2026-11-03"), "its days are deposited since 2026-11-02"),
    ((*CHANGE, "--timezone", "Europe/Copenhagen"), "its days are deposited by the clock of UTC"),
    ((*CHANGE, "--ceiling", "0"), "--ceiling 0: is not a whole number from 1"),
    (("sync", "--through", "{today}"), "--through {today}: is not over yet; the last complete day is"),
    (("sync", "--through", "yesterday"), "is not a date"),
    (("sync", "--server", "main", "--server", "nosuch"), "prsync server list shows"),
    (("sync", "--feed", "Acme A/S", "--feed", "nosuch"), "prsync feed list shows"),
    (("sync", "--wait", "-1"), "prsync sync --help"),
    (("sync", "nosuch"), "prsync sync --help"),
    (("sync", "--through"), "prsync sync --help"),
    (("metrics", "--output", "m.txt"), "--output m.txt: does not end in .prom"),
    (("certify", "--preview", "sample.csv"), "--preview sample.csv: does not end in .pdf"),
    (("health", "--online"), "prsync health --help"),
    (("health", "--nagios", "--json"), "--json with --nagios: a monitoring plugin's answer has its own form"),
    (("report", "--output", "r.csv", "--format", "json"), "--format json: is for standard output; r.csv says its own"),
    (("nosuch", "--help"), "No such command 'nosuch'"),
    (("anomaly", "list", "--feed", "nosuch"), "prsync feed list shows"),
    (("anomaly", "accept", str(10**20)), "no anomaly 100000000000000000000: prsync anomaly list shows"),
    (("run", "show", str(2**63)), "no run 9223372036854775808: give the id of one"),
    (("anomaly", "accept", "99"), "no anomaly 99: prsync anomaly list shows"),
    (("anomaly", "accept", "1"), "it has no count; it can only be rejected"),
    (("anomaly", "reject", "first"), "prsync anomaly reject --help"),
    (("--log-format", "xml", "sync"), "--log-format xml: is neither text nor json"),
    (("nosuch",), "prsync --help"),
]

FAILED = [
    ((*TRUSTED, "--password-command", "echo wrong"), "{url} refuses user {user} (invalid_grant, status 400): check"),
    ((*TRUSTED, "--password-command", "false"), "password command of server other failed: it ended with status 1"),
    ((*TRUSTED, "--password-command", "true"), "password command of server other failed"),
    ((*AT, "--password-command", "{right}"), "a private one is given with --ca-bundle FILE"),
    ((*OTHER, "--url", "https://nosuch.invalid", "--password-command", "true"), "password command"),
    ((*OTHER, "--url", "https://nosuch.invalid", "--password-command", "echo x"), "nosuch.invalid is not known"),
    ((*OTHER, "--url", "{closed}", "--password-command", "echo x"), "cannot reach {closed}: connection refused"),
    (TRUSTED, "give --password-command CMD, or run prsync where the keyring is unlocked"),
    (("server", "update", "main", "--username", "nobody"), "refuses user nobody"),
    (("server", "update", "main", "--url", "{closed}"), "cannot reach {closed}"),
    (("server", "update", "main", "--password-command", "echo wrong"), "check the username and the password"),
]


CASES = [(*case, 2) for case in USAGE] + [(*case, 1) for case in FAILED]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[ascii(" ".join(case[0])) for case in CASES])
def test_it_is_said_in_one_line_and_nothing_is_stored(
    place: Place, outcomes: list[Future[Outcome]], number: int
) -> None:
    _, words, status = CASES[number]
    outcome = outcomes[number].result()
    assert outcome.done.status == status, outcome.done.stderr
    assert outcome.done.stdout == ""
    (line,) = outcome.done.stderr.splitlines()
    assert line.startswith("prsync: ")
    assert words.format(**place.files) in line
    assert "sesame" not in line
    assert outcome.unchanged


def test_a_password_is_asked_for_only_where_somebody_can_answer(place: Place) -> None:
    arguments = [argument.format(**place.files) for argument in TRUSTED]
    keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PRSYNC_ALLOW_PLAINTEXT_KEYRING": "1"}
    before = everything(place.prsync.state)
    done = place.prsync(*arguments, env=keyring)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == (
        "prsync: there is no terminal to ask for the password: give --password-stdin or --password-command CMD\n"
    )
    done = place.prsync(*arguments, "--password-stdin", env=keyring)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == "prsync: --password-stdin (empty): standard input held no password\n"
    done = place.prsync(*arguments, "--password-stdin", stdin="wrong\n", env=keyring)
    assert done.status == 1
    assert "check the username and the password" in done.stderr
    assert everything(place.prsync.state) == before


def test_a_failure_in_the_log_format_of_machines_is_one_object_and_nothing_else(place: Place) -> None:
    for arguments, status in ((("feed", "show", "nosuch", "--json"), 2), (("sync", "--nosuch", "--json"), 2)):
        done = place.prsync("--log-format", "json", *arguments)
        assert (done.status, done.stdout) == (status, "")
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("{")
