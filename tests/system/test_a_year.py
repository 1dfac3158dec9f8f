"""A year with prsync: 24 customers on two servers, a crontab, and a person who reads the mail.

Each night runs at its own instant: what happens in a year happens here, and what cron would have mailed is kept. In the
end the ledger is that of an undisturbed backfill, to the page. `script/test hunt -k a_year -s` prints the mail.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.support import Prsync, deposits, rows, sums
from tests.system.at import always_at

from prsync.cli.app import run_command_line
from prsync.core.periods import month_before
from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIRST: Final = date(2025, 11, 1)
LAST: Final = date(2026, 11, 3)
"""Some offices are switched off at weekends: their October is complete on the first Monday after it."""
ONE_DAY: Final = timedelta(days=1)
ORGANIZATIONS: Final = 12


@dataclass
class Year:
    """The machine, what cron has mailed on each day, and what a monitor saw in each morning."""

    home: Path
    servers: dict[str, Simulator]
    capsys: pytest.CaptureFixture[str]
    mails: list[tuple[date, str, str]] = field(default_factory=list)
    monitor: dict[date, int] = field(default_factory=dict)
    today: date = FIRST

    @property
    def state(self) -> Path:
        return self.home / "state" / "ledger.db"

    @property
    def backups(self) -> Path:
        return self.home / "backups"

    def run(self, hour: int, *arguments: object, minute: int = 0, on: date | None = None) -> tuple[int, str, str]:
        """Run one command at that time of today: its status, and both of its outputs."""
        now = datetime.combine(on or self.today, time(hour, minute), UTC)
        status = run_command_line(["--state", str(self.state), *map(str, arguments)], now)
        out, err = self.capsys.readouterr()
        return status, out, err

    def person(self, *arguments: object) -> None:
        """Somebody types a command at nine, and it works."""
        status, out, err = self.run(9, *arguments)
        assert status == 0, (self.today, arguments, out, err)

    def night(self, *, clock: date | None = None) -> None:
        """The crontab of crontab.example. `clock` is what the machine takes the day for."""
        self._cron("sync", 1, "-q", "sync", minute=30, on=clock)
        if self.today.weekday() == 6:
            self._cron("backup", 4, "-q", "backup", f"{self.backups}/", "--keep", 8, on=clock)
        certify = self.run(6, "-q", "certify", "--output", self.home / "certificates", on=clock)
        if self.today.day >= 10:
            self._mail("certify", *certify)
        self.look()

    def look(self) -> None:
        """What a monitor sees before anybody is up."""
        self.monitor[self.today] = self.run(7, "health", "--nagios", "--offline")[0]

    def _cron(self, job: str, hour: int, *arguments: object, minute: int = 0, on: date | None = None) -> None:
        self._mail(job, *self.run(hour, *arguments, minute=minute, on=on))

    def _mail(self, job: str, _status: int, out: str, err: str) -> None:
        for line in (out + err).splitlines():
            self.mails.append((self.today, job, line.replace(str(self.home), "~")))

    def mailed(self, first: date, last: date | None = None, job: str = "sync") -> list[str]:
        """The lines of a job's mail from `first` to `last`."""
        return [line for day, of, line in self.mails if of == job and first <= day <= (last or first)]


def organization(server: Simulator, place: int) -> str:
    return server.fleet.organizations[place].organization_id


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, Simulator]]:
    fleets = {
        name: LifelikeFleet(seed, organizations=ORGANIZATIONS, devices=6, first_day=FIRST - timedelta(days=60))
        for name, seed in (("north", 4001), ("south", 4002))
    }
    with (
        Simulator(fleets["north"], folder=tmp_path / "north") as north,
        Simulator(fleets["south"], folder=tmp_path / "south") as south,
    ):
        yield {"north": north, "south": south}


@pytest.fixture
def year(tmp_path: Path, servers: dict[str, Simulator], capsys: pytest.CaptureFixture[str]) -> Year:
    home = tmp_path / "home"
    (home / "state").mkdir(parents=True)
    (home / "backups").mkdir()
    year = Year(home, servers, capsys)
    for name, server in servers.items():
        (home / f"{name}.password").write_text(server.password)
        (home / "profile.toml").write_text("[manners]\nbackoff = 0.0\n")
        year.person(
            *("server", "add", name, "--url", server.url, "--username", server.username),
            *("--ca-bundle", server.ca_bundle, "--profile", home / "profile.toml"),
            *("--password-command", f"cat {home / name}.password"),
        )
        lines = ["organization,name,activation_date,timezone,holidays"]
        # The last of each joins later.
        lines += [
            f"{organization(server, place)},{name} {place},{FIRST},Europe/Copenhagen,DK"
            for place in range(ORGANIZATIONS - 1)
        ]
        (home / f"{name}.csv").write_text("\n".join(lines) + "\n")
        year.person("feed", "import", name, home / f"{name}.csv")
    return year


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


def silent(server: Simulator, place: int, since: date) -> None:
    server.make_stale(organization(server, place), since)


def back(server: Simulator, place: int) -> None:
    server.deliver(organization(server, place))


