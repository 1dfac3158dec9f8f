"""The status that a monitoring plugin reports: OK, a feed's WARNING, a server's or cron's CRITICAL."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.services.running import NOW, day
from tests.support import ScriptedFleet

from prsync.errors import UnreachableError
from prsync.monitoring.nagios import PluginAnswer, PluginStatus
from prsync.services.health import check_health, last_health
from prsync.services.plugin_status import plugin_answer

if TYPE_CHECKING:
    from datetime import datetime

    from tests.services.running import Services
    from tests.support.scripted_server import ScriptedServer


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Acme prints every day; Bog has been silent since the first."""
    scripted = ScriptedFleet("Acme", "Bog | Tryk")
    scripted.reads_daily("A", day(-1), range(1000, 1300, 10), organization="Acme")
    scripted.reads("B", day(0), 7, organization="Bog | Tryk")
    return scripted


@pytest.fixture
def acme(services: Services) -> Services:
    services.add_feed("Acme")
    services.sync()
    return services


def answer(services: Services, now: datetime = NOW, ignored: tuple[int, ...] = ()) -> PluginAnswer:
    return plugin_answer(last_health(services.ledger, now), now, ignored)


def test_where_all_is_well_it_is_one_line_with_figures(acme: Services) -> None:
    found = answer(acme)
    assert found.status is PluginStatus.OK
    figures = "servers=1 servers_unhealthy=0 feeds=1 feeds_not_well=0 feeds_stale=0 feeds_failing=0"
    assert found.lines() == [f"PRSYNC OK - 1 server and 1 feed are well | {figures}"]


def test_a_feed_is_a_warning_and_can_be_ignored(acme: Services) -> None:
    bog = acme.add_feed("Bog | Tryk")
    acme.sync()
    found = answer(acme)
    assert found.status is PluginStatus.WARNING
    head, detail = found.lines()
    # What follows a bar is read as figures.
    assert head.startswith("PRSYNC WARNING - 1 of 2 feeds not well | ")
    assert detail == "feed Bog / Tryk (main): unhealthy, no new data since 2026-11-02"
    assert answer(acme, ignored=(bog.id,)).status is PluginStatus.OK


def test_a_server_is_critical(acme: Services, server: ScriptedServer) -> None:
    server.login_error = UnreachableError("https://main.example", "connection refused")
    found = plugin_answer(check_health(acme.ledger, acme.connect, NOW), NOW)
    assert found.status is PluginStatus.CRITICAL
    head, detail = found.lines()
    assert head.startswith("PRSYNC CRITICAL - 1 of 1 server unhealthy; 1 of 1 feed not well | ")
    assert detail == "server main: cannot reach https://main.example: connection refused"


def test_no_sync_for_two_nights_is_critical(acme: Services) -> None:
    assert answer(acme, NOW + timedelta(days=2)).status is PluginStatus.OK
    found = answer(acme, NOW + timedelta(days=2, hours=3))
    assert found.status is PluginStatus.CRITICAL
    assert found.summary.startswith("no sync since 2026-11-24 01:30 UTC; 1 of 1 feed not well")


def test_before_the_first_night_nothing_is_missed(services: Services) -> None:
    assert answer(services, NOW + timedelta(days=30)).status is PluginStatus.OK
    services.add_feed("Acme")
    found = answer(services, NOW + timedelta(days=1))
    assert (found.status, found.summary) == (
        PluginStatus.OK,
        "1 server and 0 feeds are well, 1 feed not collected yet",
    )
    assert answer(services, NOW + timedelta(days=3)).summary.startswith("no sync was ever run; ")


def test_a_sync_of_single_feeds_is_no_nightly_run(acme: Services) -> None:
    later = NOW + timedelta(days=3)
    acme.sync(feeds=["Acme"], now=later)
    assert answer(acme, later).summary.startswith("no sync since 2026-11-24 01:30 UTC")


def test_a_ledger_without_a_server_may_be_the_wrong_one(services: Services) -> None:
    services.ledger.servers.remove(services.ledger.servers.named("main"))
    found = answer(services)
    assert (found.status, found.summary) == (PluginStatus.UNKNOWN, "the ledger has no server: is it the right one?")


def test_of_very_many_not_all_are_listed() -> None:
    lines = PluginAnswer(status=PluginStatus.WARNING, summary="a\nb", details=("c\nd",)).lines()
    assert lines == ["PRSYNC WARNING - a b", "c d"]
