"""The server health check step by step, each named as it passes or fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from prsync.core.model import Scope
from prsync.core.periods import last_closed_day
from prsync.errors import (
    CredentialError,
    InputError,
    PrsyncError,
    TlsError,
    UnreachableError,
    UntrustedCertificateError,
    error_line,
)
from prsync.services.server_access import day_of_organizations
from prsync.threemanager.query import DevicesQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from prsync.core.model import Organization
    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed
    from prsync.threemanager.client import ThreeManager

STEPS: Final = ("password", "URL", "TLS", "token", "organizations")
"""The steps of access, in which each needs the one before."""

DATA_STEPS: Final = ("devices", "history")
"""The steps after them: they ask about one organization."""

_DAYS_BACK: Final = 7
"""For a day that is so long over, a reading from after it shows that the day is not heeded."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the check; `error` is None where it passed, `skipped` says why it was not made."""

    name: str
    error: str | None = None
    skipped: str | None = None

    def document(self) -> dict[str, object]:
        """The step as `server check --json` has it."""
        return {"step": self.name, "ok": self.error is None, "error": self.error, "skipped": self.skipped}


def check_server(
    ledger: Ledger, name: str, connect: Connect, now: datetime, local_timezone: str = "UTC"
) -> Iterator[Step]:
    """Check the server of that name, step by step, and record what the last step of access found.

    Devices and history say nothing of the server's health: they are one organization's.
    """
    server = ledger.servers.named(name)
    feed = next((feed for feed in ledger.feeds.of_server(server.id) if feed.is_active), None)
    last = None
    data_steps = partial(_data_steps, feed, now, local_timezone)
    for step in steps(lambda: connect(server), data_steps, as_of=day_of_organizations(now)):
        last = step if step.name not in DATA_STEPS else last
        yield step
    ledger.servers.record_health(server, last.error if last else None, now)


def steps(
    connect: Callable[[], ThreeManager],
    data_steps: Callable[[ThreeManager, list[Organization]], Iterator[Step]] | None = None,
    *,
    as_of: date | None = None,
) -> Iterator[Step]:
    """Go through the steps until one fails; that one is the last. `data_steps` come after those of access.

    `as_of` as in ThreeManager.organizations.
    """
    passed = 0
    try:
        with connect() as client:
            yield Step("password")
            passed = 1
            client.log_in()
            yield from map(Step, ("URL", "TLS", "token"))
            passed = 4
            organizations = client.organizations(as_of)
            yield Step("organizations")
            if data_steps is not None:
                yield from data_steps(client, organizations)
    except InputError as error:  # of all settings, only the file of a profile can have gone bad since
        yield Step("profile", error_line(error))
    except PrsyncError as error:
        failed = max(STEPS.index(_failed_step(error)), passed)  # it may also vanish between two steps
        yield from map(Step, STEPS[passed:failed])
        yield Step(STEPS[failed], error_line(error))


def _data_steps(
    feed: Feed | None, now: datetime, local_timezone: str, client: ThreeManager, organizations: list[Organization]
) -> Iterator[Step]:
    """Ask for devices as of yesterday and as of a week before: of a feed, else of the first organization."""
    if feed is None and not organizations:
        yield from (Step(name, skipped="this user sees no organization") for name in DATA_STEPS)
        return
    timezone = feed.timezone if feed else local_timezone
    yesterday = last_closed_day(now, timezone)
    query = DevicesQuery(
        organization_id=feed.organization_id if feed else organizations[0].organization_id,
        day=yesterday,
        meter=feed.meter if feed else client.profile.meters.names[0],
        scope=feed.scope if feed else Scope.ALL,
        timezone=timezone,
        is_yesterday=True,
    )
    whose = f"feed {feed.name}" if feed else "the first organization"
    devices = _asked("devices", whose, client, query)
    yield devices
    if devices.error is not None:
        return
    if not client.has_history:
        yield Step("history", skipped="the API profile says that the server has none")
        return
    earlier = replace(query, day=yesterday - timedelta(days=_DAYS_BACK), is_yesterday=False)
    yield _asked("history", whose, client, earlier)


def _asked(name: str, whose: str, client: ThreeManager, query: DevicesQuery) -> Step:
    try:
        readings = client.devices(query)
    except PrsyncError as error:
        return Step(name, f"{whose}: {error_line(error)}")
    # An empty answer is right for a customer without devices, and for a question that asks for nothing.
    return Step(name) if readings else Step(name, skipped=f"{whose} has no device on {query.day}, which proves nothing")


def _failed_step(error: PrsyncError) -> str:
    """The step at which an error stands; those before it have passed, for each needs the one before."""
    if isinstance(error, CredentialError):
        return "password"
    if isinstance(error, UnreachableError):
        return "URL"
    if isinstance(error, UntrustedCertificateError | TlsError):
        return "TLS"
    return "token"
