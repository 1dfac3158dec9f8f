"""Fitting prsync to a server as a sysadmin does it: look at the profile, probe, write a file, probe again, register."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet
from tests.system.at import always_at

from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

FIRST = date(2026, 11, 2)
NIGHT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S")
    for device in "ABC":
        scripted.reads_daily(device, FIRST, range(1000, 1400, 10))
    return scripted


@pytest.fixture
def tonight(prsync: Prsync) -> Prsync:
    return always_at(NIGHT, prsync)


def renamed(page: Any) -> Any:
    """What another server would call the same things."""
    text = json.dumps(page)
    for name, other in {"deviceId": "printerGuid", "items": "printers", "counters": "meterReadings"}.items():
        text = text.replace(f'"{name}"', f'"{other}"')
    return json.loads(text)


def test_a_server_with_other_names_is_fitted_registered_and_collected(
    tonight: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.answer_with(lambda request: request.is_devices, Answer(alter=renamed))
    options = tonight.server_options(simulator)
    done = tonight("server", "probe", *options)
    assert (done.status, done.stderr.count("\n")) == (1, 1)
    assert f"{simulator.url}: does not fit the API profile: devices.rows, devices.id, counters.at\n" in done.stderr
    # A path is never cut, however long it is.
    assert [line for line in done.stdout.splitlines() if len(line) > 80 and "at-once.toml" not in line] == []
    assert not tonight.state.exists()

    profile = tmp_path / "profile.toml"
    lines = done.stdout.partition("What to do next\n")[2].splitlines()
    profile.write_text("".join(f"{line[4:]}\n" for line in lines if line.startswith("    ")), "utf-8")
    assert tonight("profile", "check", profile).stdout == f"{profile} is an API profile.\n"
    done = tonight("server", "probe", *options, "--profile", profile)
    assert (done.status, done.stderr) == (0, "")
    command = done.stdout.splitlines()[-1].split()
    assert command[:4] == ["prsync", "server", "add", "NAME"]
    assert tonight(*command[1:3], "main", *command[4:], *options[-2:]).status == 0
    done = tonight("server", "probe", "main", "--json")
    assert (done.status, done.json()["fits"], done.json()["server"]) == (0, True, "main")
    assert tonight("feed", "add", "main", "1001", "--activation-date", FIRST + timedelta(days=1)).status == 0
    assert tonight("sync", "--json").json()["pages"] == 3 * 10 * 21

    found = tonight("server", "meters", "main", "--json").json()
    assert found == {"devices": 3, "meters": [{"meter": "totalPages", "devices": 3, "in_profile": True}]}
    assert tonight("server", "meters", "main").stdout.splitlines()[1].split() == ["totalPages", "3", "of", "3", "yes"]


def test_a_profile_that_lacks_a_feeds_meter_or_has_gone_is_told_with_what_to_do(
    tonight: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    assert tonight("server", "add", "main", *tonight.server_options(simulator)).status == 0
    assert tonight("feed", "add", "main", "1001", "--activation-date", FIRST + timedelta(days=1)).status == 0
    profile = tmp_path / "profile.toml"
    profile.write_text('[meters]\nnames = ["printTotal"]\n', "utf-8")
    done = tonight("server", "update", "main", "--profile", profile)
    assert done.status == 0
    assert done.stderr.startswith(
        "prsync: feed Acme A/S: its meter totalPages is none of meters.names in the new API profile;"
    )
    assert "prsync feed update 'Acme A/S' --meter NAME" in done.stderr

    profile.unlink()
    for command in (["sync"], ["server", "check", "main"], ["feed", "add", "main", "1002"]):
        done = tonight(*command)
        assert done.status != 0
        assert f"the API profile of server main, {profile}: No such file or directory;" in done.stderr
        assert "prsync server update main --profile gives another file" in done.stderr


def test_the_built_in_profile_is_shown_as_a_file_to_begin_from(prsync: Prsync, tmp_path: Path) -> None:
    shown = prsync("profile", "show").stdout
    assert "# Where the token is had" in shown
    assert prsync("profile", "show", "--json").json() == {"profile": shown}
    profile = tmp_path / "profile.toml"
    profile.write_text(shown, "utf-8")
    assert prsync("profile", "check", profile, "--json").json() == {"file": str(profile), "ok": True, "error": None}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[devices]\nidd = 'x'", "devices.idd (line 2): there is no such key"),
        ("[devices]\nid = 5", "devices.id (line 2): must be a text"),
        ("[devices\nid = 5", "line 1"),
        (None, "No such file or directory"),
    ],
    ids=["unknown key", "wrong type", "no TOML", "no file"],
)
def test_a_file_that_is_no_profile_is_told_with_key_and_line(
    prsync: Prsync, tmp_path: Path, text: str | None, words: str
) -> None:
    profile = tmp_path / "profile.toml"
    if text is not None:
        profile.write_text(text, "utf-8")
    done = prsync("profile", "check", profile, "--json")
    assert (done.status, done.json()["ok"]) == (2, False)
    assert words in done.json()["error"]
    assert done.stderr == f"prsync: {profile}: {done.json()['error']}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give a registered server's name, or --url and --username"),
        (["--url", "https://x.example"], "--url and --username"),
        (["main", "--username", "u"], "leave out NAME or --username"),
        (["main", "--day", "2026-11-24"], "is not over yet; the last complete day is 2026-11-23"),
        (["main", "--profile", "/nonexistent"], "No such file or directory"),
        (["nosuch"], "no server nosuch"),
    ],
)
def test_a_probe_that_cannot_be_made_asks_nothing(
    tonight: Prsync, simulator: Simulator, arguments: list[str], words: str
) -> None:
    tonight.register(simulator)
    simulator.forget_requests()
    done = tonight("server", "probe", *arguments)
    assert (done.status, done.stdout, simulator.requests) == (2, "", [])
    assert words in done.stderr


def test_no_secret_and_no_customer_is_in_what_a_probe_says(tonight: Prsync, simulator: Simulator) -> None:
    tonight.register(simulator)
    for options in ([], ["--json"]):
        done = tonight("-v", "server", "probe", "main", *options)
        assert done.status == 0
        for private in (*simulator.secrets, *simulator.unwanted_markers, "Acme"):
            assert private not in done.stdout + done.stderr


def test_a_feed_of_a_server_without_history_says_what_that_means(
    tonight: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[history]\nstyle = "none"\n', "utf-8")
    done = tonight("server", "add", "main", *tonight.server_options(simulator))
    assert tonight("feed", "add", "main", "1001").status == 0
    assert "history" not in tonight("feed", "show", "Acme A/S").stdout
    simulator.answer_with(lambda request: request.is_devices, Answer(alter=lambda _: {"items": []}))
    done = tonight("server", "update", "main", "--profile", profile)
    assert done.status == 0, done.stderr
    shown = tonight("feed", "show", "Acme A/S").stdout
    assert "Server main has no history: a device counts from its first reading on, and the pages of nights" in shown
    profile.unlink()
    assert tonight("feed", "show", "Acme A/S").status == 0
    simulator.answer_normally()
