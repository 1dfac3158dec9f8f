"""Customers by the hundred: all lines of a file or none, each bad one named, and the same file again is no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.running import FIRST, NOW, day
from tests.support import ScriptedFleet, deposits, rows
from tests.support.whole_ledger import everything

from prsync.core.model import ONE_DAY
from prsync.demo.names import names
from prsync.errors import AtServerError, ImportRefusedError, InvalidValueError, NotFoundError, UnreachableError
from prsync.services.feed_import import Imported, import_feeds
from prsync.services.feeds import set_paused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer

HUNDREDS = 305


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Hundreds of organizations; only the first has a printer that prints."""
    scripted = ScriptedFleet(*names(HUNDREDS))
    scripted.reads_daily("A", FIRST - ONE_DAY, [1000, 1120, 1180])
    return scripted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def imported(services: Services, file: Path, text: str) -> Imported:
    file.write_text(text)
    return import_feeds(services.ledger, "main", file, connect=services.connect, now=NOW, local_timezone="UTC")


def of_all() -> str:
    """A line for each organization, half of them by id and half by name."""
    by_id = (f"{1001 + place},2026-11-02,all,UTC" for place in range(0, HUNDREDS, 2))
    quoted = (name.replace('"', '""') for name in names(HUNDREDS)[1::2])
    by_name = (f'"{name}",2026-11-02,all,UTC' for name in quoted)
    return "\n".join(["organization,activation-date,scope,timezone", *by_id, *by_name])


def test_hundreds_are_connected_at_once_and_the_same_file_again_changes_nothing(services: Services, file: Path) -> None:
    path = services.ledger.path
    assert imported(services, file, of_all()) == Imported(added=HUNDREDS, unchanged=0)
    stored = rows(path, "SELECT name, organization_name, activation_date, timezone FROM feeds")
    assert {row["name"] for row in stored} == set(names(HUNDREDS))
    assert all(row["name"] == row["organization_name"] for row in stored)
    assert {(row["activation_date"], row["timezone"]) for row in stored} == {("2026-11-02", "UTC")}

    before = everything(path)
    assert imported(services, file, of_all()) == Imported(added=0, unchanged=HUNDREDS)
    assert everything(path) == before


def test_a_cell_that_is_blank_has_its_default_and_every_column_its_setting(services: Services, file: Path) -> None:
    header = "organization,name,activation_date,scope,meter,timezone,holidays,ceiling\n"
    imported(services, file, header + "1001,,,,,,,\n1002,Full,2026-11-01,managed,scantotal,Europe/Berlin,de-by,9\n")
    plain, full = services.ledger.feeds.find("1"), services.ledger.feeds.find("Full")
    assert (plain.name, plain.activation_date, plain.scope, plain.meter, plain.timezone) == (
        names(1)[0], NOW.date(), "all", "totalPages", "UTC",
    )  # fmt: skip
    assert (full.activation_date, full.scope, full.meter, full.timezone, full.holidays, full.ceiling) == (
        day(-1), "managed", "scanTotal", "Europe/Berlin", "DE-BY", 9,
    )  # fmt: skip


TWO = "organization,activation-date,scope\n1001,2026-11-02,all\n1002,2026-11-02,\n"
CHANGED = TWO.replace("1001,2026-11-02,all", "1001,2026-10-01,managed") + "1003,2026-11-02,\n"


@pytest.fixture
def two(services: Services, file: Path) -> Services:
    """Two are connected, and meanwhile one has a deposit and another name, and the other is paused."""
    imported(services, file, TWO)
    services.sync(FIRST)
    first, second = (found.name for found in services.scripted["main"].fleet.organizations[:2])
    assert deposits(services.ledger.path, first) == {"2026-11-02": 120}
    services.update_feed(first, name="Renamed")
    set_paused(services.ledger, second, paused=True, now=NOW)
    return services


def test_a_deposit_a_new_name_and_a_pause_are_no_difference(two: Services, file: Path) -> None:
    before = everything(two.ledger.path)
    assert imported(two, file, TWO) == Imported(added=0, unchanged=2)
    assert everything(two.ledger.path) == before


