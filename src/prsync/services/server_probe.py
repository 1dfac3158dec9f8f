"""Probes a server: asks what prsync asks, and compares each answer with the API profile. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.periods import last_closed_day
from prsync.credentials.passwords import from_command, password_of
from prsync.errors import InvalidValueError
from prsync.services.probe_course import ProbeRequest, probe
from prsync.services.values import parse_date
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from prsync.core.settings import ServerChanges, ServerSettings
    from prsync.credentials.passwords import Secret
    from prsync.services.probe_report import ProbeReport
    from prsync.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant at which the command runs, and the time zone whose days count."""

    now: datetime
    timezone: str


def probe_registered(
    ledger: Ledger, name: str, changes: ServerChanges, *, organization: str | None, day: str | None, moment: Moment
) -> ProbeReport:
    """Probe the server of that name, with another profile where `changes` have one."""
    settings = ledger.servers.named(name).settings
    asked_day = _day(day, moment)
    secret = password_of(settings)
    return _probe_with(replace(settings, **changes), secret, name, organization, asked_day, moment, bool(changes))


def probe_new(
    settings: ServerSettings,
    ask_password: Callable[[], Secret],
    *,
    organization: str | None,
    day: str | None,
    moment: Moment,
) -> ProbeReport:
    """Probe a server that is not registered yet. `ask_password` is called where no command prints the password."""
    asked_day = _day(day, moment)
    command = settings.password_command
    secret = ask_password() if command is None else from_command(settings.name, command)
    return _probe_with(settings, secret, None, organization, asked_day, moment)


def _probe_with(
    settings: ServerSettings,
    secret: Secret,
    server: str | None,
    organization: str | None,
    day: date,
    moment: Moment,
    tries_profile: bool = False,
) -> ProbeReport:
    from prsync.threemanager.probe_client import ProbeClient

    profile = Profile.load(settings.profile)
    request = ProbeRequest(
        settings=settings,
        server=server,
        tries_profile=tries_profile,
        day=day,
        timezone=moment.timezone,
        organization=organization,
    )
    with ProbeClient(settings, secret, profile) as client:
        return probe(client, client.profile, request)


def _day(text: str | None, moment: Moment) -> date:
    """The day to ask for, yesterday where none is given; InvalidValueError for one that is not over."""
    yesterday = last_closed_day(moment.now, moment.timezone)
    if text is None:
        return yesterday
    day = parse_date("--day", text)
    if day > yesterday:
        raise InvalidValueError("--day", text, f"is not over yet; the last day that is is {yesterday}")
    return day
