"""A feed's days: reads the state from which a run starts, and writes each of its steps in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prsync.core.model import (
    ONE_DAY,
    Anomaly,
    AnomalyKind,
    AnomalyState,
    Deposit,
    Device,
    FeedState,
)
from prsync.core.utc import utc_text
from prsync.errors import RefusedError
from prsync.store.columns import parse_day, parse_instant, parse_reset
from prsync.store.noted_deliveries import note_deliveries
from prsync.store.period_sums import PeriodSums

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from prsync.core.decisions import DecisionOutcome
    from prsync.core.model import DepositedDays, EarlierDays, Month, OpenDay
    from prsync.store.connection import Connection
    from prsync.store.records import Feed

_UPDATE_DEVICE = """
    UPDATE devices SET managed = ?3, initial_count = ?4, latest_count = ?5 WHERE feed_id = ?1 AND device_id = ?2
"""
_UPSERT_DEVICE = """
    INSERT INTO devices (feed_id, device_id, managed, initial_count, latest_count) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (feed_id, device_id) DO UPDATE SET
        managed = excluded.managed, initial_count = excluded.initial_count, latest_count = excluded.latest_count
"""
# `resolved_at` is when it came to its state: one that was decided is written again, in that state, when it is settled.
_UPSERT_ANOMALY = """
    INSERT INTO anomalies
        (feed_id, device_id, date, kind, count, read_at, state, resolved_at, settled_on, fell_from, pages_since)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (feed_id, device_id, date, kind) DO UPDATE SET
        count = excluded.count, read_at = excluded.read_at, state = excluded.state,
        resolved_at = CASE WHEN state = excluded.state THEN coalesce(resolved_at, excluded.resolved_at)
            ELSE coalesce(excluded.resolved_at, resolved_at) END,
        settled_on = excluded.settled_on,
        fell_from = excluded.fell_from, pages_since = excluded.pages_since
