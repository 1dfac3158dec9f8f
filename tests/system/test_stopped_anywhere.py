"""SIGTERM at many moments of a run: it always ends in time and in good order. PRSYNC_STRESS=50 for many more."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, rows, sums
from tests.support.ending import end

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

pytestmark = pytest.mark.xdist_group("the machine")  # what is measured here should not wait for a neighbour

MOMENTS = int(os.environ.get("PRSYNC_STRESS", "8"))
SYNC = ("-q", "sync", "--through", "2026-10-30")
TABLES = ("deposits", "devices", "anomalies")


@pytest.fixture
def connected(registered: Prsync, simulator: Simulator) -> Prsync:
    lines = [f"{organization.organization_id},2026-09-01" for organization in simulator.fleet.organizations]
    file = registered.home / "customers.csv"
    file.write_text("\n".join(["organization,activation-date", *lines]))
    assert registered("feed", "import", "main", file).status == 0
    return registered


def contents(prsync: Prsync) -> list[object]:
    return [rows(prsync.state, f"SELECT * FROM {table}") for table in TABLES]  # noqa: S608


def begin_again(prsync: Prsync, fresh: Path) -> None:
    for file in prsync.state.parent.glob("ledger.db-*"):
        file.unlink()
    shutil.copy(fresh, prsync.state)


@pytest.mark.hunt
def test_wherever_it_is_stopped_nothing_is_lost_and_nothing_is_said_but_that(connected: Prsync, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.db"
    assert connected("backup", fresh).status == 0
    begun = time.monotonic()
    assert connected(*SYNC).status == 0
    whole_run = time.monotonic() - begun
    undisturbed = contents(connected)
    begin_again(connected, fresh)

    dice, statuses, longest = random.Random(2011), Counter[int](), 0.0
    for moment in range(MOMENTS):
        with connected.start(*SYNC) as process:
            time.sleep(whole_run * (moment + dice.random()) / MOMENTS)
            ended = end(process, signal.SIGTERM)
        statuses[ended.status] += 1
        longest = max(longest, ended.seconds)
        early = ended.status == -signal.SIGTERM  # before it has come to say anything about signals
        assert early or ended.status == 0 or ended.stopped_by(signal.SIGTERM), ended
        assert ended.stderr == "" or not early
        assert ended.seconds < 2
        assert rows(connected.state, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert all(pages == life for pages, life in sums(connected.state).values())
        if ended.status == 0:
            assert contents(connected) == undisturbed
            begin_again(connected, fresh)
    print(f"\n{MOMENTS} moments of {whole_run:.1f} s: statuses {dict(statuses)}, longest {longest:.3f} s to the end")

    assert connected(*SYNC).status == 0
    assert contents(connected) == undisturbed
    assert statuses[128 + signal.SIGTERM] >= MOMENTS / 2
