"""The course of a probe: what is asked after which answer, and what each answer is compared with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from prsync.core.text import quantity
from prsync.errors import PrsyncError, error_line
from prsync.services.feed_settings import DEFAULT_METER
from prsync.services.probe_advice import advice_for, next_command
from prsync.services.probe_notes import Asks, Notes
from prsync.services.probe_report import ProbedAnswer, ProbeReport
from prsync.threemanager.address import at, normalised
from prsync.threemanager.counter_fit import fit_counters, meter_counts
from prsync.threemanager.day_fit import DAYS_BETWEEN, fit_day
from prsync.threemanager.describe import describe
from prsync.threemanager.device_fields import is_usable_id
from prsync.threemanager.fit import FoundRows, fit_devices, fit_organizations, fit_rows
from prsync.threemanager.guessed_profile import with_guesses
from prsync.threemanager.key_fit import Fit, KeyFit
from prsync.threemanager.paging_fit import fit_paging, fit_second_part, is_untold
from prsync.threemanager.rows import rows_of
from prsync.threemanager.shown_texts import words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from prsync.core.settings import ServerSettings
    from prsync.threemanager.profile import Profile
    from prsync.threemanager.raw_answer import RawAnswer
    from prsync.threemanager.rows import Answer, Row

    AskOn = Callable[[int], RawAnswer]
    """Asks for the part after a first one of so many rows."""

_NOT_FOUND: Final = 404
_NO_SUCH_ORGANIZATION: Final = (
    "there may be no organization of the id that was given; it is not among those of the answer above."
    " Leave out --organization to see whether devices.path is right"
)
_METERS_NAMED: Final = 5

_ORGANIZATIONS_TRIED: Final = 5
"""The first customers may have no device yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRequest:
    """What a person wants to have probed. `organization` None: the first that has devices; `day`: the later one."""

    settings: ServerSettings
    server: str | None
    """The name under which it is registered; None where it is not."""
    day: date
    timezone: str
    organization: str | None = None
    tries_profile: bool = False
    """Whether a registered server is probed by another profile than its own."""


def probe(asks: Asks, profile: Profile, request: ProbeRequest) -> ProbeReport:
    """Probe a server; whatever goes wrong there is in the report."""
    report = ProbeReport(url=request.settings.url, profile=request.settings.profile)
    hidden = words_of([request.settings.username, request.organization or ""])
    _Probe(asks, profile, request, Notes(report, hidden)).run()
    report.advice = advice_for(report, profile)
    if report.fits:
        report.command = next_command(request.settings, request.server, tries_profile=request.tries_profile)
    return report


@dataclass(slots=True)
class _Devices:
    """One answer about devices, as far as it could be read."""

    shown: ProbedAnswer
    ask_on: AskOn
    answer: Answer | None = None
    found: FoundRows | None = None

    @property
    def rows(self) -> list[Row]:
        return (self.found.rows if self.found else None) or []

    @property
    def has_rows(self) -> bool:
        return bool(self.rows)

    @property
    def is_without_rows(self) -> bool:
        """Whether it is the answer of a customer who has no device."""
        return self.found is not None and self.found.rows == []


