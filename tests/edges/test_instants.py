"""When a reading was made, however a server writes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prsync.threemanager.instants import instant_of

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-02T12:00:00Z",
        "2026-11-02T12:00:00+00:00",
        "2026-11-02T13:00:00+01:00",
        "2026-11-03T01:00:00.000+13:00",
        " 2026-11-02T12:00:00Z ",
        "2026-11-02 12:00:00Z",
        "2026-11-02t12:00:00z",
        "2026-11-02T12:00:00.0000000Z",
    ],
)
def test_one_instant_is_the_same_however_it_is_written(raw: str) -> None:
    assert instant_of(raw, "iso", "Pacific/Auckland") == NOON


def test_an_instant_that_names_no_zone_is_one_of_the_profiles() -> None:
    assert instant_of("2026-11-02T13:00:00", "iso", "Europe/Copenhagen") == NOON


@pytest.mark.parametrize(
    ("raw", "written_as"),
    [
        (1793620800, "seconds"),
        ("1793620800", "seconds"),
        (1793620800000, "milliseconds"),
        ("/Date(1793620800000)/", "dotnet"),
        ("/Date(1793620800000+0200)/", "dotnet"),
        ("02.11.2026 12:00", "%d.%m.%Y %H:%M"),
        ("2026-11-02T12:00:00+0000", "%Y-%m-%dT%H:%M:%S%z"),
    ],
)
def test_an_instant_is_read_as_the_profile_says(raw: object, written_as: str) -> None:
    assert instant_of(raw, written_as, "UTC") == NOON


@pytest.mark.parametrize("written_as", ["iso", "seconds", "milliseconds", "dotnet", "%d.%m.%Y"])
@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "yesterday",
        "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        True,
        10**40,
        "NaN",
        "1e999999999",
        {"at": "2026-11-02T12:00:00Z"},
        ["2026-11-02T12:00:00Z"],
    ],
)
def test_what_names_no_instant_counts_as_absent(raw: object, written_as: str) -> None:
    assert instant_of(raw, written_as, "UTC") is None
