"""What is wrong with the delivery to PrintReleaf, as the ledger alone tells."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from prsync.core.text import quantity
from prsync.services.runs import TWO_NIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from prsync.store.delivery_records import Delivery
    from prsync.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """Something that a person should look at; `feed` is None where it is about all."""

    feed_id: int | None
    feed: str | None
    why: str

    @property
    def line(self) -> str:
        """The line that a person reads."""
        return f"feed {self.feed}: {self.why}" if self.feed else self.why

    def document(self) -> dict[str, object]:
        """The entry of `deliveries` in the output of `health --json`."""
        return {"feed": self.feed, "error": self.why}


def delivery_problems(ledger: Ledger, now: datetime) -> list[DeliveryProblem]:
    """What is wrong with the delivery; nothing where it is not set up."""
    connection = ledger.printreleaf.get()
    if connection is None:
        return []
    to_do = [one for one in ledger.deliveries.to_do() if one.is_due]
    problems = [problem for _, rows in groupby(to_do, lambda one: one.feed_id) for problem in _of_feed(list(rows))]
    last = ledger.runs.last_of("deliver", now)
    since = last.started_at if last else connection.connected_at
    if to_do and now - since > TWO_NIGHTS:
        what = f"{quantity(len(to_do), 'deposit')} wait for PrintReleaf, and no deliver was run since"
        problems.append(DeliveryProblem(None, None, f"{what} {since:%Y-%m-%d %H:%M} UTC; does cron run it?"))
    return problems


def _of_feed(rows: list[Delivery]) -> Iterator[DeliveryProblem]:
    from prsync.core.delivery import DeliveryState

    first = rows[0]
    in_doubt = [one for one in rows if one.state is DeliveryState.IN_DOUBT]
    if in_doubt:
        decides = shlex.join(["prsync", "printreleaf", "resolve", first.feed, str(in_doubt[0].date)])
        days = f"{quantity(len(in_doubt), 'deposit')} in doubt"
        yield DeliveryProblem(first.feed_id, first.feed, f"{days}, the first of {in_doubt[0].date}: {decides} decides")
    failing = next((one for one in rows if one.error is not None and one.state is not DeliveryState.IN_DOUBT), None)
    if failing is not None:
        why = f"its deposit of {failing.date} is not delivered: {failing.error}"
        yield DeliveryProblem(first.feed_id, first.feed, why)
