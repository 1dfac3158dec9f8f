"""Rows of the ledger as values: what a service reads and the command line shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from prsync.core.decisions import pages_accepting_adds
from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, Health, Rule, Scope, Watermarked
from prsync.core.settings import ServerSettings
from prsync.core.utc import utc_text
from prsync.store.columns import day, instant

if TYPE_CHECKING:
    from collections.abc import Mapping


class Record:
    """A row, and the JSON document of it whose keys are the column names."""

    def document(self) -> dict[str, object]:
        """The row as JSON has it: days and instants as text, flags as booleans."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: _plain(getattr(self, field.name)) for field in fields}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


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
    health: Health
    health_error: str | None
    health_checked_at: datetime | None
    health_changed_at: datetime | None
    created_at: datetime

    @property
    def settings(self) -> ServerSettings:
        """What a person has said of it."""
        return ServerSettings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(ServerSettings)})

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value of a row of `servers`."""
        return cls(
            **{name: row[name] for name in ("id", "name", "url", "username", "client_id", "password_command")},
            ca_bundle=row["ca_bundle"],
            profile=row["profile"],
            health=Health(row["health"]),
            health_error=row["health_error"],
            health_checked_at=instant(row["health_checked_at"]),
            health_changed_at=instant(row["health_changed_at"]),
            created_at=datetime.fromisoformat(row["created_at"]),
        )


@dataclass(frozen=True, slots=True)
class Feed(Watermarked, Record):
    """A customer's organization, connected."""

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

    @property
    def rule(self) -> Rule:
        """By what this feed counts from the first day on that is not deposited yet."""
        return Rule(self.meter, self.scope)

    @property
    def deposited_rule(self) -> Rule | None:
        """The rule of the last deposit."""
        if self.deposited_meter is None or self.deposited_scope is None:
            return None
        return Rule(self.deposited_meter, self.deposited_scope)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value of a row of `feeds` joined with its server's name."""
        as_they_are = ("id", "server_id", "server", "name", "organization_id", "organization_name", "meter")
        return cls(
            **{name: row[name] for name in (*as_they_are, "timezone", "holidays", "ceiling", "deposited_meter")},
            activation_date=day(row["activation_date"]),
            scope=Scope(row["scope"]),
            paused=bool(row["paused"]),
            synced_through=day(row["synced_through"]),
            looked_through=day(row["looked_through"]),
            last_data_at=instant(row["last_data_at"]),
            health=Health(row["health"]),
            health_checked_at=instant(row["health_checked_at"]),
            health_changed_at=instant(row["health_changed_at"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            deposited_scope=Scope(row["deposited_scope"]) if row["deposited_scope"] else None,
            joining_from=day(row["joining_from"]) if row["joining_from"] else None,
            sync_health=Health(row["sync_health"]),
        )


@dataclass(frozen=True, slots=True)
class StoredAnomaly(Record):
    """A reading held back, with what a person needs to decide about it."""

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

    @property
    def accepting_adds(self) -> int | None:
        """Pages that accepting it would add to the next deposit; None where it cannot be accepted (any more)."""
        return pages_accepting_adds(self.anomaly, self.latest_count)

    @property
    def anomaly(self) -> Anomaly:
        """The ledger's own value of it."""
        return Anomaly(self.device_id, self.date, self.kind, self.count, self.read_at, self.state, self.settled_on)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value of a row of `anomalies` joined with its feed's and server's names and the device's LatestCount."""
        return cls(
            **{name: row[name] for name in ("id", "feed_id", "feed", "server", "device_id", "count", "latest_count")},
            date=day(row["date"]),
            kind=AnomalyKind(row["kind"]),
            read_at=instant(row["read_at"]),
            state=AnomalyState(row["state"]),
            resolved_at=instant(row["resolved_at"]),
            settled_on=day(row["settled_on"]) if row["settled_on"] else None,
        )


@dataclass(frozen=True, slots=True)
class Certificate(Record):
    """A certificate as issued. `trees` has two places, `facts` is the JSON of all that is printed on it."""

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

    @property
    def feed(self) -> str:
        """The feed's name as it is printed; the feed itself may be called otherwise by now, or be removed."""
        return str(json.loads(self.facts)["feed"])

    def document(self) -> dict[str, object]:
        """The row as JSON has it, with the feed's name, and the facts as a document of their own."""
        return {**Record.document(self), "feed": self.feed, "facts": json.loads(self.facts)}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value of a row of `certificates`."""
        named = {field.name: row[field.name] for field in dataclasses.fields(cls)}
        named.update(provisional=bool(row["provisional"]), issued_at=datetime.fromisoformat(row["issued_at"]))
        return cls(**named)


@dataclass(frozen=True, slots=True)
class Run(Record):
    """One run of a command that leaves a trace: a line of what the last nights were like."""

    id: int
    command: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    summary: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value of a row of `runs`."""
        return cls(
            row["id"],
            row["command"],
            datetime.fromisoformat(row["started_at"]),
            instant(row["finished_at"]),
            row["outcome"],
            row["summary"],
        )
