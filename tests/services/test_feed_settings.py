"""What a person may write of a feed's settings, and what each is taken for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.services.running import NOW, texts

from prsync.core.model import DEFAULT_CEILING, Scope
from prsync.core.settings import FeedSettings
from prsync.errors import InvalidValueError
from prsync.services.feed_settings import FeedTexts
from prsync.services.values import NAME_LENGTH
from prsync.threemanager.profile import Meters, Profile

PROFILE = Profile.load(None)


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        ("name", "  Ærø Færger ", "Ærø Færger"),
        ("name", "n" * NAME_LENGTH, "n" * NAME_LENGTH),
        ("activation_date", " 2026-11-02", date(2026, 11, 2)),
        ("activation_date", "1990-01-01", date(1990, 1, 1)),
        ("activation_date", "2999-12-31", date(2999, 12, 31)),
        ("scope", "Managed", Scope.MANAGED),
        ("scope", "all ", Scope.ALL),
        ("meter", "TOTAL_PAGES", "totalPages"),
        ("meter", " totalbw ", "totalBw"),
        ("timezone", " Europe/Copenhagen", "Europe/Copenhagen"),
        ("holidays", "dk", "DK"),
        ("holidays", " de-by ", "DE-BY"),
        ("holidays", "None", None),
        ("ceiling", "1", 1),
        ("ceiling", " 0040 ", 40),
        ("ceiling", "1000000000000", 10**12),
    ],
)
def test_a_setting_is_read_as_it_is_meant(setting: str, text: str, value: object) -> None:
    assert texts(**{setting: text}).given(PROFILE) == {setting: value}


NAME = "a name is one line of 1 to 200 printable characters"
DATE = "is not a date; write it as 2026-11-24"
REGION = "is no country or region whose holidays are known"
CEILING = "is not a whole number from 1 to 1000000000000"
ZONE = "is no time zone; their names are as Europe/Copenhagen"


@pytest.mark.parametrize(
    ("setting", "text", "reason"),
    [
        ("name", " ", NAME),
        ("name", "n" * (NAME_LENGTH + 1), NAME),
        ("name", "two\nlines", NAME),
        ("name", "Bog\tTryk", NAME),
        ("activation_date", "tomorrow", DATE),
        ("activation_date", "2026-02-30", DATE),
        ("activation_date", "20261101", DATE),
        ("activation_date", "2026-W45-1", DATE),
        ("activation_date", "2026-11-1", DATE),
        ("activation_date", "", DATE),
        ("activation_date", "0001-01-01", "is not between 1990-01-01 and 2999-12-31"),
        ("activation_date", "1989-12-31", "is not between 1990-01-01 and 2999-12-31"),
        ("activation_date", "3000-01-01", "is not between 1990-01-01 and 2999-12-31"),
        ("scope", "some", "is neither all nor managed"),
        ("meter", "pages", "is none of meters.names in the API profile: totalPages, totalBw, "),
        ("timezone", "Mars/Base", ZONE),
        ("timezone", "", ZONE),
        ("timezone", "localtime", ZONE),
        ("timezone", "../../etc/passwd", ZONE),
        ("holidays", "XX", REGION),
        ("holidays", "DE-XX", REGION),
        ("timezone", "europe/copenhagen", "is no time zone; did you mean Europe/Copenhagen?"),
        ("timezone", "America/new york", "is no time zone; did you mean America/New_York?"),
        ("holidays", "DE-", REGION),
        ("holidays", "NYSE", REGION),  # a stock exchange
        ("holidays", "bank", REGION),  # a constant of the library
        ("holidays", "MON", REGION),
        ("holidays", "", REGION),
        ("ceiling", "0", CEILING),
        ("ceiling", "-1", CEILING),
        ("ceiling", "abc", CEILING),
        ("ceiling", "1.5", CEILING),
        ("ceiling", "٣", CEILING),
        ("ceiling", "1000000000001", CEILING),
        ("ceiling", "9" * 30, CEILING),
    ],
)
def test_what_cannot_be_is_refused_with_the_option_and_the_reason(setting: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        texts(**{setting: text}).given(PROFILE)
    assert refused.value.option == f"--{setting.replace('_', '-')}"
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_setting_is_called_as_the_person_calls_it() -> None:
    in_a_file = FeedTexts(texts={"activation_date": "tomorrow"}, called=str)
    with pytest.raises(InvalidValueError, match=r"^activation_date tomorrow: "):
        in_a_file.given(PROFILE)


def test_what_was_not_given_is_no_change() -> None:
    assert texts().given(PROFILE) == {}


def test_a_new_feed_has_the_defaults_of_what_was_not_given() -> None:
    evening = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert texts(timezone="Pacific/Auckland").settings(PROFILE, evening, "UTC") == FeedSettings(
        name=None,
        activation_date=date(2026, 11, 24),  # there it is the next day already
        scope=Scope.ALL,
        meter="totalPages",
        timezone="Pacific/Auckland",
        holidays=None,
        ceiling=DEFAULT_CEILING,
    )


def test_where_a_profile_lacks_the_usual_meter_one_must_be_given() -> None:
    other = PROFILE.model_copy(update={"meters": Meters(names=["pagesTotal"])})
    with pytest.raises(
        InvalidValueError,
        match=r"--meter \(none\): one must be given, for totalPages, the usual one, is none of .*: pagesTotal",
    ):
        texts().settings(other, NOW, "UTC")
    assert texts(meter="pagestotal").settings(other, NOW, "UTC").meter == "pagesTotal"
