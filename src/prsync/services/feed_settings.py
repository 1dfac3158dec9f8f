"""A feed's settings, from what a person writes of each in an option or in a cell of an import file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from prsync.certificates.languages import LANGUAGES
from prsync.certificates.papers import PAPERS
from prsync.core.model import DEFAULT_CEILING, Scope
from prsync.core.periods import today
from prsync.core.settings import FeedSettings
from prsync.errors import InvalidValueError, UnknownRegionError
from prsync.process.clock import alike_timezone, is_timezone
from prsync.services.holidays import expect_known
from prsync.services.values import parse_date, parse_feed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from prsync.core.settings import GivenFeedSettings
    from prsync.threemanager.profile import Profile

MAX_CEILING: Final = 10**12
"""Keeps every sum of a feed's pages a number SQLite can hold."""

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

DEFAULT_METER: Final = "totalPages"
NO_HOLIDAYS: Final = "none"
NO_ACCOUNT: Final = "none"
AS_THE_BRAND: Final = "brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTexts:
    """What a person wrote of a feed's settings, by setting. What is not in `texts` was not given.

    `called` says what that person calls a setting: `--activation-date` as an option, `activation_date` as a column.
    """

    texts: Mapping[str, str]
    called: Callable[[str], str]

    def faults(self, profile: Profile) -> list[InvalidValueError]:
        """What is wrong with the settings that were given, each by itself."""
        found = []
        for setting, text in self.texts.items():
            try:
                FeedTexts(texts={setting: text}, called=self.called).given(profile)
            except InvalidValueError as error:
                found.append(error)
        return found

    def given(self, profile: Profile) -> GivenFeedSettings:
        """The settings that were given; InvalidValueError for the first that cannot be."""
        parsers: Mapping[str, Callable[[str, str], object]] = {
            "name": parse_feed_name,
            "activation_date": parse_date,
            "scope": parse_scope,
            "meter": partial(parse_meter, profile),
            "timezone": parse_timezone,
            "holidays": parse_region,
            "ceiling": parse_ceiling,
            "language": parse_language,
            "paper": parse_paper,
            "account_id": parse_account,
            "deliver_from": parse_date,
        }
        texts = self.texts
        values = {name: parse(self.called(name), texts[name]) for name, parse in parsers.items() if name in texts}
        given = cast("GivenFeedSettings", values)
        if given.get("scope") is Scope.MANAGED and not profile.tells_managed:
            reason = "its server does not tell which devices are managed (devices.managed in the API profile)"
            raise InvalidValueError(self.called("scope"), Scope.MANAGED, reason)
        return given

    def refuse_a_past_that_is_not_kept(self, profile: Profile, given: GivenFeedSettings, today: date) -> None:
        """InvalidValueError for an activation date in the past at a server that has no history."""
        if not profile.has_history and given.get("activation_date", today) < today:
            reason = "its server has no history (history in the API profile): the first day can be today or later"
            raise InvalidValueError(self.called("activation_date"), self.texts["activation_date"], reason)

    def settings(self, profile: Profile, now: datetime, local_timezone: str) -> FeedSettings:
        """A new feed's settings; what was not given has its default. InvalidValueError for one that cannot be."""
        given = self.given(profile)
        zone = given.get("timezone", local_timezone)
        self.refuse_a_past_that_is_not_kept(profile, given, today(now, zone))
        defaults = FeedSettings(
            name=None,
            activation_date=today(now, zone),
            scope=Scope.ALL,
            # A profile need not have the usual meter; then one must be given.
            meter=given.get("meter") or self._usual_meter(profile),
            timezone=zone,
            holidays=None,
            ceiling=DEFAULT_CEILING,
            deliver_from=today(now, zone) if given.get("account_id") else None,
        )
        return replace(defaults, **given)

    def _usual_meter(self, profile: Profile) -> str:
        try:
            return profile.meter(DEFAULT_METER)
        except InvalidValueError as error:
            reason = f"one must be given, for {DEFAULT_METER}, the usual one, {error.reason}"
            raise InvalidValueError(self.called("meter"), "(none)", reason) from error


def parse_scope(option: str, text: str) -> Scope:
    """`all` or `managed`."""
    try:
        return Scope(text.strip().lower())
    except ValueError as error:
        raise InvalidValueError(option, text, "is neither all nor managed") from error


def parse_timezone(option: str, text: str) -> str:
    """An IANA time zone, as Europe/Copenhagen."""
    name = text.strip()
    if not is_timezone(name):
        meant = alike_timezone(name)
        hint = f"did you mean {meant}?" if meant else "their names are as Europe/Copenhagen"
        raise InvalidValueError(option, text, f"is no time zone; {hint}")
    return name


def parse_region(option: str, text: str) -> str | None:
    """A country whose public holidays are known, or a region of it as DE-BY; `none` for no holidays."""
    # The holidays library writes codes in capitals; a person need not.
    region = text.strip().upper()
    if region == NO_HOLIDAYS.upper():
        return None
    try:
        expect_known(region)
    except UnknownRegionError as error:
        raise InvalidValueError(option, text, "is no country or region whose holidays are known") from error
    return region


def parse_ceiling(option: str, text: str) -> int:
    """Pages one device may add from one reading to the next."""
    digits = text.strip()
    # The length first: int() of a million digits takes its time.
    if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_CEILING)):
        ceiling = int(digits)
        if 0 < ceiling <= MAX_CEILING:
            return ceiling
    raise InvalidValueError(option, text, f"is not a whole number from 1 to {MAX_CEILING}")


def parse_language(option: str, text: str) -> str | None:
    """The language of a customer's certificates; `brand` for the issuer's."""
    return _one_of(option, text, tuple(LANGUAGES))


def parse_paper(option: str, text: str) -> str | None:
    """The paper of a customer's certificates; `brand` for the issuer's."""
    return _one_of(option, text, PAPERS)


def parse_account(option: str, text: str) -> str | None:
    """The id of an account at PrintReleaf; `none` for none."""
    account_id = text.strip()
    if account_id.lower() == NO_ACCOUNT:
        return None
    if not _UUID.fullmatch(account_id):
        raise InvalidValueError(option, text, "is no account's id; prsync printreleaf accounts lists them")
    # As PrintReleaf writes it, so that two feeds of one account say the same.
    return account_id.lower()


def _one_of(option: str, text: str, known: Sequence[str]) -> str | None:
    word = text.strip().lower()
    if word == AS_THE_BRAND:
        return None
    if word not in known:
        raise InvalidValueError(option, text, f"is none of {', '.join(known)}, and not {AS_THE_BRAND}")
    return word


def parse_meter(profile: Profile, option: str, text: str) -> str:
    """A meter that the server's API profile knows, in its spelling."""
    try:
        return profile.meter(text.strip())
    except InvalidValueError as error:
        raise InvalidValueError(option, text, error.reason) from error
