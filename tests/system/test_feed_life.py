"""A feed's life as a sysadmin types it: connected, looked up, changed, paused, removed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, devices, rows, sums

from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path

FIRST = date(2026, 11, 2)


def _day(offset: int) -> str:
    """So many days after the first; the twelfth is the fleet's last."""
    return (FIRST + timedelta(days=offset)).isoformat()


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints 10 pages a day from three weeks before the first day on, its second printer 1 more each day."""
    scripted = ScriptedFleet("Acme A/S", "Ærø Færger", "1")
    scripted.reads_daily("A", FIRST - timedelta(days=21), range(1000, 1330, 10))
    for offset in range(12):
        day = FIRST + timedelta(days=offset)
        scripted.reads("B", day, 500 + offset, managed=offset % 2 == 0, others={"scanTotal": 70 + 7 * offset})
    scripted.reads_daily("C", FIRST - timedelta(days=1), range(100, 1300, 100), organization="Ærø Færger")
    return scripted


def _acme(prsync: Prsync, *options: str) -> None:
    done = prsync("feed", "add", "main", "Acme A/S", "--activation-date", FIRST, "--timezone", "UTC", *options)
    assert done.status == 0, done.stderr


def _change(prsync: Prsync, *options: str) -> Any:
    done = prsync("feed", "update", "Acme A/S", *options, "--json")
    assert done.status == 0, done.stderr
    return done.json()


def test_before_the_first_deposit_everything_may_change(registered: Prsync, simulator: Simulator) -> None:
    _acme(registered)
    simulator.forget_requests()
    settings = ["--scope", "managed", "--timezone", "Europe/Copenhagen", "--holidays", "de-by", "--ceiling", "40"]
    changed = _change(registered, *settings, "--meter", "TOTALPAGES", "--activation-date", _day(5))
    assert {key: changed[key] for key in ("scope", "timezone", "holidays", "ceiling", "meter")} == {
        "scope": "managed",
        "timezone": "Europe/Copenhagen",
        "holidays": "DE-BY",
        "ceiling": 40,
        "meter": "totalPages",
    }
    assert (changed["activation_date"], changed["synced_through"], changed["joining_from"]) == (_day(5), _day(4), None)
    assert _change(registered, "--holidays", "none")["holidays"] is None
    assert _change(registered, "--activation-date", _day(3))["synced_through"] == _day(2)
    assert _change(registered, "--name", "Acme A/S")["name"] == "Acme A/S"
    assert simulator.requests == []
    registered("sync", "--through", _day(6))
    assert list(deposits(registered.state, "Acme A/S")) == [_day(3), _day(4), _day(5), _day(6)]


def test_an_earlier_activation_date_has_its_days_joined_in_front_and_a_later_one_is_refused(
    registered: Prsync,
) -> None:
    _acme(registered)
    registered("sync", "--through", _day(3))
    known = deposits(registered.state, "Acme A/S")
    assert known == {_day(0): 10, _day(1): 11, _day(2): 11, _day(3): 11}
    assert registered("feed", "update", "Acme A/S", "--activation-date", _day(1)).status == 2

    # The same date again takes the wish for an earlier one back.
    assert _change(registered, "--activation-date", _day(-9))["joining_from"] == _day(-9)
    assert _change(registered, "--activation-date", _day(0))["joining_from"] is None
    done = registered("feed", "update", "Acme A/S", "--activation-date", _day(-5))
    assert f"The next sync collects the days from {_day(-5)} and joins them in front." in done.stdout
    report = registered("sync", "--through", _day(4), "--json").json()["feeds"][0]
    assert (report["outcome"], report["from"], report["through"], report["days"]) == (
        "deposited",
        _day(-5),
        _day(4),
        6,
    )
    assert deposits(registered.state, "Acme A/S") == {_day(n): 10 for n in range(-5, 0)} | known | {_day(4): 11}
    pages, life = sums(registered.state)["Acme A/S"]
    assert pages == life
    shown = registered("feed", "show", "Acme A/S", "--json").json()
    assert (shown["activation_date"], shown["joining_from"]) == (_day(-5), None)


def test_after_the_first_deposit_the_time_zone_stays_and_the_rest_counts_from_the_next_day_on(
    registered: Prsync,
) -> None:
    _acme(registered)
    registered("sync", "--through", _day(1))
    assert _change(registered, "--timezone", "UTC")["timezone"] == "UTC"
    assert registered("feed", "update", "Acme A/S", "--timezone", "Europe/Berlin").status == 2
    _change(registered, "--scope", "managed")
    registered("sync", "--through", _day(2))  # A and B are read by the new rule for the first time, and count nothing
    registered("sync", "--through", _day(4))  # B is away on the third day, back on the fourth
    assert [deposits(registered.state, "Acme A/S")[_day(n)] for n in range(2, 5)] == [0, 10, 10]
    _change(registered, "--scope", "all", "--meter", "scanTotal")
    registered("sync", "--through", _day(6))  # only B has that meter; it stands at 105 on the fifth day
    assert [deposits(registered.state, "Acme A/S")[_day(n)] for n in (5, 6)] == [0, 7]
    assert devices(registered.state, "Acme A/S")["B"][2] == 70 + 7 * 6
    assert {pages == life for pages, life in sums(registered.state).values()} == {True}


def test_a_paused_feed_is_left_alone_and_catches_up_day_by_day_when_it_resumes(
    registered: Prsync, simulator: Simulator
) -> None:
    _acme(registered)
    registered("sync", "--through", _day(1))
    done = registered("feed", "pause", "Acme A/S")
    assert (done.status, done.stdout) == (0, "Feed Acme A/S is paused.\n")
    simulator.forget_requests()
    report = registered("sync", "--through", _day(3), "--json").json()["feeds"][0]
    assert (report["outcome"], report["days"], report["error"]) == ("paused", 0, None)
    assert simulator.devices_requests == []
    assert registered("feed", "list").stdout.splitlines()[1].split()[-1] == "paused"

    resumed = registered("feed", "resume", "Acme A/S", "--json").json()
    assert resumed["paused"] is False
    report = registered("sync", "--through", _day(4), "--json").json()["feeds"][0]
    assert (report["from"], report["through"], report["days"]) == (_day(2), _day(4), 3)
    assert list(deposits(registered.state, "Acme A/S").values()) == [10, 11, 11, 11, 11]


def test_a_removed_feed_takes_all_but_its_certificates_along_and_may_be_connected_anew(registered: Prsync) -> None:
    _acme(registered)
    registered("sync", "--through", _day(11))
    folder = registered.home / "certificates"
    issued = registered("certify", "--month", "2026-11", "--output", folder, "--allow-incomplete", "--json").json()
    number = issued["certificates"][0]["number"]
    assert registered("feed", "remove", "Acme A/S").status == 2
    done = registered("feed", "remove", "Acme A/S", "--yes")
    assert (done.status, done.stdout) == (0, "Feed Acme A/S is removed; its certificates stay.\n")
    for table in ("feeds", "devices", "deposits", "anomalies"):
        assert rows(registered.state, f"SELECT * FROM {table}") == []  # noqa: S608
    assert [row["number"] for row in rows(registered.state, "SELECT number FROM certificates")] == [number]
    assert registered("certificate", "verify", next(folder.rglob("*.pdf"))).status == 0
    _acme(registered)
    assert rows(registered.state, "SELECT id FROM feeds") == [{"id": 2}]  # the certificate's feed_id is nobody else's


def test_a_feed_is_looked_up_by_name_first_then_by_id(registered: Prsync) -> None:
    _acme(registered)  # it has the id 1
    assert registered("feed", "add", "main", "1").status == 0  # an organization's name, as there is none of that id
    (acme, one) = registered("feed", "list", "--json").json()
    assert [(feed["id"], feed["name"]) for feed in (acme, one)] == [(2, "1"), (1, "Acme A/S")]
    assert registered("feed", "show", "1", "--json").json() == acme
    assert registered("feed", "show", "2", "--json").json() == acme
    assert registered("feed", "update", "1", "--name", "One").status == 0
    assert registered("feed", "show", "1", "--json").json() == one


def test_an_organization_is_connected_once_per_server_and_a_feeds_name_is_its_alone(
    registered: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    _acme(registered)
    assert "as feed Acme A/S" in registered("feed", "add", "main", "1001", "--name", "Other").stderr
    with Simulator(simulator.fleet, folder=tmp_path / "two") as two:
        registered.register(two, "two")
        done = registered("feed", "add", "two", "Acme A/S")
        assert done.status == 2
        assert done.stderr == "prsync: there is a feed named Acme A/S already: give it another with --name\n"
        added = registered("feed", "add", "two", "Acme A/S", "--name", "Acme, the other", "--json").json()
    assert (added["server"], added["organization_name"], added["name"]) == ("two", "Acme A/S", "Acme, the other")
    assert registered("feed", "update", "Acme, the other", "--name", "Acme A/S").status == 2


def test_a_feed_that_begins_in_the_future_waits_for_it(registered: Prsync, simulator: Simulator) -> None:
    done = registered("feed", "add", "main", "1001", "--activation-date", "2999-01-01", "--timezone", "UTC")
    assert done.stdout == "Feed Acme A/S is connected.\nIt is collected from 2999-01-01 on, in days of UTC.\n"
    simulator.forget_requests()
    report = registered("sync", "--json").json()
    assert [(feed["outcome"], feed["health"]) for feed in report["feeds"]] == [("up_to_date", "healthy")]
    assert simulator.devices_requests == []
    listed = registered("feed", "list").stdout.splitlines()[1].split()
    assert listed[-3:] == ["2999-01-01", "-", "healthy"]


def test_names_of_any_length_fold_inside_eighty_columns_and_nothing_is_cut(registered: Prsync) -> None:
    name = "Københavns Kommune, Teknik- og Miljøforvaltningen, Center for Bydrift <Print> [2]"
    _acme(registered, "--name", name)
    for command in (("feed", "list"), ("sync", "--through", _day(1)), ("health", "--offline"), ("server", "list")):
        done = registered(*command)
        assert max(len(line) for line in done.stdout.splitlines()) <= 80
        assert command[0] == "server" or all(word in done.stdout for word in name.split())
    assert f"name               {name}\n" in registered("feed", "show", name).stdout