@dataclass(slots=True)
class _Probe:
    asks: Asks
    profile: Profile
    request: ProbeRequest
    notes: Notes
    is_listed: bool = False
    """Whether the organization that was given is among those that the first answer lists."""

    def run(self) -> None:
        if self._log_in() and (ids := self._customers()):
            self._devices(ids)

    def _log_in(self) -> bool:
        shown = self.notes.begin("Token")
        if not self.profile.auth.needs_token:
            shown.note = f"none is asked for: each request carries the password (auth.grant {self.profile.auth.grant})"
            return True
        try:
            self.asks.log_in()
        except PrsyncError as error:
            shown.problem = error_line(error)
        if (raw := self.asks.token_answer) is not None:
            self.notes.head(shown, raw, self.profile.auth.token)
            self.notes.described(shown, raw, shows_texts=False)
        if shown.problem is None:
            says = self.profile.auth
            found = f"the server lets {self.request.settings.username} in"
            shown.keys.append(KeyFit(key="auth.token", says=says.token, fit=Fit.FITS, found=found))
        return shown.problem is None

    def _customers(self) -> list[str]:
        """The ids of the customers to ask for devices, one after another; [] where none can be asked."""
        if not self.profile.organizations.path:
            shown = self.notes.begin("Organizations")
            shown.note = 'not asked for: organizations.path is "", the devices say whose they are'
            return [self.request.organization or ""]
        listed = self._ask_organizations()
        if (given := self.request.organization) is None:
            return listed[:_ORGANIZATIONS_TRIED]
        self.is_listed = given in listed
        return [given]

    def _ask_organizations(self) -> list[str]:
        shown = self.notes.begin("Organizations")
        says = self.profile.organizations
        answer = self.notes.answer(shown, "organizations.path", says.path, self.asks.organizations)
        if answer is None:
            return []
        self.notes.hide_texts_of(answer.document, shown)
        found = fit_rows(answer.document, says.rows, describe(answer.document), "organizations.rows")
        shown.keys.append(found.fit)
        if found.rows is None:
            return []
        shown.rows = len(found.rows)
        if found.assumed:
            shown.note = f"read on as if organizations.rows were {found.assumed}"
        if found.rows:
            shown.keys += fit_organizations(found.rows, self.profile)
            shown.keys += self._fit_paging(
                answer, found, "organizations", lambda rows: self.asks.organizations(after=rows)
            )
            return self._ids_in(found.rows, shown)
        if not self.request.organization:
            shown.problem = "this user sees no organization; let 3manager show it some, or give --organization ID"
        return []

    def _ids_in(self, rows: list[Row], shown: ProbedAnswer) -> list[str]:
        fit = next(key for key in shown.keys if key.key == "organizations.id")
        address = fit.could_be[0] if fit.is_misfit and fit.could_be else fit.says
        if address != fit.says:
            shown.note = "; ".join(filter(None, [shown.note, f"the ids were taken from {address}, by a guess"]))
        values = [at(row, address) for row in rows]
        return [str(value).strip() for value in values if is_usable_id(value)]

    def _devices(self, ids: list[str]) -> None:
        chosen, *others = ids
        later, earlier = self._ask_devices(chosen, self.request.day), None
        while others and later.is_without_rows:
            # The next customer's answer takes its place.
            self.notes.report.answers.remove(later.shown)
            chosen, *others = others
            later = self._ask_devices(chosen, self.request.day)
        if later.answer is None:
            later = self._without_a_day(chosen, later)
        elif self.profile.has_history:
            earlier = self._ask_devices(chosen, self.request.day - timedelta(days=DAYS_BETWEEN))
        self._judge(later, earlier, tried=len(ids))

    def _ask_devices(self, organization_id: str, day: date | None) -> _Devices:
        shown = self.notes.begin(f"Devices on {day}" if day and self.profile.has_history else "Devices")
        says = self.profile.devices
        zone = self.request.timezone
        answer = self.notes.answer(
            shown, "devices.path", says.path, lambda: self.asks.devices(organization_id, day, zone)
        )
        asked = _Devices(shown, lambda rows: self.asks.devices(organization_id, day, zone, after=rows), answer)
        if answer is None and shown.status == _NOT_FOUND and self.request.organization and not self.is_listed:
            # The path may be right: the list does not have the organization that was given.
            shown.keys.clear()
            shown.problem = f"status {_NOT_FOUND}: {_NO_SUCH_ORGANIZATION}"
        if answer is not None:
            asked.found = fit_rows(answer.document, says.rows, describe(answer.document), "devices.rows")
            shown.rows = None if asked.found.rows is None else len(asked.found.rows)
            if asked.found.assumed:
                shown.note = f"read on as if devices.rows were {asked.found.assumed}"
        return asked

    def _without_a_day(self, organization_id: str, refused: _Devices) -> _Devices:
        """The answer without a day, where the one with a day is refused: it may be the day that is not understood."""
        if not self.profile.has_history or refused.shown.status is None:
            return refused
        asked = self._ask_devices(organization_id, None)
        asked.shown.title = "Devices, without a day"
        if asked.answer is None:
            self.notes.report.answers.remove(asked.shown)
            return refused
        refused.shown.keys.clear()
        refused.shown.problem = None
        found = f"asked for a day it answers status {refused.shown.status}, without one {asked.shown.status}"
        refused.shown.keys.append(
            KeyFit(
                key="history.style", says=self.profile.history.style, fit=Fit.MISFIT, found=found, could_be=("none",)
            )
        )
        return asked

    def _fit_paging(
        self, answer: Answer, found: FoundRows, table: Literal["organizations", "devices"], ask_on: AskOn
    ) -> list[KeyFit]:
        """How a list's paging fits. Where nothing in its first part tells the end, the second is asked for as well."""
        says = self.profile.organizations if table == "organizations" else self.profile.devices
        rows = found.rows or []
        fits = fit_paging(answer, len(rows), says.paging, f"{table}.paging")
        if is_untold(fits[0], len(rows), says.paging):
            with suppress(PrsyncError):  # without an answer nothing more is known
                raw = ask_on(len(rows))
                second = _rows_of(raw, [found.assumed] if found.assumed else says.rows)
                fits = fit_second_part(fits, answer, rows, second, raw.status, says.paging)
        return fits

    def _judge(self, later: _Devices, earlier: _Devices | None, *, tried: int) -> None:
        if later.answer is None or later.found is None:
            return
        best = later if later.has_rows or earlier is None or not earlier.has_rows else earlier
        shown, rows = best.shown, best.rows
        if best.found is not None:
            shown.keys.append(best.found.fit)
        if rows:
            shown.keys += fit_devices(rows, self.profile, self.notes.hidden)
            shown.keys += _fit_meters(rows, self.profile)
        elif best.found is not None and best.found.rows is not None:
            shown.problem = _no_devices(tried, self.request.organization)
        if best.answer is not None and best.found is not None and best.found.rows is not None:
            shown.keys += self._fit_paging(best.answer, best.found, "devices", best.ask_on)
        if earlier is not None:
            self._judge_day(later, earlier)

    def _judge_day(self, later: _Devices, earlier: _Devices) -> None:
        if [line.address for line in later.shown.fields] == [line.address for line in earlier.shown.fields]:
            earlier.shown.same_fields_as = later.shown.title
            earlier.shown.fields = []
        day = self.request.day - timedelta(days=DAYS_BETWEEN)
        if earlier.answer is None:
            if not earlier.shown.keys:  # no key of the profile is to blame: the problem stands as it is
                return
            found = f"asked for {day} it gives no answer of use (status {earlier.shown.status})"
            key = KeyFit(
                key="history.style", says=self.profile.history.style, fit=Fit.MISFIT, found=found, could_be=("none",)
            )
            earlier.shown.keys, earlier.shown.problem = [key], None
            return
        if later.has_rows or earlier.has_rows:
            earlier.shown.keys.append(
                fit_day(
                    earlier.rows,
                    later.rows,
                    with_guesses(self.profile, self.notes.report.keys),
                    day,
                    self.request.timezone,
                )
            )


