"""`prsync certify` and `prsync certificate`, as a user and cron run them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pexpect
import pytest
from pypdf import PdfReader
from tests.edges.months import collect, collected, connect
from tests.support import Prsync, rows
from tests.system.at import always_at
from tests.system.terminal import shown_on_terminal

from prsync.core.periods import month_before
from prsync.process.lock import hold
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from prsync.core.model import Month

NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def month() -> Month:
    """Last month, in the time zone of these ledgers and of the process: UTC."""
    return month_before(NOW.date())


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on a morning in November 2026, in every test here."""
    return always_at(NOW, prsync)


@pytest.fixture
def certified(prsync: Prsync, month: Month) -> Prsync:
    """Acme's month is complete, Beta's is not, Later begins after it."""
    prsync.environment["TZ"] = "UTC"
    prsync.state.parent.mkdir()
    collected(prsync.state, "Acme A/S", month.first_day, month.last_day)
    collected(prsync.state, "Beta", month.first_day, month.last_day - DAY)
    connect(prsync.state, "Later", month.next().first_day)
    return prsync


def test_last_months_certificates_are_issued_beside_the_ledger_and_the_rest_is_named(
    certified: Prsync, month: Month
) -> None:
    done = certified("certify")
    assert done.status == 1
    assert done.stderr == (
        f"prsync: feed Beta: {month} is not complete: deposited through {month.last_day - DAY}; "
        "prsync sync collects the rest\n"
    )
    header, acme, beta, summary = done.stdout.splitlines()
    assert header.split() == ["Feed", "Month", "Outcome", "Number", "Pages", "Trees"]
    assert acme.split()[:4] == ["Acme", "A/S", str(month), "issued"]
    assert beta.split() == ["Beta", str(month), "pending", "-", "-", "-"]
    folder = certified.state.with_name("certificates")
    assert summary == f"1 of 2 months are certified; the files are in {folder}"
    [file] = folder.iterdir()
    assert "Acme A/S" in PdfReader(file).pages[0].extract_text()


def test_its_json_has_the_contracts_keys_and_is_alone_on_standard_output(certified: Prsync, month: Month) -> None:
    first = certified("certify", "--json", "--output", "there")
    document = first.json()
    assert (document["month"], document["ok"], first.status) == (str(month), False, 1)
    acme, beta = document["certificates"]
    keys = [
        "feed",
        "month",
        "outcome",
        "number",
        "revision",
        "pages",
        "trees",
        "file",
        "language",
        "provisional",
        "error",
    ]
    assert list(acme) == keys
    assert (acme["outcome"], acme["revision"], acme["error"]) == ("issued", 1, None)
    assert isinstance(acme["trees"], str)
    assert (certified.home / acme["file"]).is_file()
    assert beta == {
        **dict.fromkeys(acme),
        "feed": "Beta",
        "month": str(month),
        "outcome": "pending",
        "error": beta["error"],
    }
    (certified.home / acme["file"]).unlink()
    again = certified("certify", "--json", "--output", "there", "--feed", "Acme A/S", "--feed", "1")
    assert again.status == 0
    assert again.json()["certificates"] == [{**acme, "outcome": "restored"}]


def test_quiet_is_silent_when_all_is_certified_and_names_what_is_not(certified: Prsync, month: Month) -> None:
    done = certified("-q", "certify", "--feed", "Acme A/S")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    done = certified("-q", "certify")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert f"feed Beta: {month} is not complete" in done.stderr
    collect(certified.state, "Beta", month.last_day)
    done = certified("-q", "certify")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_quiet_says_that_a_file_had_been_altered(certified: Prsync) -> None:
    certified("certify")
    [file] = certified.state.with_name("certificates").iterdir()
    file.write_bytes(b"something else")
    done = certified("-q", "certify", "--feed", "Acme A/S")
    assert done.status == 0
    assert done.stderr == f"prsync: feed Acme A/S: {file} was not as issued, and is restored\n"


def test_an_incomplete_month_is_certified_provisionally_if_that_is_allowed(certified: Prsync, month: Month) -> None:
    done = certified("certify", "--allow-incomplete", "--json", "--month", str(month))
    assert done.status == 0
    assert [certificate["outcome"] for certificate in done.json()["certificates"]] == ["issued", "issued"]
    provisional = {row["number"]: row["provisional"] for row in rows(certified.state, "SELECT * FROM certificates")}
    assert list(provisional.values()) == [0, 1]
    listed = certified("certificate", "list").stdout.splitlines()
    assert listed[2].split()[0] == "Beta"
    assert listed[2].split()[-1] == "provisional"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--month", "2026-13"], "prsync: --month 2026-13: is no month; write it as 2026-11\n"),
        (["--month", "2999-01"], "prsync: --month 2999-01: has not begun yet\n"),
        (["--feed", "Nobody"], "prsync: no feed Nobody: prsync feed list shows those connected\n"),
        (["--feed", "Later"], "prsync: --feed Later: begins on {first}, after {month}\n"),
        (["--output", "in-the-way"], "prsync: --output in-the-way: cannot be made: File exists\n"),
        (["--output", "in-the-way/folder"], "prsync: --output in-the-way/folder: cannot be made: Not a directory\n"),
    ],
)
def test_wrong_input_is_said_in_one_line_and_changes_nothing(
    certified: Prsync, month: Month, arguments: list[str], error: str
) -> None:
    (certified.home / "in-the-way").touch()
    done = certified("certify", *arguments)
    expected = error.format(first=month.next().first_day, month=month)
    assert (done.status, done.stdout, done.stderr) == (2, "", expected)
    assert rows(certified.state, "SELECT * FROM certificates") == rows(certified.state, "SELECT * FROM runs") == []