@pytest.mark.hunt
def test_a_year_of_nights_and_what_was_mailed_in_it(year: Year, tmp_path: Path) -> None:
    north, south = year.servers["north"], year.servers["south"]
    for today in days(FIRST + ONE_DAY, LAST + ONE_DAY):
        year.today = today
        _what_happens_before(year, north, south, today)
        if today == date(2026, 7, 8):
            _night_with_a_full_disk(year)
        else:
            year.night(clock=CLOCKS.get(today))
        _what_a_person_does(year, north, south, today)
    _expect_the_mail(year)
    _expect_the_ledger_of_an_undisturbed_backfill(year, tmp_path)
    _expect_every_certificate(year)
    with year.capsys.disabled():
        print(f"\n{len(year.mails)} lines in {len({day for day, _, _ in year.mails})} mails:")
        for day, job, line in year.mails:
            print(f"{day:%a %Y-%m-%d} {job:<8}{line}")


CLOCKS: Final = {
    date(2026, 8, 5): date(2029, 8, 5),  # a battery is empty
    date(2026, 8, 20): date(2026, 8, 10),
    date(2026, 9, 15): date(2026, 9, 20),
}
"""The days on which the machine's clock is wrong, and what it says."""


def _what_happens_before(year: Year, north: Simulator, south: Simulator, today: date) -> None:
    """In the world, before the night's run."""
    moved = organization(south, 4)

    def everywhere(happens: Callable[[Simulator, int], None]) -> None:
        for server in (north, south):
            for place in range(ORGANIZATIONS):
                happens(server, place)

    events: dict[str, Callable[[], object]] = {
        "2025-12-03": lambda: silent(north, 1, date(2025, 12, 1)),
        "2025-12-16": lambda: back(north, 1),
        "2026-01-20": lambda: south.change_password("another"),
        "2026-02-26": lambda: silent(north, 2, date(2026, 2, 24)),
        "2026-03-13": lambda: back(north, 2),
        "2026-03-20": north.stop,
        "2026-03-23": north.start,
        "2026-05-18": lambda: south.answer_with(lambda asked: asked.organization_id == moved, Answer(status=404)),
        "2026-06-11": lambda: shutil.rmtree(year.state.parent),
        # A server that is asked for days to come answers with what it knows by now.
        "2026-09-15": lambda: everywhere(lambda server, place: silent(server, place, today - ONE_DAY)),
        "2026-09-16": lambda: everywhere(back),
    }
    events.get(today.isoformat(), lambda: None)()


def _what_a_person_does(year: Year, north: Simulator, south: Simulator, today: date) -> None:
    """At nine, having read the mail."""
    match today.isoformat():
        case "2026-01-21":
            (year.home / "south.password").write_text(south.password)
        case "2026-04-15":
            year.person("feed", "deactivate", "north 3")
        case "2026-05-04":
            place = ("north", organization(north, 11), "--name", "north 11", "--activation-date", "2026-01-01")
            year.person("feed", "add", *place, "--timezone", "Europe/Copenhagen", "--holidays", "DK")
        case "2026-05-20":
            year.person("feed", "deactivate", "south 4")
            place = ("south", organization(south, 11), "--name", "south 11", "--activation-date", "2026-05-18")
            year.person("feed", "add", *place, "--timezone", "Europe/Copenhagen", "--holidays", "DK")
        case "2026-06-11":
            year.state.parent.mkdir()
            newest = max(year.backups.iterdir(), key=lambda file: file.name)
            shutil.copyfile(newest, year.state)


