"""The rows of the ledger's tables as typed values. Services read them, and the command line shows them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from prsync.core.decisions import pages_accepting_adds
from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, Health, Rule, Scope, Watermarked
from prsync.core.settings import ServerSettings
from prsync.core.utc import json_value
from prsync.store.columns import parse_day, parse_instant, parse_reset

if TYPE_CHECKING:
    from collections.abc import Mapping


class Record:
    """A row; its JSON document has the column names as keys."""

    def document(self) -> dict[str, object]:
        """The row for `--json`: days and instants as text, flags as booleans."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: json_value(getattr(self, field.name)) for field in fields}


@dataclass(frozen=True, slots=True)
class Server(Record):
    """A registered 3manager server."""

    id: int
    name: str
    url: str
    username: str
    client_id: str | None
    password_command: str | None
    ca_bundle: str | None
    profile: str | None
    client_secret_command: str | None
    client_secret_in_keyring: bool
    connections: int
    health: Health
    health_error: str | None
    health_checked_at: datetime | None
    health_changed_at: datetime | None
    created_at: datetime

    @property
    def settings(self) -> ServerSettings:
        """The part of the row that a person has set, without what prsync has found out."""
        return ServerSettings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(ServerSettings)})

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `servers`."""
        return cls(
            **{name: row[name] for name in ("id", "name", "url", "username", "client_id", "password_command")},
            ca_bundle=row["ca_bundle"],
            profile=row["profile"],
            client_secret_command=row["client_secret_command"],
            client_secret_in_keyring=bool(row["client_secret_in_keyring"]),
            connections=row["connections"],
            health=Health(row["health"]),
            health_error=row["health_error"],
            health_checked_at=parse_instant(row["health_checked_at"]),
            health_changed_at=parse_instant(row["health_changed_at"]),
            created_at=datetime.fromisoformat(row["created_at"]),
        )


@dataclass(frozen=True, slots=True)
class Feed(Watermarked, Record):
    """A connected organization: its settings, how far it is collected, and its health.

    `synced_through` is the last day deposited, `looked_through` the last day asked for, both the day before the
    activation date as long as there is none. `joining_from` is an earlier activation date whose days are not collected
    yet. `health` is what the last check found, `sync_health` what the last sync found. `wanted_by_run` is the last run
    that set out to collect it; `last_run_at` is when one was last done with it, and `last_error` what failed then.
    `deactivated_on` is the last day to collect of a customer who leaves. `language` and `paper` are those of its
    certificates, None for the issuer's. `account_id` is the customer's account at PrintReleaf, None where nothing is
    delivered; deposits are from `deliver_from` on.
    """

    id: int
    server_id: int
    server: str
    name: str
    organization_id: str
    organization_name: str
    activation_date: date
    scope: Scope
    meter: str
    timezone: str
    holidays: str | None
    ceiling: int
    paused: bool
    synced_through: date
    looked_through: date
    last_data_at: datetime | None
    health: Health
    health_checked_at: datetime | None
    health_changed_at: datetime | None
    created_at: datetime
    deposited_meter: str | None
    deposited_scope: Scope | None
    joining_from: date | None
    sync_health: Health
    wanted_by_run: int | None
    last_run_at: datetime | None
    last_error: str | None
    deactivated_on: date | None
    language: str | None
    paper: str | None
    account_id: str | None
    deliver_from: date | None

    @property
    def has_ended(self) -> bool:
        """Whether the customer has left, and was asked for through the last day: it is asked for never again."""
        return self._has_ended(self.looked_through)

    def has_ended_by(self, last_closed: date) -> bool:
        """The same, where days that a clock ahead has looked at are none; `last_closed` is the last day over now."""
        return self._has_ended(self.looked_through_at(last_closed))

    def _has_ended(self, looked_through: date) -> bool:
        is_asked = self.deactivated_on is not None and looked_through >= self.deactivated_on
        return is_asked and self.joining_from is None

    @property
    def is_active(self) -> bool:
        """Whether it is collected and judged."""
        return not (self.paused or self.has_ended)

    @property
    def rule(self) -> Rule:
        """The meter and the scope that count from the first day on that is not deposited yet."""
        return Rule(self.meter, self.scope)

    @property
    def deposited_rule(self) -> Rule | None:
        """The meter and the scope of the last deposit; None before the first."""
        if self.deposited_meter is None or self.deposited_scope is None:
            return None
        return Rule(self.deposited_meter, self.deposited_scope)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `feeds`, with the server's name as `server`."""
        unchanged = (
            *("id", "server_id", "server", "name", "organization_id", "organization_name", "meter", "timezone"),
            *("holidays", "ceiling", "language", "paper", "account_id", "deposited_meter"),
        )
        return cls(
            **{name: row[name] for name in unchanged},
            activation_date=parse_day(row["activation_date"]),
            scope=Scope(row["scope"]),
            paused=bool(row["paused"]),
            synced_through=parse_day(row["synced_through"]),
            looked_through=parse_day(row["looked_through"]),
            last_data_at=parse_instant(row["last_data_at"]),
            health=Health(row["health"]),
            health_checked_at=parse_instant(row["health_checked_at"]),
            health_changed_at=parse_instant(row["health_changed_at"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            deposited_scope=Scope(row["deposited_scope"]) if row["deposited_scope"] else None,
            joining_from=parse_day(row["joining_from"]) if row["joining_from"] else None,
            sync_health=Health(row["sync_health"]),
            wanted_by_run=row["wanted_by_run"],
            last_run_at=parse_instant(row["last_run_at"]),
            last_error=row["last_error"],
            deactivated_on=parse_day(row["deactivated_on"]) if row["deactivated_on"] else None,
            deliver_from=parse_day(row["deliver_from"]) if row["deliver_from"] else None,
        )


@dataclass(frozen=True, slots=True)
class StoredAnomaly(Record):
    """An anomaly (a reading that was held back), with what a person needs to decide about it.

    `latest_count` is the device's, as are `fell_from` and `pages_since`: what is remembered of its resets, if anything.
    """

    id: int
    feed_id: int
    feed: str
    server: str
    device_id: str
    date: dt.date
    kind: AnomalyKind
    count: int | None
    read_at: datetime | None
    state: AnomalyState
    resolved_at: datetime | None
    settled_on: dt.date | None
    latest_count: int | None
    fell_from: int | None
    pages_since: int | None

    @property
    def accepting_adds(self) -> int | None:
        """The pages that accepting it would add to the next deposit; None where it cannot be accepted (any more)."""
        return pages_accepting_adds(self.anomaly, self.latest_count, parse_reset(self.fell_from, self.pages_since))

    @property
    def anomaly(self) -> Anomaly:
        """The same anomaly as the core knows it, but for the reset: one that can still be decided has none."""
        return Anomaly(
            self.device_id,
            self.date,
            self.kind,
            count=self.count,
            read_at=self.read_at,
            state=self.state,
            settled_on=self.settled_on,
        )

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `anomalies`, with the feed's and the server's names and the device's LatestCount."""
        return cls(
            **{name: row[name] for name in ("id", "feed_id", "feed", "server", "device_id", "count", "latest_count")},
            date=parse_day(row["date"]),
            kind=AnomalyKind(row["kind"]),
            read_at=parse_instant(row["read_at"]),
            state=AnomalyState(row["state"]),
            resolved_at=parse_instant(row["resolved_at"]),
            settled_on=parse_day(row["settled_on"]) if row["settled_on"] else None,
            fell_from=row["device_fell_from"],
            pages_since=row["device_pages_since"],
        )


@dataclass(frozen=True, slots=True)
class Certificate(Record):
    """A certificate as issued.

    `month` is as 2026-10; `trees` has two decimal places; `sha256` is that of the first file; `replaces` is the number
    of the revision before it; `facts` is the JSON document of all that is printed. `signature` is that of the file, in
    hexadecimal, and `signed_by` the fingerprint of the issuer's key; None for one of before certificates were signed.
    """

    id: int
    feed_id: int
    month: str
    revision: int
    number: str
    pages: int
    trees: str
    pages_per_tree: int
    provisional: bool
    issued_at: datetime
    sha256: str
    replaces: str | None
    facts: str
    signature: str | None
    signed_by: str | None

    @property
    def language(self) -> str:
        """The language in which it is written."""
        # Before there were others, all were in English.
        return str(json.loads(self.facts).get("language", "en"))

    @property
    def feed(self) -> str:
        """The feed's name as it is printed. The feed may have been renamed or removed since."""
        return str(json.loads(self.facts)["feed"])

    @property
    def issued_on(self) -> str:
        """The day of issue as it is printed, as 2026-11-01: that of the feed's time zone."""
        # Before it was kept, the day in UTC was printed.
        return str(json.loads(self.facts).get("issued_on", self.issued_at.date()))

    def document(self) -> dict[str, object]:
        """The row for `--json`, with the feed's name, and with the facts as an object instead of text."""
        return {**Record.document(self), "feed": self.feed, "facts": json.loads(self.facts)}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `certificates`."""
        named = {field.name: row[field.name] for field in dataclasses.fields(cls)}
        named.update(provisional=bool(row["provisional"]), issued_at=datetime.fromisoformat(row["issued_at"]))
        return cls(**named)


@dataclass(frozen=True, slots=True)
class SharedDevices(Record):
    """So many `devices` stand in the answers for two feeds of one server, and count in both."""

    server: str
    feed: str
    other_feed: str
    devices: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row with the names."""
        return cls(row["server"], row["feed"], row["other_feed"], row["devices"])


class RunOutcome(StrEnum):
    """How a run ended, as the table `runs` has it; of the last two nothing stands there."""

    OK = "ok"
    FAILED = "failed"
    LOCKED = "locked"
    """All that kept it from its work was another run."""
    STOPPED = "stopped"
    """By a signal: Ctrl-C, or the machine going down."""
    RUNNING = "running"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Run(Record):
    """One run of `sync`, `certify` or `deliver`.

    `finished_at` and what follows are NULL while it runs, and if it was killed.
    """

    id: int
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: RunOutcome | None
    summary: str | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of the table `runs`."""
        return cls(
            id=row["id"],
            command=row["command"],
            started_at=datetime.fromisoformat(row["started_at"]),
            finished_at=parse_instant(row["finished_at"]),
            outcome=RunOutcome(row["outcome"]) if row["outcome"] else None,
            summary=row["summary"],
        )
