"""Customers by the hundred, from whatever a spreadsheet saves as CSV."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, rows
from tests.system.whole_ledger import everything

from prsync.demo.names import names
from prsync.demo.simulator import Simulator
from prsync.errors import ImportRefusedError, InvalidValueError
from prsync.services.feed_csv import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = date(2026, 11, 2)
HUNDREDS = 305


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A server with hundreds of organizations; only the first has a printer that prints."""
    fleet = ScriptedFleet(*names(HUNDREDS))
    fleet.reads_daily("A", FIRST - timedelta(days=1), [1000, 1120, 1180])
    with Simulator(fleet, folder=tmp_path_factory.mktemp("customers")) as running:
        yield running


@pytest.fixture
def simulator(customers: Simulator) -> Simulator:
    customers.forget_requests()
    return customers


def _import(prsync: Prsync, text: str | bytes, *options: str) -> Any:
    file = prsync.home / "customers.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return prsync("feed", "import", "main", file, *options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


# 1. How the file may be written.

PLAIN = "organization,activation_date,scope\n1001,2026-11-02,managed\nSmith & Sons Ltd,,all\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN.encode(), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN.encode(), id="BOM"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(PLAIN.replace("\n", "\r").encode(), id="CR"),
        pytest.param(PLAIN.replace(",", ";").encode(), id="semicolon"),
        pytest.param(PLAIN.rstrip("\n").encode(), id="no line end at the end"),
        pytest.param(PLAIN.replace("activation_date", "Activation-Date").encode(), id="as the option, and a capital"),
        pytest.param(PLAIN.replace("activation_date", "ACTIVATION DATE").encode(), id="a blank, and capitals"),
        pytest.param(PLAIN.replace("1001,", '"1001" ,').replace('"1001" ', '"1001"').encode(), id="quoted"),
        pytest.param(PLAIN.replace(",", " , ").encode(), id="blanks around the cells"),
        pytest.param(PLAIN.replace("\n", ",,\n").encode(), id="blank cells at the end, also of the header"),
    ],
)
def test_a_spreadsheets_way_of_saving_it_makes_no_difference(file: Path, text: bytes) -> None:
    file.write_bytes(text)
    lines, problems = read_lines(file)
    assert problems == []
    assert [(line.number, line.cells) for line in lines] == [
        (2, {"organization": "1001", "activation_date": "2026-11-02", "scope": "managed"}),
        (3, {"organization": "Smith & Sons Ltd", "scope": "all"}),
    ]


def test_every_line_keeps_the_number_that_an_editor_shows_for_it(file: Path) -> None:
    file.write_text(
        '\n"organization",name\n\n"two\nlines",First\n1002,Second\n  ,\n1003,"a ""b"", c\u2028d"\n1004,x,y\n"1005,z\n'
    )
    lines, problems = read_lines(file)
    assert [(line.number, line.cells) for line in lines] == [
        (4, {"organization": "two\nlines", "name": "First"}),
        (6, {"organization": "1002", "name": "Second"}),
        (8, {"organization": "1003", "name": 'a "b", c\u2028d'}),
    ]
    (many, (number, reason)) = problems
    assert many == (9, "has more cells than the file has columns; quote a cell that has a separator")
    assert (number, reason.partition(":")[0]) == (10, "is not CSV")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "has no header"),
        ("\n\n", "has no header"),
        ("name,scope", "organization among them"),
        ("organization,Scope,scope", "each column once"),
        ("organization,colour", "unknown column colour"),
        ("organization,,scope", "unknown column (blank)"),
        ("1001,2026-11-02", "unknown column 1001"),
    ],
)
def test_a_header_that_is_none_is_refused_with_the_columns_there_are(file: Path, header: str, reason: str) -> None:
    file.write_text(header)
    with pytest.raises(ImportRefusedError) as refused:
        read_lines(file)
    ((_, problem),) = refused.value.lines
    assert reason in problem
    assert "organization, name, activation_date, scope, meter, timezone, holidays, ceiling" in problem


def test_a_file_that_is_no_utf_8_or_no_list_of_feeds_says_so(file: Path) -> None:
    for content in (PLAIN.replace("Smith", "Ærø").encode("latin-1"), PLAIN.encode("utf-16")):
        file.write_bytes(content)
        with pytest.raises(InvalidValueError, match="save it as CSV UTF-8"):
            read_lines(file)
    with file.open("wb") as much:
        much.truncate(17 * 1024 * 1024)
    with pytest.raises(InvalidValueError, match="too large"):
        read_lines(file)
    with pytest.raises(InvalidValueError, match="Is a directory"):
        read_lines(file.parent)


# 2. What becomes of it.


def _of_all(*, activation_date: str = "2026-11-02", scope: str = "all") -> str:
    """A line for each organization, half of them by id and half by name."""
    by_id = (f"{1001 + place},{activation_date},{scope},UTC" for place in range(0, HUNDREDS, 2))
    quoted = (name.replace('"', '""') for name in names(HUNDREDS)[1::2])
    by_name = (f'"{name}",{activation_date},{scope},UTC' for name in quoted)
    return "\n".join(["organization,activation-date,scope,timezone", *by_id, *by_name])