"""


class FeedDays:
    """The tables `devices` and `deposits`, and what is written together with them: anomalies and a feed's dates."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def state(self, feed: Feed) -> FeedState:
        """The state from which a run of the feed starts."""
        anomalies = self._anomalies_that_matter(feed.id)
        not_closed = [anomaly for anomaly in anomalies if anomaly.settled_on is None]
        return FeedState(
            activation_date=feed.activation_date,
            timezone=feed.timezone,
            ceiling=feed.ceiling,
            rule=feed.rule,
            synced_through=feed.synced_through,
            looked_through=feed.looked_through,
            deposited_rule=feed.deposited_rule,
            last_data_at=feed.last_data_at,
            devices={row.device_id: row for row in self.devices(feed.id)},
            held={a.device_id: a for a in not_closed if a.kind is not AnomalyKind.INVALID_READING},
            invalid={a.device_id: a for a in not_closed if a.kind is AnomalyKind.INVALID_READING},
            resets={a.device_id: a for a in anomalies if a.reset is not None},
        )

    def devices(self, feed_id: int) -> list[Device]:
        """A feed's devices, by id."""
        rows = self._connection.query_tuples(
            "SELECT device_id, managed, initial_count, latest_count FROM devices WHERE feed_id = ? ORDER BY device_id",
            [feed_id],
        )
        return [
            Device(device_id, None if managed is None else bool(managed), initial_count, latest_count)
            for device_id, managed, initial_count, latest_count in rows
        ]

    def deposits(self, feed_id: int) -> list[Deposit]:
        """A feed's deposits, by day."""
        rows = self._connection.query("SELECT date, pages FROM deposits WHERE feed_id = ? ORDER BY date", [feed_id])
        return [Deposit(parse_day(row["date"]), row["pages"]) for row in rows]

    def deposits_of(self, feed_id: int, month: Month) -> list[Deposit]:
        """A feed's deposits in a month, by day."""
        rows = self._connection.query(
            "SELECT date, pages FROM deposits WHERE feed_id = ? AND date BETWEEN ? AND ? ORDER BY date",
            [feed_id, month.first_day.isoformat(), month.last_day.isoformat()],
        )
        return [Deposit(parse_day(row["date"]), row["pages"]) for row in rows]

    def pages_between(self, feed_id: int, first: date, last: date) -> int:
        """All pages that are deposited for a feed from one day through another."""
        (row,) = self._connection.query(
            "SELECT coalesce(sum(pages), 0) AS pages FROM deposits WHERE feed_id = ? AND date BETWEEN ? AND ?",
            [feed_id, first.isoformat(), last.isoformat()],
        )
        return int(row["pages"])

    def pages_by_feed(self) -> dict[int, int]:
        """All pages deposited, by the feed's id."""
        rows = self._connection.query("SELECT feed_id, sum(pages) AS pages FROM deposits GROUP BY feed_id")
        return {row["feed_id"]: row["pages"] for row in rows}

    def sums(self, periods: Sequence[tuple[date, date]]) -> PeriodSums:
        """What adds up each feed's deposits by the periods, each from its first to its last day."""
        return PeriodSums(self._connection, periods)

    def devices_by_feed(self) -> dict[int, int]:
        """How many devices are stored, by the feed's id."""
        rows = self._connection.query("SELECT feed_id, count(*) AS devices FROM devices GROUP BY feed_id")
        return {row["feed_id"]: row["devices"] for row in rows}

    def has_pages(self, feed_id: int, month: Month) -> bool:
        """Whether any page of a feed is deposited in a month."""
        rows = self._connection.query(
            "SELECT 1 FROM deposits WHERE feed_id = ? AND date BETWEEN ? AND ? AND pages > 0 LIMIT 1",
            [feed_id, month.first_day.isoformat(), month.last_day.isoformat()],
        )
        return bool(rows)

    def _anomalies_that_matter(self, feed_id: int) -> list[Anomaly]:
        """The anomalies that a run still has to take into account: not closed, or with a remembered reset."""
        rows = self._connection.query(
            # Two queries, each by its own index: over the years a feed comes to have many anomalies that are closed.
            "SELECT * FROM anomalies WHERE feed_id = ? AND settled_on IS NULL "
            "UNION ALL "
            "SELECT * FROM anomalies WHERE feed_id = ? AND settled_on IS NOT NULL AND fell_from IS NOT NULL",
            [feed_id, feed_id],
        )
        return [
            Anomaly(
                row["device_id"],
                parse_day(row["date"]),
                AnomalyKind(row["kind"]),
                count=row["count"],
                read_at=parse_instant(row["read_at"]),
                state=AnomalyState(row["state"]),
                settled_on=parse_day(row["settled_on"]) if row["settled_on"] else None,
                reset=parse_reset(row["fell_from"], row["pages_since"]),
            )
            for row in rows
        ]

    def look(self, feed: Feed, step: OpenDay) -> None:
        """Store that a day was asked for and brought nothing new, so that it stays open."""
        with self._connection.transaction():
            self._connection.update("feeds", feed.id, {"looked_through": step.day.isoformat()})

    def look_again(self, feed: Feed, looked_through: date) -> None:
        """Move the feed's `looked_through` back: the days after it were looked at before they were over."""
        with self._connection.transaction():
            self._connection.update("feeds", feed.id, {"looked_through": looked_through.isoformat()})

    def deposit(self, feed: Feed, step: DepositedDays, now: datetime) -> None:
        """Write the outcome of a day, and with it the open days before: all of it or nothing."""
        first, state = step.deposits[0].date, step.state
        rule, last_data_at = state.deposited_rule, state.last_data_at
        dates_and_rule = {
            "synced_through": state.synced_through.isoformat(),
            "looked_through": state.looked_through.isoformat(),
            "last_data_at": utc_text(last_data_at) if last_data_at else None,
            "deposited_meter": rule.meter if rule else None,
            "deposited_scope": rule.scope if rule else None,
        }
        with self._connection.transaction():
            # The server lock keeps two runs apart. Should it ever fail, no day may be deposited twice or left out.
            self._refuse_unless_synced_through(feed, first - ONE_DAY)
            self._write(feed.id, deposits=step.deposits, devices=step.devices, anomalies=step.anomalies, now=now)
            self._connection.update("feeds", feed.id, dates_and_rule)

    def join(self, feed: Feed, step: EarlierDays, now: datetime) -> None:
        """Write the days before the activation date, back to an earlier one: all of them or nothing."""
        # An anomaly that is there already stays as it is: a person may have decided it.
        rows = self._connection.query("SELECT device_id, date, kind FROM anomalies WHERE feed_id = ?", [feed.id])
        known = {(row["device_id"], parse_day(row["date"]), AnomalyKind(row["kind"])) for row in rows}
        new = [anomaly for anomaly in step.anomalies if anomaly.key not in known]
        anomalies = [*new, *step.changed_anomalies]
        with self._connection.transaction():
            self._write(feed.id, deposits=step.deposits, devices=step.devices, anomalies=anomalies, now=now)
            values = {"activation_date": step.activation_date.isoformat(), "joining_from": None}
            self._connection.update("feeds", feed.id, values)

    def decide(self, feed_id: int, decided: DecisionOutcome, now: datetime) -> None:
        """Write a person's decision about an anomaly, and what else the decision changes of the device."""
        devices = () if decided.device is None else (decided.device,)
        anomalies = (decided.anomaly,) if decided.forgotten is None else (decided.anomaly, decided.forgotten)
        with self._connection.transaction():
            self._write(feed_id, deposits=(), devices=devices, anomalies=anomalies, now=now)

    def _refuse_unless_synced_through(self, feed: Feed, synced_through: date) -> None:
        (row,) = self._connection.query("SELECT synced_through FROM feeds WHERE id = ?", [feed.id])
        stored = row["synced_through"]
        if stored != synced_through.isoformat():
            raise RefusedError(f"a deposit after {synced_through}", f"feed {feed.name} is now synced through {stored}")

    def _write(
        self,
        feed_id: int,
        *,
        deposits: Sequence[Deposit],
        devices: Iterable[Device],
        anomalies: Iterable[Anomaly],
        now: datetime,
    ) -> None:
        self._connection.write_all(
            "INSERT INTO deposits (feed_id, date, pages) VALUES (?, ?, ?)",
            [(feed_id, deposit.date.isoformat(), deposit.pages) for deposit in deposits],
        )
        if deposits:
            note_deliveries(self._connection, feed_id, deposits[0].date, deposits[-1].date)
        rows = [(feed_id, *device) for device in devices]
        # Most nights they are all there already, and an UPDATE takes two thirds of what the INSERT would.
        if self._connection.write_all(_UPDATE_DEVICE, rows) < len(rows):
            self._connection.write_all(_UPSERT_DEVICE, rows)
        self._connection.write_all(_UPSERT_ANOMALY, [_anomaly_row(feed_id, anomaly, now) for anomaly in anomalies])


def _anomaly_row(feed_id: int, anomaly: Anomaly, now: datetime) -> tuple[object, ...]:
    return (
        feed_id,
        anomaly.device_id,
        anomaly.date.isoformat(),
        anomaly.kind,
        anomaly.count,
        utc_text(anomaly.read_at) if anomaly.read_at else None,
        anomaly.state,
        None if anomaly.state is AnomalyState.OPEN else utc_text(now),
        anomaly.settled_on.isoformat() if anomaly.settled_on else None,
        anomaly.reset.fell_from if anomaly.reset else None,
        anomaly.reset.pages_since if anomaly.reset else None,
    )
