"""Customers by the hundred, from whatever a spreadsheet saves as CSV."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, rows
from tests.support.whole_ledger import everything

from prsync.demo.names import names
from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

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


BAD = """\
organization,scope
1001,some
1002,all
,all
"""


def test_every_bad_line_is_a_line_and_nothing_is_stored(registered: Prsync) -> None:
    before = everything(registered.state)
    done = _import(registered, BAD, "--json")
    assert (done.status, done.stdout) == (2, "")
    file = registered.home / "customers.csv"
    assert done.stderr == (
        f"prsync: {file}: nothing was imported; line 2: scope some: is neither all nor managed\n"
        f"prsync: {file}: line 4: organization (blank): each line needs one, by id or exact name\n"
    )
    assert everything(registered.state) == before