def test_hundreds_are_connected_at_once_and_the_same_file_again_changes_nothing(
    registered: Prsync, simulator: Simulator
) -> None:
    simulator.forget_requests()
    done = _import(registered, _of_all(), "--json")
    assert (done.status, done.json()) == (0, {"added": HUNDREDS, "unchanged": 0})
    assert [request.path for request in simulator.requests] == ["/oauth/token"] + 2 * ["/api/v1/organizations"]
    stored = rows(registered.state, "SELECT name, organization_name, activation_date, timezone FROM feeds ORDER BY id")
    assert {row["name"] for row in stored} == set(names(HUNDREDS))
    assert all(row["name"] == row["organization_name"] for row in stored)
    assert {(row["activation_date"], row["timezone"]) for row in stored} == {("2026-11-02", "UTC")}

    before = everything(registered.state)
    done = _import(registered, _of_all())
    assert (done.status, done.stdout) == (0, f"0 feeds added, {HUNDREDS} unchanged.\n")
    assert everything(registered.state) == before


def test_a_deposit_a_new_name_and_a_pause_are_no_difference_a_changed_line_is_one(
    registered: Prsync, simulator: Simulator
) -> None:
    first, second = simulator.fleet.organizations[:2]
    text = "organization,activation-date,scope\n1001,2026-11-02,all\n1002,2026-11-02,\n"
    _import(registered, text)
    registered("sync", "--through", FIRST)
    assert deposits(registered.state, first.name) == {"2026-11-02": 120}
    registered("feed", "update", first.name, "--name", "Renamed")
    registered("feed", "pause", second.name)
    before = everything(registered.state)
    assert _import(registered, text).stdout == "0 feeds added, 2 unchanged.\n"

    changed = text.replace("1001,2026-11-02,all", "1001,2026-10-01,managed") + "1003,2026-11-02,\n"
    done = _import(registered, changed)
    assert done.status == 2
    assert done.stderr.endswith(
        "nothing was imported; line 2: activation_date, scope 2026-10-01, managed: feed Renamed is connected with"
        " activation_date 2026-11-02, scope all; prsync feed update changes it\n"
    )
    assert everything(registered.state) == before

    # Done as the line says, the file is what the ledger is: also before the days have joined in front.
    registered("feed", "update", "Renamed", "--activation-date", "2026-10-01", "--scope", "managed")
    assert _import(registered, changed, "--json").json() == {"added": 1, "unchanged": 2}


BAD = """\
organization,name,activation-date,scope,meter,timezone,holidays,ceiling
1001,,2026-11-02,,,,,
1001,Again,2026-11-02,,,,,
"no
body",,,,,,,
Nobody,,,,,,,
,Nameless,,,,,,
1002,Twin,,,,,,
1003,Twin,,,,,,
1004,Taken,,,,,,
1005,,2026-02-30,,,,,
1006,,,some,,,,
1007,,,,pages,,,
1008,,,,,Mars/Base,,
1009,,,,,,XX,
1010,,,,,,,0
1011,,,,,,,1,2
1012,"two
lines",,,,,,
"""

REASONS = [
    (3, "organization 1001: stands in line 2 already"),
    (4, "no organization no body: prsync server organizations main shows those there are"),
    (6, "no organization Nobody: prsync server organizations main shows those there are"),
    (7, "organization (blank): each line needs one, by id or exact name"),
    (9, "name Twin: is line 8's already; give this one another"),
    (10, "name Taken: is another feed's already; give this one another"),
    (11, "activation_date 2026-02-30: is not a date; write it as 2026-11-24"),
    (12, "scope some: is neither all nor managed"),
    (13, "meter pages: is none of the meters: totalPages"),
    (14, "timezone Mars/Base: is no time zone; write it as Europe/Copenhagen"),
    (15, "holidays XX: is no country or region whose holidays are known"),
    (16, "ceiling 0: is not a whole number from 1 to 1000000000000"),
    (17, "has more cells than the file has columns; quote a cell that has a separator"),
    (18, "name 'two\\nlines': a name is one line of 1 to 200 printable characters"),
]


def test_all_or_nothing_and_every_bad_line_is_named_with_its_number_and_reason(registered: Prsync) -> None:
    assert registered("feed", "add", "main", "1020", "--name", "Taken").status == 0
    before = everything(registered.state)
    done = _import(registered, BAD, "--json")
    assert (done.status, done.stdout) == (2, "")
    file = registered.home / "customers.csv"
    said = done.stderr.splitlines()
    assert said[0].startswith(f"prsync: {file}: nothing was imported; line 3: ")
    assert len(said) == len(REASONS)
    for line, (number, reason) in zip(said, REASONS, strict=True):
        assert f"line {number}: {reason}" in line
    assert all(line.startswith(f"prsync: {file}: ") for line in said)
    assert everything(registered.state) == before
