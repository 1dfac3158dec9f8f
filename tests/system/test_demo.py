"""The demo, as somebody who has just cloned prsync runs it."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from tests.support import Done, Prsync, rows, sums

from prsync.cli.app import run_command_line
from prsync.core.periods import month_before, today
from prsync.demo import story
from prsync.demo.lifelike import LifelikeFleet
from prsync.demo.simulator import Simulator
from prsync.process.clock import local_timezone

CUSTOMERS = {'Café "Le Coq"', "O'Brien <Print> Partners", "Smith & Sons Ltd", "Ærø Færger", "Łódź Logistyka"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path, Prsync]:
    """A demo that has been told to a program, and its folder."""
    place = tmp_path_factory.mktemp("played") / "demo"
    prsync = Prsync(place.with_name("home"))
    return prsync("-v", "demo", "--json", "--folder", place), place, prsync


def test_it_runs_to_the_end_and_leaves_what_it_says(played: tuple[Done, Path, Prsync]) -> None:
    done, place, prsync = played
    assert done.status == 0, done.stderr
    document = done.json()
    assert (document["ok"], document["folder"]) == (True, str(place))
    assert_everything_is_there(document)
    assert place.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in place.rglob("*") if "certificates" not in file.parts)
    assert not prsync.state.exists()


def test_nothing_it_leaves_holds_what_must_not_be_kept(played: tuple[Done, Path, Prsync]) -> None:
    done, place, _ = played
    files = {file: file.read_bytes() for file in place.rglob("*") if file.is_file()}
    password = files.pop(place / "password").strip()

    assert password.startswith(b"pw-")
    assert b"asking for" in done.stderr.encode()  # -v: there is a log to look at
    for text in (done.stdout.encode(), done.stderr.encode(), *files.values()):
        assert password not in text
        assert not any(marker.encode() in text for marker in Simulator.unwanted_markers)


def assert_everything_is_there(document: dict[str, Any]) -> None:
    ledger = Path(document["ledger"])
    found = sums(ledger)
    assert found.keys() == CUSTOMERS
    assert all(pages == life > 0 for pages, life in found.values())
    feeds = rows(ledger, "SELECT * FROM feeds")
    assert {feed["health"] for feed in feeds} == {"healthy"}
    assert len(document["certificates"]) == len(CUSTOMERS) == len(rows(ledger, "SELECT * FROM certificates"))
    texts = [unspaced(PdfReader(file).pages[0].extract_text()) for file in document["certificates"]]
    assert all(sum(unspaced(name) in text for text in texts) == 1 for name in CUSTOMERS)


def unspaced(text: str) -> str:
    """Kerning looks like spaces to who reads a PDF back."""
    return "".join(text.split())


def test_off_a_terminal_it_is_plain_text_and_the_commands_it_names_work(prsync: Prsync, tmp_path: Path) -> None:
    done = prsync("demo", "--folder", tmp_path / "de mo")

    assert done.status == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    # But for rows of tables, which off a terminal are lines as long as they come.
    places = (str(tmp_path), "https://127.0.0.1:", "2026-", "  PR-")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("Feed  ")]
    told = [line for line in lines if not any(place in line for place in places)]
    assert max(map(len, told)) <= 80
    commands = re.findall(r"^  (prsync .*|rm .*)$", done.stdout, re.MULTILINE)
    *look_around, your_own, away = commands
    assert len(look_around) == 5
    for command in look_around:
        shown = subprocess.run(
            ["sh", "-c", command], env=prsync.environment, capture_output=True, text=True, check=False
        )
        assert (shown.returncode, shown.stderr) == (0, ""), command
        assert shown.stdout.strip(), command
    assert " server add main --url https://" in your_own
    assert shlex.split(away) == ["rm", "-r", str(tmp_path / "de mo")]


def test_it_is_not_led_astray_by_the_environment(prsync: Prsync, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "REQUESTS_CA_BUNDLE": "/nowhere.pem",
        "TZ": "Pacific/Auckland",
    }
    done = prsync("demo", "--folder", tmp_path / "demo", env=environment)
    assert done.status == 0, done.stderr
    zones = rows(tmp_path / "demo" / "ledger.db", "SELECT DISTINCT timezone FROM feeds")
    assert zones == [{"timezone": "Pacific/Auckland"}]
    assert re.search(r"^  /\S+/prsync --state ", done.stdout, re.MULTILINE)  # by its path, where PATH does not find it


@pytest.mark.parametrize("wanted", ["full", "file", "file/below"])
def test_a_folder_that_cannot_be_its_own_is_refused(prsync: Prsync, tmp_path: Path, wanted: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))

    done = prsync("demo", "--folder", tmp_path / wanted)

    assert (done.status, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "--folder" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_the_first_command_that_fails_is_the_end_of_it(prsync: Prsync, tmp_path: Path) -> None:
    without_cat = {"PATH": "/nowhere"}
    done = prsync("demo", "--folder", tmp_path / "demo", env=without_cat)
    assert (done.status, done.stderr.count("\n")) == (1, 1)
    assert "the command ended with status 1, not 0" in done.stdout
    assert done.stdout.count("\n$ prsync ") == 1
    assert prsync("demo", "--json", "--folder", tmp_path / "again", env=without_cat).json()["ok"] is False


def test_its_customers_are_read_every_day_so_that_a_month_is_complete_on_the_first() -> None:
    first_day = date(2026, 1, 1)
    fleet = LifelikeFleet(
        story.SEED, organizations=story.CUSTOMERS, devices=story.DEVICES, first_day=first_day - timedelta(days=30)
    )
    for number in range(500):
        day = first_day + timedelta(days=number)
        for customer in fleet.organizations:
            devices = fleet.devices(customer.organization_id, day)
            assert any(isinstance(device.read_at, datetime) and device.read_at.date() == day for device in devices)


DAYS = {
    "the first of a month, a Monday": datetime(2026, 6, 1, 0, 5, tzinfo=UTC),
    "the first of a year": datetime(2027, 1, 1, 12, tzinfo=UTC),
    "the third of a month, after a weekend": datetime(2026, 8, 3, 23, 55, tzinfo=UTC),
    "a Sunday": datetime(2026, 11, 22, 12, tzinfo=UTC),
    "after the longest Easter": datetime(2026, 4, 7, 12, tzinfo=UTC),
    "between Christmas and New Year": datetime(2026, 12, 28, 12, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 12, tzinfo=UTC),
    "in everybody's summer holiday": datetime(2026, 7, 24, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("now", DAYS.values(), ids=DAYS.keys())
def test_the_story_goes_the_same_way_whatever_day_it_is_told(
    now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "HISTORY", timedelta(days=45))  # as true a story, and sooner told
    said: list[str] = []
    day = today(now, local_timezone())

    result = story.play_story(tmp_path, day, run=lambda arguments: run_command_line(arguments, now), say=said.append)

    assert result.ok, "\n".join(said)
    assert len(list(result.certificates.glob("*.pdf"))) == len(CUSTOMERS)
    (month,) = {row["month"] for row in rows(result.ledger, "SELECT month FROM certificates")}
    assert month == str(month_before(day))
