"""A feed's life as a sysadmin types it: connected, looked up, changed, paused, removed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import Prsync, ScriptedFleet, deposits, rows
from tests.system.terminal import shown_on_terminal

if TYPE_CHECKING:
    from prsync.demo.simulator import Simulator

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


def test_a_change_is_said_or_shown_and_what_is_refused_is_not(registered: Prsync, simulator: Simulator) -> None:
    _acme(registered)
    simulator.forget_requests()
    settings = {
        "--scope": "managed", "--timezone": "UTC", "--holidays": "de-by", "--ceiling": "40", "--meter": "totalPages",
        "--activation-date": _day(5), "--name": "Acme A/S",
    }  # fmt: skip
    changed = _change(registered, *(word for pair in settings.items() for word in pair))
    keys = [option.removeprefix("--").replace("-", "_") for option in settings]
    assert [str(changed[key]).lower() for key in keys] == [text.lower() for text in settings.values()]
    assert simulator.requests == []
    registered("sync", "--through", _day(6))
    assert list(deposits(registered.state, "Acme A/S")) == [_day(5), _day(6)]
    assert registered("feed", "update", "Acme A/S", "--activation-date", _day(6)).status == 2
    done = registered("feed", "update", "Acme A/S", "--activation-date", _day(-5))
    assert done.stdout == (
        f"Feed Acme A/S is changed.\nThe next sync collects the days from {_day(-5)} and joins them in front.\n"
    )
    report = registered("sync", "--through", _day(6), "--json").json()["feeds"][0]
    assert (report["from"], report["through"], report["days"]) == (_day(-5), _day(4), 10)


def test_a_paused_feed_is_said_and_listed_to_be(registered: Prsync) -> None:
    _acme(registered)
    done = registered("feed", "pause", "Acme A/S")
    assert (done.status, done.stdout) == (0, "Feed Acme A/S is paused.\n")
    assert registered("sync", "--through", _day(3), "--json").json()["feeds"][0]["outcome"] == "paused"
    assert registered("feed", "list").stdout.splitlines()[1].split()[-1] == "paused"
    assert registered("feed", "resume", "Acme A/S", "--json").json()["paused"] is False
    assert registered("feed", "resume", "Acme A/S").stdout == "Feed Acme A/S is collected again.\n"


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


def test_a_new_feed_is_told_from_when_on_it_is_collected(registered: Prsync) -> None:
    done = registered("feed", "add", "main", "1001", "--activation-date", "2999-01-01", "--timezone", "UTC")
    assert done.stdout == "Feed Acme A/S is connected.\nIt is collected from 2999-01-01 on, in days of UTC.\n"
    added = registered("feed", "add", "main", "1002", "--name", "Ferries", "--timezone", "UTC", "--json").json()
    assert (added["server"], added["organization_name"], added["name"]) == ("main", "Ærø Færger", "Ferries")
    assert registered("sync", "--feed", "Acme A/S").status == 0
    listed = registered("feed", "list").stdout.splitlines()[1].split()
    assert listed[-3:] == ["2999-01-01", "-", "unknown"]


def test_names_of_any_length_fold_inside_eighty_columns_and_nothing_is_cut(registered: Prsync) -> None:
    name = "Københavns Kommune, Teknik- og Miljøforvaltningen, Center for Bydrift <Print> [2]"
    _acme(registered, "--name", name)
    assert registered("sync", "--through", _day(1)).status == 0
    for command in (("feed", "list"), ("health",), ("server", "list")):
        # Notes go to the terminal, too, each as one line.
        lines = [line for line in shown_on_terminal(registered, *command) if not line.startswith("prsync: ")]
        assert max(map(len, lines)) <= 80
        assert command == ("server", "list") or all(word in "\n".join(lines) for word in name.split())
    assert f"name               {name}\n" in registered("feed", "show", name).stdout