def _fit_meters(rows: Sequence[Row], profile: Profile) -> list[KeyFit]:
    """How the counters fit, and whether the meter is there that a feed counts where it names none."""
    fits, counts = fit_counters(rows, profile), meter_counts(rows, profile)
    usual = any(number and normalised(meter) == normalised(DEFAULT_METER) for meter, number in counts.items())
    names = next((fit for fit in fits if fit.key == "meters.names" and not fit.is_misfit), None)
    if usual or names is None:
        return fits
    there = [meter for meter in profile.meters.names if counts.get(meter)][:_METERS_NAMED]
    question = (
        f"meters: a feed counts {DEFAULT_METER} unless its --meter names another, and no device has a count of it."
        f" Give each feed a --meter, such as {', '.join(there)}."
    )
    fits[fits.index(names)] = replace(names, fit=Fit.GUESSED, question=question if there else None)
    return fits


def _rows_of(raw: RawAnswer, addresses: Sequence[str]) -> list[Row] | None:
    """The rows of an answer; None where it has none that prsync could read."""
    with suppress(ValueError, PrsyncError):
        return rows_of(raw.answer().document, addresses, "") if raw.is_ok else None
    return None


def _no_devices(tried: int, given: str | None) -> str:
    whose = "this organization has" if given else f"the first {quantity(tried, 'organization')} had"
    return f"{whose} no device. Nothing can be said of the devices' keys; give --organization ID of one that has some"