def test_a_line_that_says_something_else_of_a_connected_feed_is_refused(two: Services, file: Path) -> None:
    before = everything(two.ledger.path)
    with pytest.raises(ImportRefusedError) as refused:
        imported(two, file, CHANGED)
    assert str(refused.value) == (
        f"{file}: nothing was imported; line 2: activation_date, scope 2026-10-01, managed: feed Renamed is connected"
        " with activation_date 2026-11-02, scope all; prsync feed update Renamed changes it"
    )
    assert everything(two.ledger.path) == before


def test_done_as_the_line_says_the_file_is_what_the_ledger_is_also_before_the_days_have_joined(
    two: Services, file: Path
) -> None:
    two.update_feed("Renamed", activation_date="2026-10-01", scope="managed")
    assert imported(two, file, CHANGED) == Imported(added=1, unchanged=2)


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
    (13, "meter pages: is none of meters.names in the API profile: totalPages"),
    (14, "timezone Mars/Base: is no time zone; their names are as Europe/Copenhagen"),
    (15, "holidays XX: is no country or region whose holidays are known"),
    (16, "ceiling 0: is not a whole number from 1 to 1000000000000"),
    (17, "has more cells than the file has columns; quote a cell that has a separator"),
    (18, "name 'two\\nlines': a name is one line of 1 to 200 printable characters"),
]


def test_all_or_nothing_and_every_bad_line_is_named_with_its_number_and_reason(services: Services, file: Path) -> None:
    services.add_feed("1020", name="Taken")
    before = everything(services.ledger.path)
    with pytest.raises(ImportRefusedError) as refused:
        imported(services, file, BAD)
    assert [number for number, _ in refused.value.lines] == [number for number, _ in REASONS]
    for (_, said), (_, reason) in zip(refused.value.lines, REASONS, strict=True):
        assert said.startswith(reason)
    first, *others = str(refused.value).splitlines()
    assert first == f"{file}: nothing was imported; line 3: {REASONS[0][1]}"
    assert [line.partition(": line ")[0] for line in others] == [str(file)] * (len(REASONS) - 1)
    assert everything(services.ledger.path) == before


def test_a_server_that_is_down_or_not_registered_is_told(
    services: Services, server: ScriptedServer, file: Path
) -> None:
    server.login_error = UnreachableError("https://main.example", "connection refused")
    with pytest.raises(AtServerError, match="server main: cannot reach"):
        imported(services, file, TWO)
    with pytest.raises(NotFoundError, match="no server nosuch"):
        import_feeds(services.ledger, "nosuch", file, connect=services.connect, now=NOW, local_timezone="UTC")


def test_every_fault_of_a_line_is_named(services: Services, file: Path) -> None:
    text = "organization,activation_date,scope,ceiling\nNobody,yesterday,some,0\n"
    with pytest.raises(ImportRefusedError) as refused:
        imported(services, file, text)
    ((number, reasons),) = refused.value.lines
    assert number == 2
    assert [reason.split(":")[0] for reason in reasons.split("; ") if ": " in reason] == [
        "no organization Nobody",
        "activation_date yesterday",
        "scope some",
        "ceiling 0",
    ]


def test_two_lines_whose_names_are_easily_taken_for_one_another(services: Services, file: Path) -> None:
    text = "organization,name\n1001,Nord\n1002,NORD\n"
    with pytest.raises(ImportRefusedError) as refused:
        imported(services, file, text)
    assert refused.value.lines == ((3, "name NORD: is easily taken for line 2's, Nord; give this one another"),)


def test_a_line_with_another_fault_still_takes_its_name(two: Services, file: Path) -> None:
    header = "organization,name,activation_date\n"
    with pytest.raises(ImportRefusedError) as refused:
        imported(two, file, header + "1003,Twin,2026-13-01\n1004,twin,\n1001,Another,2026-13-01\n")
    (third, date_of_third), (fourth, taken), (fifth, both) = refused.value.lines
    assert (third, fourth, fifth) == (2, 3, 4)
    assert "2026-13-01" in date_of_third
    assert taken == "name twin: is easily taken for line 2's, Twin; give this one another"
    assert both.startswith("name Another: feed ")
    assert "2026-13-01" in both


def test_a_file_that_is_not_there_is_told_before_the_server_is_asked(
    services: Services, server: ScriptedServer, tmp_path: Path
) -> None:
    with pytest.raises(InvalidValueError):
        import_feeds(
            services.ledger, "main", tmp_path / "none.csv", connect=services.connect, now=NOW, local_timezone="UTC"
        )
    assert server.logins == 0
