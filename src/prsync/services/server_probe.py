"""Probes a server: asks what prsync asks, and compares each answer with the API profile. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.periods import last_closed_day
from prsync.credentials.passwords import Credentials, credentials_of, origins_of, read
from prsync.errors import InvalidValueError
from prsync.services.probe_course import ProbeRequest, probe
from prsync.services.servers import refuse_useless_client_secret
from prsync.services.values import parse_date
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from datetime import date, datetime

    from prsync.core.settings import ServerChanges, ServerSettings
    from prsync.services.probe_report import ProbeReport
    from prsync.services.servers import AskFor
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
    credentials = credentials_of(settings)
    return _probe_with(replace(settings, **changes), credentials, name, organization, asked_day, moment, bool(changes))


def probe_new(
    settings: ServerSettings,
    ask_for: AskFor,
    *,
    organization: str | None,
    day: str | None,
    moment: Moment,
) -> ProbeReport:
    """Probe a server that is not registered yet. A person is asked for what no command prints."""
    asked_day = _day(day, moment)
    refuse_useless_client_secret(settings)
    secrets = {
        origin.what: ask_for[origin.what]() if origin.in_keyring else read(origin) for origin in origins_of(settings)
    }
    credentials = Credentials(password=secrets["password"], client_secret=secrets.get("client secret"))
    return _probe_with(settings, credentials, None, organization, asked_day, moment)


def _probe_with(
    settings: ServerSettings,
    credentials: Credentials,
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
    with ProbeClient(settings, credentials.password, profile, client_secret=credentials.client_secret) as client:
        return probe(client, client.profile, request)


def _day(text: str | None, moment: Moment) -> date:
    """The day to ask for, yesterday where none is given; InvalidValueError for one that is not over."""
    yesterday = last_closed_day(moment.now, moment.timezone)
    if text is None:
        return yesterday
    day = parse_date("--day", text)
    if day > yesterday:
        raise InvalidValueError("--day", text, f"is not over yet; the last complete day is {yesterday}")
    return day