def _night_with_a_full_disk(year: Year) -> None:
    """SQLite meets a limit to its file's size as it meets a disk without room; only another process can be limited."""
    prsync = always_at(datetime.combine(year.today, time(1, 30), UTC), Prsync(year.home / "prsync"))
    limit = year.state.stat().st_size // 4096 * 4096
    done = subprocess.run(
        ["prlimit", f"--fsize={limit // 64}", *prsync.program, "--state", str(year.state), "-q", "sync"],
        env=prsync.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    year._mail("sync", done.returncode, done.stdout, done.stderr)
    year.look()


def _expect_the_mail(year: Year) -> None:
    """It is little, and each line is worth reading."""
    # A DCA that stops: on the night after the third business day, and on Mondays while it lasts.
    silence = "prsync: feed north 1 is {}unhealthy: no new data since 2025-12-01; is its DCA running?"
    assert year.mailed(date(2025, 12, 3), date(2025, 12, 16)) == [
        silence.format(""),
        silence.format("still "),
        silence.format("still "),
    ]
    # A password: each night that it lasts.
    for night in (date(2026, 1, 20), date(2026, 1, 21)):
        refused, summary = year.mailed(night)
        assert refused.startswith("prsync: server south: ")
        assert "refuses user" in refused
        assert summary.startswith("prsync: not collected: south 0 (synced through ")
    assert year.mailed(date(2026, 1, 22), date(2026, 2, 20)) == []
    # A late month: from the tenth on it is named with what it waits for, and then certified without a word.
    state = "2026-02 is not complete: deposited through 2026-02-24; no new data have come since, is its DCA running?"
    assert year.mailed(date(2026, 3, 10), date(2026, 3, 13), "certify") == [f"prsync: feed north 2: {state}"] * 3
    # A server that is down for three nights.
    for night in days(date(2026, 3, 20), date(2026, 3, 22)):
        assert year.mailed(night)[0].startswith("prsync: server north: cannot reach ")
    # A customer who is gone, until the feed is ended; nothing of it after that.
    gone = year.mailed(date(2026, 5, 18), date(2026, 5, 31))
    assert [line.startswith("prsync: feed south 4: ") for line in gone] == [True, False] * 3
    assert "status 404" in gone[0]
    # A lost ledger, for one night: both jobs say so.
    assert year.mailed(date(2026, 6, 11))[0].startswith("prsync: there is no ledger at ~/state/ledger.db: ")
    assert year.mailed(date(2026, 6, 12)) == []
    # A full disk.
    (full,) = year.mailed(date(2026, 7, 8))
    assert full.startswith("prsync: the ledger ~/state/ledger.db cannot be used: ")
    # Clocks: years ahead, and behind; one line for all customers, and one that they are not collected.
    ahead, _ = year.mailed(date(2026, 8, 5))
    assert ahead.startswith(
        "prsync: 22 feeds (north 0, north 1, north 10, north 11, north 2 and 17 more), each of them: "
    )
    assert "more than a year after the last run" in ahead
    behind, _ = year.mailed(date(2026, 8, 20))
    assert "is deposited already; is the clock set?" in behind
    assert year.mailed(date(2026, 8, 21), date(2026, 9, 14)) == []
    # Five days ahead: that night, everybody seems to be silent. On the next one the clock is blamed.
    (all_silent,) = year.mailed(date(2026, 9, 15))
    assert "each of them is unhealthy: no new data since 2026-09-14" in all_silent
    (once,) = year.mailed(date(2026, 9, 16))
    assert "the clock was ahead once" in once
    assert year.mailed(date(2026, 9, 17), LAST) == []
    # A monitor saw each of it.
    assert all(year.monitor[day] == 2 for day in days(date(2026, 3, 20), date(2026, 3, 22)))
    assert all(year.monitor[day] == 2 for day in days(date(2026, 1, 20), date(2026, 1, 21)))
    assert year.monitor[date(2026, 6, 11)] == 3
    assert year.monitor[date(2026, 5, 19)] == 1
    assert {status for day, status in year.monitor.items() if day >= date(2026, 9, 17)} == {0}


def _expect_the_ledger_of_an_undisturbed_backfill(year: Year, tmp_path: Path) -> None:
    """Two servers without any fault, and one run through the whole year."""
    south = year.servers["south"]
    south.answer_normally()
    model = Year(tmp_path / "model", year.servers, year.capsys, today=LAST + ONE_DAY)
    (model.home / "state").mkdir(parents=True)
    feeds = rows(year.state, "SELECT feeds.*, servers.name AS server FROM feeds JOIN servers ON servers.id = server_id")
    for name, server in year.servers.items():
        (year.home / f"{name}.password").write_text(server.password)
        model.person(
            *("server", "add", name, "--url", server.url, "--username", server.username),
            *("--ca-bundle", server.ca_bundle, "--password-command", f"cat {year.home / name}.password"),
        )
    for feed in feeds:
        place = (feed["server"], feed["organization_id"], "--name", feed["name"])
        options = ("--activation-date", feed["activation_date"], "--timezone", feed["timezone"])
        model.person("feed", "add", *place, *options, "--holidays", "DK")
    model.person("sync")
    assert len(feeds) == 24
    for feed in feeds:
        expected = deposits(model.state, feed["name"])
        if feed["deactivated_on"]:
            expected = {day: pages for day, pages in expected.items() if day <= feed["deactivated_on"]}
        found = deposits(year.state, feed["name"])
        assert found == {day: pages for day, pages in expected.items() if day <= max(found)}
        assert max(found) == max(expected)
    assert all(pages == life for pages, life in sums(year.state).values())


def _expect_every_certificate(year: Year) -> None:
    """Of each month since the one before the feed was connected, one; none twice; each with its month's pages."""
    certificates = rows(year.state, "SELECT * FROM certificates")
    by_month: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for certificate in certificates:
        by_month.setdefault((certificate["feed_id"], certificate["month"]), []).append(certificate)
    assert {len(found) for found in by_month.values()} == {1}
    deposited = rows(
        year.state, "SELECT feed_id, substr(date, 1, 7) AS month, sum(pages) AS pages FROM deposits GROUP BY 1, 2"
    )
    connected = {
        feed["id"]: str(month_before(date.fromisoformat(feed["created_at"][:10])))
        for feed in rows(year.state, "SELECT * FROM feeds")
    }
    due = {
        (row["feed_id"], row["month"]): row["pages"]
        for row in deposited
        if connected[row["feed_id"]] <= row["month"] < "2026-11" and row["pages"]
    }
    assert {key: found[0]["pages"] for key, found in by_month.items()} == due
