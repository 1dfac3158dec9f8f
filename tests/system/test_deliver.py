"""`prsync deliver` and `prsync printreleaf` as a person and cron use them, with the key in a real keyring."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from tests.support.keyring_session import keyring_session, needs_keyring
from tests.system.at import always_at

from prsync.demo.printreleaf_simulator import PrintReleafSimulator
from prsync.demo.traffic import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Prsync

    from prsync.demo.simulator import Simulator
    from prsync.demo.traffic import Request

NOW: Final = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
ACME: Final = "11111111-aaaa-4aaa-8aaa-000000000001"


def is_post(request: Request) -> bool:
    return request.method == "POST"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[PrintReleafSimulator]:
    with PrintReleafSimulator({ACME: "Acme"}, folder=tmp_path / "printreleaf") as simulator:
        yield simulator


@pytest.fixture
def night(prsync: Prsync, simulator: Simulator) -> Prsync:
    """One feed, collected for a week, that goes to an account."""
    prsync = always_at(NOW, prsync)
    prsync.register(simulator)
    first = NOW.date() - timedelta(days=7)
    given = ("--activation-date", first, "--timezone", "UTC", "--account", ACME, "--deliver-from", first)
    assert prsync("feed", "add", "main", "1001", "--name", "Acme", *given).status == 0
    assert prsync("-q", "sync").status == 0
    return prsync


def test_a_second_feed_of_an_account_is_told_so(night: Prsync) -> None:
    added = night("feed", "add", "main", "1002", "--name", "Berg", "--timezone", "UTC")
    assert added.status == 0, added.stderr
    done = night("feed", "update", "Berg", "--account", ACME.upper())
    assert (done.status, done.stderr) == (0, "prsync: feed Berg: feed Acme is delivered to that account, too\n")
    assert night("feed", "update", "Acme", "--language", "da").stderr == ""


def connect(prsync: Prsync, there: PrintReleafSimulator, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text(there.api.key + "\n")
    options = ("--url", there.url, "--ca-bundle", there.ca_bundle, "--key-command", f"cat {key}")
    done = prsync("printreleaf", "connect", *options)
    assert (done.status, done.stdout) == (0, "PrintReleaf is connected: the key may see 1 account.\n")


def test_from_connecting_to_a_night_with_nothing_to_do(
    night: Prsync, there: PrintReleafSimulator, tmp_path: Path
) -> None:
    refused = night("deliver")
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr == "prsync: PrintReleaf is not connected: prsync printreleaf connect does that\n"
    connect(night, there, tmp_path)
    assert night("printreleaf", "accounts", "--json").json() == [{"account_id": ACME, "name": "Acme", "feed": "Acme"}]
    before = night("printreleaf", "status", "--json").json()
    assert before == [
        {
            "feed": "Acme",
            "account_id": ACME,
            "deliver_from": "2026-11-18",
            "delivered": 0,
            "waiting": before[0]["waiting"],
            "sending": 0,
            "in_doubt": 0,
            "error": None,
        }
    ]
    rehearsed = night("deliver", "--dry-run")
    assert "would be sent" in rehearsed.stdout
    assert not there.api.deposits
    done = night("-q", "deliver")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert len(there.api.deposits) == before[0]["waiting"] > 0
    report = night("deliver", "--json").json()
    assert (report["ok"], report["sent"], report["feeds"][0]["outcome"]) == (True, 0, "up_to_date")
    assert "deliver" in night("run", "list").stdout
    assert "Acme" in night("run", "show").stdout
    gone = night("printreleaf", "disconnect")
    assert gone.stdout == "PrintReleaf is disconnected; nothing is delivered any more.\n"
    assert night("deliver").status == 2


def test_what_cron_mails_when_an_answer_is_lost_and_when_a_person_has_to_decide(
    night: Prsync, there: PrintReleafSimulator, tmp_path: Path
) -> None:
    connect(night, there, tmp_path)
    there.answer_with(is_post, Answer(cut=True), times=1)
    lost = night("-q", "deliver")
    assert (lost.status, lost.stdout) == (1, "")
    assert lost.stderr == (
        f"prsync: feed Acme: {there.url} gave no whole answer: the connection broke off; try again later\n"
    )
    assert night("health", "--offline").status == 1
    first = there.api.deposits[0]
    day = first["date"][:10]
    second = there.api.make(ACME, first["pages"], first["date"])
    ids = ", ".join(sorted([first["id"], second["id"]]))
    for _ in range(2):
        doubtful = night("-q", "deliver")
        assert doubtful.status == 1
        assert doubtful.stderr == (
            f"prsync: feed Acme: {day} is in doubt: 2 deposits of the same day and pages there ({ids}), and 1 of ours;"
            f" prsync printreleaf resolve Acme {day} --delivered ID or --send decides\n"
        )
    decided = night("printreleaf", "resolve", "Acme", day, "--delivered", first["id"])
    assert decided.stdout == f"{day} of feed Acme is delivered, as {first['id']}.\n"
    assert night("-q", "deliver").status == 0


def test_a_ping_tells_the_monitor(night: Prsync, there: PrintReleafSimulator, tmp_path: Path) -> None:
    connect(night, there, tmp_path)
    done = night("-q", "deliver", "--ping-url", "http://127.0.0.1:9/uuid")
    assert done.status == 0
    assert "the ping of --ping-url did not work" in done.stderr
    assert night("-q", "deliver", "--dry-run", "--ping-url", "http://127.0.0.1:9/uuid").stderr == ""


def test_the_connection_is_tried_out_on_request_only(
    night: Prsync, there: PrintReleafSimulator, tmp_path: Path
) -> None:
    connect(night, there, tmp_path)
    assert not any(map(is_post, there.requests))
    tried = night("printreleaf", "connect", "--try", ACME)
    assert (tried.status, tried.stderr) == (0, "")
    assert [line.split(":")[0] for line in tried.stdout.splitlines()] == [
        *("made", "date", "found", "date", "listed", "deleted")
    ]
    assert not there.api.deposits
    there.api.echo = lambda _: "2026-11-25T05:30:00Z"
    differs = night("printreleaf", "connect", "--try", ACME)
    assert differs.status == 1
    assert "FAIL: date: the answer says 2026-11-25 and not 2026-11-24 (date in printreleaf.toml)" in differs.stdout


WRONG: Final = {
    ("printreleaf", "connect", "--url", "http://x"): "must begin with https://",
    ("printreleaf", "connect", "--key-stdin", "--key-command", "x"): "only one of them can give the key",
    ("printreleaf", "connect", "--key-command", "cat 'x"): "its quotes do not match",
    ("printreleaf", "connect", "--ca-bundle", "/not/there"): "No such file",
    ("printreleaf", "resolve", "Acme", "2026-11-24"): "one of the two decides",
    ("printreleaf", "resolve", "Acme", "yesterday", "--send"): "is not a date",
    ("printreleaf", "accounts"): "PrintReleaf is not connected",
    ("printreleaf", "connect", "--try", ACME): "PrintReleaf is not connected",
    ("feed", "update", "Acme", "--account", "no such"): "--account no such: is no account's id",
    ("feed", "update", "Acme", "--deliver-from", "soon"): "--deliver-from soon: is not a date",
}


def test_wrong_usage_is_one_line_and_status_2(night: Prsync) -> None:
    for arguments, line in WRONG.items():
        done = night(*arguments)
        assert (done.status, done.stdout, done.stderr.count("\n")) == (2, "", 1), arguments
        assert line in done.stderr


def test_without_a_keyring_the_line_names_the_keys_own_option(night: Prsync, there: PrintReleafSimulator) -> None:
    options = ("--url", there.url, "--ca-bundle", there.ca_bundle, "--key-stdin")
    done = night("printreleaf", "connect", *options, stdin="key\n")
    assert (done.status, done.stderr.count("\n")) == (1, 1)
    assert "give --key-command CMD, or run prsync where the keyring is unlocked" in done.stderr


@needs_keyring
def test_the_key_is_in_the_keyring_and_nowhere_else(night: Prsync, there: PrintReleafSimulator, tmp_path: Path) -> None:
    key, heard = there.api.key, []
    with keyring_session(tmp_path / "keyring") as session:

        def loud(*arguments: object, stdin: str = "") -> int:
            for options in ((), ("-v",), ("-v", "--log-format", "json")):
                done = night(*options, *arguments, stdin=stdin, env=session.environment)
                heard.append(done.stdout + done.stderr)
            return done.status

        options = ("--url", there.url, "--ca-bundle", there.ca_bundle, "--key-stdin")
        assert loud("printreleaf", "connect", *options, stdin="wrong\n") == 1
        assert session.entries() == []
        # A server that quotes in its refusal what it was sent.
        there.answer_with(lambda _: True, Answer(status=401, body=json.dumps({"message": key}).encode()))
        loud("printreleaf", "connect", *options, stdin=key + "\n")
        there.answer_normally()
        assert loud("printreleaf", "connect", *options, stdin=key + "\n") == 0
        assert [(entry.service, entry.password) for entry in session.entries()] == [
            (f"prsync: PrintReleaf ({there.url})", key)
        ]
        for answer in (
            Answer(status=500, body=key.encode()),
            Answer(body=key.encode()),
            Answer(status=302, headers={"Location": f"https://elsewhere.invalid/?key={key}"}),
            Answer(cut=True),
        ):
            there.answer_with(is_post, answer, times=3)
            loud("deliver")
            there.answer_normally()
        loud("deliver", "--json")
        for command in (
            "printreleaf accounts",
            "printreleaf status",
            "health --offline",
            "doctor",
            "metrics",
            "run show",
        ):
            loud(*command.split())
        loud("backup", night.home / "backup.db")
        loud("printreleaf", "disconnect")
        assert session.entries() == []
    spellings = {key, base64.b64encode(f"{key}:".encode()).decode().rstrip("="), quote(key), key.encode().hex()}
    assert not [said for said in heard for spelling in spellings if spelling in said]
    files = [file for file in night.home.rglob("*") if file.is_file()]
    assert any(file.name == "backup.db" for file in files)
    assert not [file for file in files for spelling in spellings if spelling.encode() in file.read_bytes()]
