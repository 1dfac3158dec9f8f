"""How the keys of a profile fit some rows, and what is proposed where one does not."""

from __future__ import annotations

from typing import Any

import pytest

from prsync.threemanager.candidates import columns, could_be_id, could_be_read_at, format_of, only_number
from prsync.threemanager.counter_fit import fit_counters, meter_counts
from prsync.threemanager.counter_places import counter_places
from prsync.threemanager.fit import CUSTOMER_WORDS, DEVICE_WORDS, fit_devices, fit_organizations
from prsync.threemanager.key_fit import Fit
from prsync.threemanager.profile import Profile

BUILT_IN = Profile.load(None)


def fits(rows: list[dict[str, Any]], profile: Profile = BUILT_IN) -> dict[str, tuple[str, str, tuple[Any, ...]]]:
    return {one.key: (one.fit.value, one.found, one.could_be) for one in fit_devices(rows, profile)}


def test_an_id_must_be_in_every_row_and_differ_in_each() -> None:
    assert fits([{"deviceId": "a"}, {"DEVICE_ID": 5}])["devices.id"][0] == "fits"
    fit, found, _ = fits([{"deviceId": "a"}, {"deviceId": " a "}])["devices.id"]
    assert (fit, found) == ("does not fit", "in every row, but 1 of 2 rows repeat another's")
    fit, found, _ = fits([{"deviceId": "a"}, {"deviceId": ""}, {"deviceId": None}])["devices.id"]
    assert (fit, found) == ("does not fit", "an id in 1 of 3 rows; empty text in 1, null in 1")


def test_a_service_id_is_never_proposed_as_a_devices_id() -> None:
    rows = [
        {"serviceId": f"s{number}", "id": number, "siteId": 1, "printer": {"guid": f"g{number}"}} for number in (1, 2)
    ]
    assert could_be_id(columns(rows), DEVICE_WORDS) == ["printer.guid", "id"]
    assert could_be_id(columns([{"serviceId": "a"}, {"serviceId": "b"}]), DEVICE_WORDS) == []
    assert could_be_id(columns([{"kundenr": "a", "x": 1}, {"kundenr": "b", "x": 2}]), CUSTOMER_WORDS) == ["kundenr"]


def test_a_customers_name_may_be_called_by_what_a_customer_is() -> None:
    rows = [{"organizationId": f"c-{number}", "Company": f"Company {number}"} for number in range(3)]
    names = {one.key: one for one in fit_organizations(rows, BUILT_IN)}["organizations.name"]
    assert names.could_be == ("Company",)


def test_a_number_that_differs_in_every_row_is_the_id_where_nothing_is_called_so() -> None:
    rows = [{"what": 17, "title": "A", "open": 1}, {"what": 18, "title": "B", "open": 1}]
    assert only_number(columns(rows)) == ["what"]
    assert only_number(columns([{"a": 1, "b": 3}, {"a": 2, "b": 4}])) == []
    assert only_number(columns([{"a": True}, {"a": False}])) == []
    (found, _) = fit_organizations(rows, BUILT_IN)
    assert (found.fit, found.could_be) == (Fit.MISFIT, ("what",))


@pytest.mark.parametrize(
    ("value", "written_as"),
    [
        ("2026-11-24T08:00:00.1234567Z", "iso"),
        ("/Date(1790000000000)/", "dotnet"),
        (1790000000000, "milliseconds"),
        (1790000000, "seconds"),
        ("1790000000", "seconds"),
        ("24.11.2026 08:00", "%d.%m.%Y %H:%M"),
        ("11/24/2026 8:00:00 AM", "%m/%d/%Y %I:%M:%S %p"),
        ("yesterday", None),
        (123456, None),
        (True, None),
        (None, None),
    ],
)
def test_how_an_instant_is_written_is_found_out(value: Any, written_as: str | None) -> None:
    assert format_of([value]) == written_as


def test_page_counts_and_serial_numbers_are_no_instants() -> None:
    rows = [{"pages": 120_000, "lastSeen": "2026-11-24T08:00:00Z", "readings": 1790000000, "installed": "2020-01-01"}]
    assert could_be_read_at(columns(rows)) == ["lastSeen", "readings"]


COUNTS = {"totalPages": 5, "totalBw": 4}


