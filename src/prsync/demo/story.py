"""The steps of `prsync demo`: what a sysadmin does in the first week, with the real commands, at a simulated server."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.printreleaf_simulator import PrintReleafSimulator
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from prsync.demo.fleet import Organization

    RunCommand = Callable[[list[str]], int]
    ShowLine = Callable[[str], None]

# With this seed no office switches its printers off at weekends, so that last month is complete whatever day it is.
SEED: Final = 2016
CUSTOMERS: Final = 5
DEVICES: Final = 20
HISTORY: Final = timedelta(days=180)
# How long a DCA has been stopped. A feed is unhealthy after three business days without data, and eight days have three
# of them whatever the weekday and the time zone.
DCA_STOPPED_FOR: Final = timedelta(days=8)

_WIDTH: Final = 78


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The ledger and the folder of the certificates, and whether every command ended as expected."""

    ledger: Path
    certificates: Path
    ok: bool


def play_story(folder: Path, today: date, *, run: RunCommand, say: ShowLine) -> DemoResult:
    """Run the demo's commands, with all their files in `folder`.

    `run` runs a command line of prsync and returns its exit status; `say` shows text to the person who is watching.
    """
    # From the first of a month on, so that the oldest month is whole, too.
    activation_date = (today - HISTORY).replace(day=1)
    fleet = LifelikeFleet(SEED, organizations=CUSTOMERS, devices=DEVICES, first_day=activation_date - 30 * ONE_DAY)
    runner, certificates = _StepRunner(folder / "ledger.db", run, say), folder / "certificates"
    with suppress(_UnexpectedStatusError), Simulator(fleet, folder=folder / "3manager") as simulator:
        say(f"A simulated 3manager is at {simulator.url}: real HTTPS and OAuth 2.0,")
        say(f"{CUSTOMERS} customers, {DEVICES} devices each. It is gone when this demo ends.")
        say(f"Each command below also has\n  --state {shlex.quote(str(runner.ledger))}")
        say("to keep away from a ledger of yours.")
        _connect(runner, simulator, folder / "password", activation_date)
        _stop_dca_and_recover(runner, simulator, today)
        _certify(runner, certificates)
        _deliver(runner, simulator.fleet.organizations[1:3], folder, today - timedelta(days=7))
        return DemoResult(runner.ledger, certificates, ok=True)
    return DemoResult(runner.ledger, certificates, ok=False)


def _connect(runner: _StepRunner, simulator: Simulator, password_file: Path, activation_date: date) -> None:
    # Made before it is written to: no other account may read it, not even for a moment.
    password_file.touch(mode=0o600)
    password_file.write_text(simulator.password + "\n")
    runner.say("\n1. Register the server. (Yours: leave out --password-command, and prsync asks")
    runner.say("   for the password and keeps it in the OS keyring.)")
    runner.run(
        *("server", "add", "main", "--url", simulator.url, "--username", simulator.username),
        *("--ca-bundle", str(simulator.ca_bundle), "--password-command", f"cat {shlex.quote(str(password_file))}"),
    )
    runner.say(f"\n2. Connect the customers, with their history back to {activation_date}.")
    for customer in simulator.fleet.organizations:
        runner.run("feed", "add", "main", customer.name, "--activation-date", activation_date.isoformat())


def _stop_dca_and_recover(runner: _StepRunner, simulator: Simulator, today: date) -> None:
    stale = simulator.fleet.organizations[0]
    simulator.make_stale(stale.organization_id, today - DCA_STOPPED_FOR)
    runner.say(
        f"\n3. Last night's sync: it reads half a year. The DCA (data collection agent) of"
        f"\n   {stale.name} stopped {DCA_STOPPED_FOR.days} days ago; 3manager repeats what it knew then."
    )
    # Yesterday is left for the sync of step 5.
    runner.run("sync", "--through", str(today - 2 * ONE_DAY))
    runner.say("\n4. The health check finds it. Its exit status is 1: a monitor sees it, too.")
    runner.run("health", expected=1)

    simulator.deliver(stale.organization_id)
    runner.say("\n5. The DCA is back. Tonight's sync catches up: each day gets its own pages.")
    runner.run("sync")
    runner.run("health")


def _certify(runner: _StepRunner, folder: Path) -> None:
    runner.say("\n6. Last month's certificates. A second run changes nothing.")
    for _ in range(2):
        runner.run("certify", "--output", str(folder))


def _deliver(runner: _StepRunner, customers: Sequence[Organization], folder: Path, first: date) -> None:
    accounts = {f"00000000-0000-4000-8000-{number:012}": one.name for number, one in enumerate(customers, start=1)}
    with PrintReleafSimulator(accounts, folder=folder / "printreleaf") as printreleaf:
        key_file = folder / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(printreleaf.api.key + "\n")
        runner.say(
            "\n7. Two customers have accounts at PrintReleaf (simulated, too): their deposits"
            "\n   go there. One answer gets lost; the next run finds what is there."
        )
        runner.run(
            *("printreleaf", "connect", "--url", printreleaf.url, "--ca-bundle", str(printreleaf.ca_bundle)),
            *("--key-command", f"cat {shlex.quote(str(key_file))}"),
        )
        for account_id, name in accounts.items():
            runner.run("feed", "update", name, "--account", account_id, "--deliver-from", str(first))
        posts = count()
        printreleaf.answer_with(lambda request: request.method == "POST" and next(posts) == 1, Answer(cut=True))
        runner.run("deliver", expected=1)
        runner.run("deliver")
        runner.run("printreleaf", "status")


class _UnexpectedStatusError(Exception):
    """A command ended with another status than expected; the steps after it build on it, so that the demo ends."""


class _StepRunner:
    """Shows and runs the commands of the demo, all with the ledger `ledger`."""

    def __init__(self, ledger: Path, run: RunCommand, say: ShowLine) -> None:
        self.ledger, self._run, self.say = ledger, run, say

    def run(self, *arguments: str, expected: int = 0) -> None:
        """Show a command and run it; _UnexpectedStatusError where its exit status is not `expected`."""
        self.say(f"\n$ {command_line(['prsync', *arguments])}")
        status = self._run(["--state", str(self.ledger), *arguments])
        if status != expected:
            self.say(f"\nThat is not how the story goes: the command ended with status {status}, not {expected}.")
            raise _UnexpectedStatusError


def command_line(words: list[str]) -> str:
    """A command to type into a shell; a long one is split into lines, each with one option and its value."""
    line = shlex.join(words)
    if len(line) <= _WIDTH:
        return line
    starts = [place for place, word in enumerate(words) if word.startswith("--")]
    parts = [words[start:end] for start, end in zip([0, *starts], [*starts, len(words)], strict=True)]
    return " \\\n      ".join(shlex.join(part) for part in parts)
