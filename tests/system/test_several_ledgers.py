"""Several ledgers, as of several servers in a cluster: each collected by a process of its own, one report of all."""

from __future__ import annotations

import csv
import io
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from tests.system.at import always_at

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Prsync

    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

SHARDS = 8
FIRST = date(2026, 8, 1)
NIGHT = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
MONTHS = ("--from", "2026-08", "--to", "2026-10")


@pytest.fixture
def fleet() -> Fleet:
    """A customer for each ledger."""
    return LifelikeFleet(12, organizations=SHARDS, devices=3, first_day=FIRST)


@pytest.fixture
def ledgers(prsync: Prsync, simulator: Simulator, tmp_path: Path) -> tuple[Prsync, list[Path]]:
    """Eight ledgers of one customer each, collected by eight processes at once."""
    night = always_at(NIGHT, prsync)
    states = [tmp_path / "shards" / f"{number}.db" for number in range(SHARDS)]
    for state, organization in zip(states, simulator.fleet.organizations, strict=True):
        options = ("--state", state, *night.server_options(simulator))
        assert night("server", "add", "main", *options).status == 0
        added = night(
            *("feed", "add", "main", organization.organization_id, "--state", state),
            *("--activation-date", FIRST, "--timezone", "UTC"),
        )
        assert added.status == 0, added.stderr
    with ExitStack() as stack:
        syncs = [stack.enter_context(night.start("-q", "sync", "--state", state)) for state in states]
        assert [process.wait(120) for process in syncs] == [0] * SHARDS
    return night, states


def test_one_report_of_all_is_the_sum_of_each(ledgers: tuple[Prsync, list[Path]], tmp_path: Path) -> None:
    night, states = ledgers
    each = [night("report", *MONTHS, "--state", state, "--json").json() for state in states]
    options = [word for state in states for word in ("--state", state)]
    whole = night("report", *MONTHS, *options, "--json").json()
    assert whole["rows"] == [row for one in each for row in one["rows"]]
    assert whole["total"]["pages"] == sum(one["total"]["pages"] for one in each) > 0

    text = night("report", *MONTHS, *options, "--format", "csv").stdout
    assert sum(int(row["pages"]) for row in csv.DictReader(io.StringIO(text))) == whole["total"]["pages"]
    assert f"{SHARDS} feeds: {whole['total']['pages']:,} pages" in night("report", *MONTHS, *options).stdout
    page = tmp_path / "all.html"
    assert night("report", *MONTHS, *options, "--output", page).status == 0
    names = [row["feed"] for row in whole["rows"]]
    assert len(set(names)) == SHARDS
    assert f"{whole['total']['pages']:,}" in page.read_text("utf-8")


def test_a_ledger_may_be_named_before_the_command_too_and_each_counts_once(
    ledgers: tuple[Prsync, list[Path]],
) -> None:
    night, (first, second, *_) = ledgers
    both = night("report", *MONTHS, "--state", first, "--state", second, "--json").json()
    assert night("--state", first, "report", *MONTHS, "--state", second, "--state", second, "--json").json() == both
    name = both["rows"][0]["feed"]
    chosen = night("report", *MONTHS, "--state", first, "--state", second, "--feed", name, "--json").json()
    assert {row["feed"] for row in chosen["rows"]} == {name}
    missing = night("report", *MONTHS, "--state", first, "--state", second, "--feed", "Nobody")
    assert (missing.status, missing.stderr) == (2, "prsync: no feed Nobody: prsync feed list shows those connected\n")
    nowhere = night("report", "--state", first, "--state", first.with_name("none.db"))
    assert nowhere.status == 1
    assert "there is no ledger at" in nowhere.stderr
