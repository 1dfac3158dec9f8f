"""Deliveries as tests run them: a real ledger, and a simulated PrintReleaf over real HTTPS."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from tests.services.running import NOW, NobodyWatches

from prsync.core.settings import PrintReleafSettings
from prsync.credentials.passwords import Secret
from prsync.printreleaf.assumptions import Assumptions
from prsync.printreleaf.deposit_client import DepositClient, PrintReleafManners
from prsync.services.deliver import run_deliver

if TYPE_CHECKING:
    from datetime import date

    from prsync.demo.printreleaf_simulator import PrintReleafSimulator
    from prsync.demo.traffic import Request
    from prsync.services.deliver_report import DeliverReport
    from prsync.store.ledger import Ledger

ACME: Final = "11111111-aaaa-4aaa-8aaa-000000000001"
OTHER: Final = "11111111-aaaa-4aaa-8aaa-000000000002"


def is_post(request: Request) -> bool:
    return request.method == "POST"


def is_list(request: Request) -> bool:
    return request.method == "GET" and request.path.endswith("/deposits")


@dataclass
class Deliveries:
    """Runs of `deliver` on one ledger; `now` is the time at which the next one begins."""

    ledger: Ledger
    there: PrintReleafSimulator
    now: datetime = NOW
    manners: PrintReleafManners = field(default_factory=lambda: PrintReleafManners(answer_seconds=1))
    assumptions: Assumptions = field(default_factory=lambda: Assumptions.load(None))
    key: str | None = None
    waited: list[float] = field(default_factory=list)

    def client(self, ledger: Ledger) -> DepositClient:  # noqa: ARG002  as a ConnectPrintReleaf
        settings = PrintReleafSettings(url=self.there.url, ca_bundle=str(self.there.ca_bundle))
        return DepositClient(
            settings,
            Secret(self.key or self.there.api.key),
            self.assumptions,
            manners=self.manners,
            timeouts=(2, 0.4),
            sleep=self.waited.append,
        )

    def run(self, *feeds: str, after: float = 0, ledger: Ledger | None = None, dry_run: bool = False) -> DeliverReport:
        """A run, so many minutes after the one before."""
        self.now += timedelta(minutes=after)
        return run_deliver(
            ledger or self.ledger,
            feeds,
            connect=self.client,
            now=self.now,
            clock=lambda: self.now,
            watch=NobodyWatches(),
            dry_run=dry_run,
        )

    def known(self) -> dict[str, Counter[tuple[str, int]]]:
        """What the ledger wants to be there: by account the day and pages of each deposit."""
        rows = self.ledger._connection.query(
            "SELECT f.account_id, d.date, d.pages FROM deposits d JOIN feeds f ON f.id = feed_id"
            " WHERE f.account_id IS NOT NULL AND d.pages > 0 AND d.date >= f.deliver_from"
        )
        wanted: dict[str, Counter[tuple[str, int]]] = {}
        for row in rows:
            wanted.setdefault(row["account_id"], Counter())[row["date"], row["pages"]] += 1
        return wanted

    def made(self) -> dict[str, Counter[tuple[str, int]]]:
        """What is there."""
        found: dict[str, Counter[tuple[str, int]]] = {}
        for one in self.there.api.deposits:
            found.setdefault(one["account_id"], Counter())[str(one["date"])[:10], one["pages"]] += 1
        return found

    def expect_nothing_twice(self) -> None:
        wanted = self.known()
        for account_id, found in self.made().items():
            assert found <= wanted[account_id], (found - wanted[account_id], "is there too often")

    def expect_all(self) -> None:
        """All is there exactly once, and the ledger knows it."""
        assert self.made() == self.known()
        assert not [one for one in self.ledger.deliveries.to_do() if one.wanted]

    def state(self, feed: str, day: date) -> str:
        return str(self.ledger.deliveries.find(self.ledger.feeds.find(feed).id, day).state)

    def with_assumptions(self, **values: object) -> None:
        self.assumptions = self.assumptions.model_copy(update=values)

    def with_manners(self, **values: float) -> None:
        self.manners = replace(self.manners, **values)  # type: ignore[arg-type]
