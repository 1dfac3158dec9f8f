"""The demo's story: what a sysadmin does in the first week, against the simulated 3manager, with the real commands."""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[[list[str]], int]
    Say = Callable[[str], None]

SEED: Final = 2016
"""None of its offices switches everything off at weekends: every last day of a month is complete on the first."""
CUSTOMERS: Final = 5
DEVICES: Final = 20
HISTORY: Final = timedelta(days=180)
SILENCE: Final = timedelta(days=8)
"""Long enough to hold three business days whatever day of the week it is, and in whatever time zone."""

_WIDTH: Final = 78


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left behind, and whether it went as it is told."""

    ledger: Path
    certificates: Path
    ok: bool


def tell(folder: Path, today: date, run: Run, say: Say) -> Told:
    """Play the story in `folder`; `run` runs a command line of prsync, `say` shows a line to the person watching."""
    activation_date = (today - HISTORY).replace(day=1)
    fleet = LifelikeFleet(SEED, organizations=CUSTOMERS, devices=DEVICES, first_day=activation_date - 30 * ONE_DAY)
    stage, certificates = _Stage(folder / "ledger.db", run, say), folder / "certificates"
    with suppress(_AstrayError), Simulator(fleet, folder=folder / "3manager") as simulator:
        say(f"A simulated 3manager is at {simulator.url}: real HTTPS and OAuth 2.0,")
        say(f"{CUSTOMERS} customers, {DEVICES} devices each. It is gone when this demo ends.")
        say(f"Each command below also has\n  --state {shlex.quote(str(stage.ledger))}")
        say("to keep away from a ledger of yours.")
        _connect(stage, simulator, folder / "password", activation_date)
        _fall_silent_and_recover(stage, simulator, today)
        _certify(stage, certificates)
        return Told(stage.ledger, certificates, ok=True)
    return Told(stage.ledger, certificates, ok=False)


def _connect(stage: _Stage, simulator: Simulator, password_file: Path, activation_date: date) -> None:
    password_file.touch(mode=0o600)
    password_file.write_text(simulator.password + "\n")
    stage.say("\n1. Register the server. (Yours: leave out --password-command, and prsync asks")
    stage.say("   for the password and keeps it in the OS keyring.)")
    stage.play(
        *("server", "add", "main", "--url", simulator.url, "--username", simulator.username),
        *("--ca-bundle", str(simulator.ca_bundle), "--password-command", f"cat {shlex.quote(str(password_file))}"),
    )
    stage.say(f"\n2. Connect the customers, with their history back to {activation_date}.")
    for customer in simulator.fleet.organizations:
        stage.play("feed", "add", "main", customer.name, "--activation-date", activation_date.isoformat())


def _fall_silent_and_recover(stage: _Stage, simulator: Simulator, today: date) -> None:
    stale = simulator.fleet.organizations[0]
    simulator.make_stale(stale.organization_id, today - SILENCE)
    stage.say(
        f"\n3. Last night's sync: it reads half a year. The DCA (data collection agent) of"
        f"\n   {stale.name} stopped {SILENCE.days} days ago; 3manager repeats what it knew then."
    )
    stage.play("sync", "--through", str(today - 2 * ONE_DAY))
    stage.say("\n4. The health check finds it. Its exit status is 1: a monitor sees it, too.")
    stage.play("health", expected=1)

    simulator.deliver(stale.organization_id)
    stage.say("\n5. The DCA is back. Tonight's sync catches up: each day gets its own pages.")
    stage.play("sync")
    stage.play("health")


def _certify(stage: _Stage, folder: Path) -> None:
    stage.say("\n6. Last month's certificates. A second run changes nothing.")
    for _ in range(2):
        stage.play("certify", "--output", str(folder))


class _AstrayError(Exception):
    """A command ended otherwise than the story says: there is no point in going on."""


class _Stage:
    """Plays commands, as long as each ends as the story says."""

    def __init__(self, ledger: Path, run: Run, say: Say) -> None:
        self.ledger, self._run, self.say = ledger, run, say

    def play(self, *arguments: str, expected: int = 0) -> None:
        self.say(f"\n$ {command_line(['prsync', *arguments])}")
        status = self._run(["--state", str(self.ledger), *arguments])
        if status != expected:
            self.say(f"\nThat is not how the story goes: the command ended with status {status}, not {expected}.")
            raise _AstrayError


def command_line(words: list[str]) -> str:
    """A command as a shell takes it; a long one in several lines, an option with its value on each."""
    line = shlex.join(words)
    if len(line) <= _WIDTH:
        return line
    starts = [place for place, word in enumerate(words) if word.startswith("--")]
    parts = [words[start:end] for start, end in zip([0, *starts], [*starts, len(words)], strict=True)]
    return " \\\n      ".join(shlex.join(part) for part in parts)
