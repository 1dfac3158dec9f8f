"""The file of an export: what an import reads, and reads as no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.services.running import NOW, NobodyWatches
from tests.support import ScriptedFleet

from prsync.services.feed_export import export_feeds
from prsync.services.feed_import import Imported, import_feeds
from prsync.services.feed_leaving import deactivate
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.running import Services

NAMES = ["Acme A/S", 'Bog; "Tryk", & Co', "Ærø"]


def full(services: Services) -> None:
    """Three customers, each with settings of its own, and one that has left."""
    services.add_server("all", ScriptedFleet(*NAMES, "Gone"))
    services.add_feed(NAMES[0], server="all", name="Acme", holidays="DK", scope="managed", ceiling="7")
    services.add_feed(NAMES[1], server="all", timezone="Pacific/Auckland", meter="totalBw")
    services.add_feed(NAMES[2], server="all", activation_date="2026-01-01")
    services.add_feed("Gone", server="all")
    deactivate(
        services.ledger,
        "Gone",
        None,
        connect=services.connect,
        now=NOW,
        local_timezone="UTC",
        watch=NobodyWatches(),
    )


def test_it_is_by_organization_id_and_without_the_deactivated(services: Services) -> None:
    full(services)
    assert export_feeds(services.ledger, "all").splitlines() == [
        "organization,name,activation_date,scope,meter,timezone,holidays,ceiling,language,paper,account_id,deliver_from",
        "1001,Acme,2026-11-02,managed,totalPages,UTC,DK,7,,,,",
        '1002,"Bog; ""Tryk"", & Co",2026-11-02,all,totalBw,Pacific/Auckland,none,500000,,,,',
        "1003,Ærø,2026-01-01,all,totalPages,UTC,none,500000,,,,",
    ]


def test_imported_again_it_changes_nothing_and_elsewhere_it_makes_the_same_feeds(
    services: Services, tmp_path: Path
) -> None:
    full(services)
    file = tmp_path / "feeds.csv"
    file.write_text(export_feeds(services.ledger, "all"), encoding="utf-8")

    def imported(ledger: Ledger) -> Imported:
        return import_feeds(ledger, "all", file, connect=services.connect, now=NOW, local_timezone="Asia/Tokyo")

    assert imported(services.ledger) == Imported(added=0, unchanged=3)
    with Ledger(tmp_path / "other.db") as other:
        other.servers.add(services.ledger.servers.named("all").settings, NOW)
        assert imported(other) == Imported(added=3, unchanged=0)
        assert export_feeds(other, "all") == file.read_text("utf-8")


def test_an_earlier_activation_date_that_has_yet_to_join_is_the_one_exported(services: Services) -> None:
    services.add_feed("Acme A/S")
    services.sync()
    services.update_feed("Acme A/S", activation_date="2026-10-01")
    assert ",2026-10-01," in export_feeds(services.ledger, "main")