@pytest.mark.parametrize(
    ("row", "settings"),
    [
        ({"meters": COUNTS}, {"style": "object", "at": "meters", "name": "", "value": ""}),
        ({"x": {"y": COUNTS}}, {"style": "object", "at": "x.y", "name": "", "value": ""}),
        (
            {"meters": {name: {"count": number} for name, number in COUNTS.items()}},
            {"style": "object", "at": "meters", "name": "", "value": "count"},
        ),
        (
            {"m": [{"id": 9, "meter": name, "reading": str(number)} for name, number in COUNTS.items()]},
            {"style": "list", "at": "m", "name": "meter", "value": "reading"},
        ),
        ({"id": "a", **COUNTS}, {"style": "fields", "at": "", "name": "", "value": ""}),
        ({"pageCounts": {"mono": 5, "colour": 6}}, {"style": "object", "at": "pageCounts", "name": "", "value": ""}),
    ],
    ids=["object", "deeper", "objects", "list", "on the device", "names that nobody knows"],
)
def test_counters_are_found_wherever_they_stand(row: dict[str, Any], settings: dict[str, str]) -> None:
    assert counter_places([row], BUILT_IN.meters.names)[0].settings == settings


def test_what_is_no_counters_is_not_taken_for_them() -> None:
    row = {"position": {"x": 1, "y": 2}, "year": 2020, "supplies": [{"type": "toner", "level": 30}], "counters": {}}
    assert counter_places([row], BUILT_IN.meters.names) == []


def test_meters_that_the_profile_does_not_name_are_told_and_proposed() -> None:
    both, other = ({"counters": {**COUNTS, "tickets": 3}}, {"counters": {"mono": 5, "colour": None}})
    meters = {one.key: one for one in fit_counters([both], BUILT_IN)}["meters.names"]
    assert meters.found == "2 of the profile's 24 meters are there; also tickets"
    meters = {one.key: one for one in fit_counters([other], BUILT_IN)}["meters.names"]
    assert (meters.is_misfit, meters.could_be) == (True, (["mono", "colour"],))
    assert meter_counts([both, both, other], BUILT_IN) == {
        "totalPages": 2, "totalBw": 2, "tickets": 2, "mono": 1, "colour": 0,
    }  # fmt: skip


def test_counts_that_are_no_numbers_do_not_fit() -> None:
    fit = {one.key: one for one in fit_counters([{"counters": {"totalPages": {"v": 1}, "totalBw": 1}}], BUILT_IN)}
    assert fit["counters.style"].is_misfit
    assert fit["counters.style"].found == "1 of 2 counts are numbers or null"


def test_a_flag_that_the_profile_does_not_know_is_shown_and_only_a_plain_word_proposed() -> None:
    rows = [{"deviceId": number, "managed": "Contract" if number > 3 else "Managed"} for number in range(7)]
    fit, found, could_be = fits(rows)["devices.managed_values"]
    assert (fit, found) == ("does not fit", "7 rows of managed with another value: Contract, Managed")
    assert could_be == ([True, 1, "true", "Managed"],)
    assert fits(rows)["devices.managed"][1] == "managed in 0 of 7 rows, not managed in 0, another value in 7"
    assert "devices.unmanaged_values" not in fits(rows)


EXPORT = Profile.parse(
    '[organizations]\npath = ""\n[devices]\npath = "/all"\norganization_id = "organizationId"\nmanaged = ""'
)


def test_where_one_answer_holds_all_devices_the_customers_id_is_not_taken_for_the_devices() -> None:
    rows = [
        {"site": {"ref": f"s{number % 2}", "title": f"T{number % 2}"}, "machine": {"tag": f"t{number}"}, "name": number}
        for number in range(6)
    ]
    found = {one.key: one.could_be for one in fit_devices(rows, EXPORT)}
    assert found["devices.organization_id"] == ("site.ref",)
    assert found["devices.id"] == ("machine.tag",)
    assert found["organizations.name"] == ("site.title", "")


def test_an_id_that_all_devices_of_a_customer_have_is_no_device_s() -> None:
    rows = [
        {"organizationId": f"c{number % 2}", "deviceId": f"c{number % 2}", "name": f"N{number}"} for number in range(4)
    ]
    by_key = {one.key: one for one in fit_devices(rows, EXPORT)}
    assert by_key["devices.id"].found == "in every row, but 2 of 4 rows repeat another's"
    assert by_key["organizations.name"].found == "one customer has several names by it; is it the device's?"
    assert by_key["organizations.name"].could_be == ("",)
    shared = [{"organizationId": f"c{number % 2}", "deviceId": number // 2, "name": "N"} for number in range(4)]
    assert {one.key: one.fit for one in fit_devices(shared, EXPORT)}["devices.id"] is Fit.FITS