def test_a_run_leaves_a_row_with_its_document(certified: Prsync) -> None:
    document = certified("certify", "--json").json()
    [run] = certified("run", "list", "--json").json()
    assert (run["command"], run["outcome"], run["summary"]) == ("certify", "failed", document)


def test_a_second_certify_ends_at_once_and_names_the_first_or_waits_for_it(certified: Prsync) -> None:
    with hold(certified.state, "certify", "the certificates", datetime(2026, 11, 24, 5, 0, tzinfo=UTC)):
        done = certified("certify")
        assert (done.status, done.stdout) == (75, "")
        assert f"another prsync, process {os.getpid()}, is at the certificates since 2026-11-24 05:00" in done.stderr
        waiting = certified.start("certify", "--feed", "Acme A/S", "--wait", 60)
        wait_until_it_has_open(waiting.pid, "ledger.db.certify.lock")
    with waiting:
        stdout, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert "issued" in stdout
    assert len(rows(certified.state, "SELECT * FROM runs")) == 1


def wait_until_it_has_open(pid: int, name: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for number in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208  a file may be closed meanwhile
            with suppress(FileNotFoundError):
                if os.readlink(f"/proc/{pid}/fd/{number}").endswith(f"/{name}"):  # noqa: PTH115
                    return
    raise AssertionError(f"{pid} never opened {name}")


def test_a_terminal_has_a_bar_and_nothing_else_has(certified: Prsync) -> None:
    program, *options = certified.program
    terminal = certified.environment | {"TERM": "xterm"}
    child = pexpect.spawn(program, [*options, "certify", "--feed", "1"], env=terminal, cwd=str(certified.home))
    child.expect(pexpect.EOF)
    seen = child.before.decode()
    assert "1/1" in seen
    assert "\x1b[" in seen
    done = certified("certify", "--feed", 1)
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_the_list_fits_a_terminal_of_80_columns_and_its_json_has_the_columns_names(
    certified: Prsync, month: Month
) -> None:
    name = "Vereinigte Druck- und Verlagsanstalten für Forst- und Landwirtschaft"
    collected(certified.state, name, month.first_day, month.last_day)
    certified("certify")
    listed = shown_on_terminal(certified, "certificate", "list")
    assert max(map(len, listed)) <= 80
    for row in rows(certified.state, "SELECT number FROM certificates"):
        assert row["number"] in "\n".join(listed)
    first, second = certified("certificate", "list", "--json").json()
    columns = [row["name"] for row in rows(certified.state, "PRAGMA table_info(certificates)")]
    assert set(first) == {*columns, "feed"}
    assert (first["feed"], second["feed"]) == ("Acme A/S", name)
    assert first["facts"]["feed"] == "Acme A/S"
    assert first["provisional"] is False


def test_verify_tells_genuine_altered_replaced_unknown_and_unreadable_apart(certified: Prsync, month: Month) -> None:
    certified("certify", "--allow-incomplete", "--output", "there")
    acme, provisional = sorted((certified.home / "there").iterdir())
    genuine = certified("certificate", "verify", acme)
    assert (genuine.status, genuine.stderr) == (0, "")
    assert f"{acme} is genuine and current: PR-{month}-0001-R1-" in genuine.stdout
    assert "is genuine and provisional" in certified("certificate", "verify", provisional).stdout

    collect(certified.state, "Beta", month.last_day)
    complete = certified("certify", "--output", "there", "--json").json()["certificates"][1]
    provisional = provisional.parent / "replaced" / provisional.name
    replaced = certified("certificate", "verify", provisional)
    assert replaced.status == 1
    assert f"genuine but REPLACED by {complete['number']}" in replaced.stdout

    acme.write_bytes(acme.read_bytes() + b"\n")
    altered = certified("certificate", "verify", acme, "--json")
    assert (altered.status, altered.json()["verdict"], altered.json()["feed"]) == (1, "altered", "Acme A/S")
    quiet = certified("-q", "certificate", "verify", acme)
    assert (quiet.status, quiet.stdout) == (1, "")
    assert "is ALTERED: it says that it is" in quiet.stderr

    unknown = certified("certificate", "verify", certified.state)
    assert (unknown.status, unknown.stderr) == (1, "")
    assert "is no certificate of the ledger" in unknown.stdout
    unreadable = certified("certificate", "verify", "nowhere.pdf")
    assert (unreadable.status, unreadable.stdout) == (2, "")
    assert unreadable.stderr == "prsync: nowhere.pdf: cannot be read: No such file or directory\n"


def test_without_feeds_or_certificates_it_says_so(prsync: Prsync) -> None:
    with Ledger(prsync.state):
        pass
    done = prsync("certify", "--month", "2026-10")
    assert (done.status, done.stdout) == (0, "No feed has a day in 2026-10.\n")
    done = prsync("certificate", "list")
    assert (done.status, done.stdout) == (0, "No certificate yet: prsync certify issues last month's.\n")
