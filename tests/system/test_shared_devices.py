"""A device that two customers both have, from the server's answers to what a person reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.support import ScriptedFleet
from tests.system.at import always_at

if TYPE_CHECKING:
    from tests.support import Prsync

FIRST = date(2026, 11, 3)
WEDNESDAY = datetime(2026, 11, 4, 2, 30, tzinfo=UTC)
LINE = "2 devices of server main count in both feed Acme A/S and feed Ærø Færger\n"


@pytest.fixture
def fleet() -> ScriptedFleet:
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger")
    for name in ("Acme A/S", "Ærø Færger"):
        for device in ("A", "B"):
            scripted.reads_daily(device, FIRST - timedelta(days=1), range(1000, 1200, 10), organization=name)
    return scripted


def test_it_is_told_with_q_on_that_night_and_on_mondays_and_shown_by_whoever_asks(registered: Prsync) -> None:
    for organization in ("1001", "1002"):
        options = ("--activation-date", FIRST.isoformat(), "--timezone", "UTC")
        assert registered("feed", "add", "main", organization, *options).status == 0

    nights = [always_at(WEDNESDAY + timedelta(days=number), registered)("-q", "sync") for number in range(6)]
    assert [night.status for night in nights] == [0] * 6
    assert [night.stdout for night in nights] == [""] * 6
    assert [night.stderr for night in nights] == ["prsync: " + LINE, "", "", "", "", "prsync: " + LINE]

    later = always_at(WEDNESDAY + timedelta(days=6), registered)
    shared = [{"server": "main", "feed": "Acme A/S", "other_feed": "Ærø Færger", "devices": 2}]
    assert later("health").stdout.endswith(LINE)
    assert (later("-q", "health").stdout, later("-q", "health").stderr) == ("", "")
    assert later("health", "--offline", "--json").json()["shared_devices"] == shared
    assert later("sync", "--json").json()["shared_devices"] == []
    assert LINE.strip() in " ".join(later("doctor").stdout.split())
