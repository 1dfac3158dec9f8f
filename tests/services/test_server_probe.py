"""The probe of a server: what it says of answers that fit the profile, that do not, and that mean harm."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from prsync.cli.show_probe import WIDTH, probe_lines
from prsync.core.settings import ServerSettings
from prsync.errors import LoginRefusedError, ServerError, UnreachableError
from prsync.services.probe_course import ProbeRequest, probe
from prsync.threemanager.profile import Profile
from prsync.threemanager.raw_answer import RawAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from prsync.services.probe_report import ProbeReport

DAY = date(2026, 11, 24)
URL = "https://3manager.example"
CUSTOMERS = [{"organizationId": f"c-{number}", "name": f"Confidential {number} Ltd"} for number in range(3)]


def device(number: int, day: date, **others: Any) -> dict[str, Any]:
    """A device that prints ten pages a day."""
    count = 1000 * number + 10 * day.toordinal()
    counters = {"totalPages": count, "totalBw": count - 7}
    read_at = f"{day}T21:15:00Z"
    return {"deviceId": f"d-{number}", "managed": number > 1, "lastReadAt": read_at, "counters": counters, **others}


def reply(document: Any, status: int = 200, *, media_type: str = "application/json", **headers: str) -> RawAnswer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return RawAnswer("GET", "/asked", status, {"Content-Type": media_type, **headers}, body, URL)


def page(rows: list[Any], **beside: Any) -> RawAnswer:
    return reply({"items": rows, "nextPage": None, **beside})


@dataclass
class Scripted:
    """A server that a test scripts. `device_answer` is given the organization's id and the day."""

    customers: RawAnswer = field(default_factory=lambda: page(CUSTOMERS))
    device_answer: Callable[[str, date | None], RawAnswer] = lambda _id, day: page(
        [device(number, day or DAY) for number in range(1, 5)]
    )
    second: RawAnswer = field(default_factory=lambda: page([]))
    """The part after the first, of either list."""
    login_error: ServerError | None = None
    token_answer: RawAnswer | None = None
    asked: list[tuple[str, date | None]] = field(default_factory=list)

    def log_in(self) -> None:
        self.token_answer = self.token_answer or reply({"access_token": "SECRETTOKEN", "expires_in": 3600})
        if self.login_error:
            raise self.login_error

    def organizations(self, *, after: int = 0) -> RawAnswer:
        return self.second if after else self.customers

    def devices(
        self,
        organization_id: str,
        day: date | None,
        timezone: str,  # noqa: ARG002  as Asks
        *,
        after: int = 0,
    ) -> RawAnswer:
        if after:
            return self.second
        self.asked.append((organization_id, day))
        return replace(self.device_answer(organization_id, day), path=f"/organizations/{organization_id}/devices")


def probed(server: Scripted, profile: str = "", *, organization: str | None = None, name: str | None = None) -> Any:
    request = ProbeRequest(
        settings=ServerSettings(name=URL, url=URL, username="prsync@example"),
        server=name,
        day=DAY,
        timezone="UTC",
        organization=organization,
    )
    return probe(server, Profile.parse(profile), request)


def misfits(report: ProbeReport) -> list[str]:
    return [key.key for key in report.keys if key.is_misfit]


def found(report: ProbeReport, key: str) -> str:
    return next(f"{one.fit.value}: {one.found}" for one in report.keys if one.key == key)


def shown(report: ProbeReport) -> str:
    return "\n".join(probe_lines(report))


def test_a_server_that_fits_is_to_be_registered_next() -> None:
    report = probed(Scripted())
    assert (report.fits, report.changes) == (True, [])
    assert report.command == f"prsync server add NAME --url {URL} --username prsync@example"
    assert shown(report).endswith(f"What to do next\n  Everything fits.\n\n    {report.command}")
    assert found(report, "history.style") == "fits: heeded: counters differ between the two days"
    assert found(report, "devices.managed") == "fits: managed in 3 of 4 rows, not managed in 1"
    assert "  items[].counters.totalPages   4 of 4  number, different in every row" in shown(report)


def test_the_two_days_are_a_week_apart_so_that_no_weekend_makes_them_alike() -> None:
    server = Scripted()
    probed(server)
    assert server.asked == [("c-0", DAY), ("c-0", date(2026, 11, 17))]


def test_a_registered_server_that_fits_is_ready_for_feeds() -> None:
    assert probed(Scripted(), name="main").command == "prsync server organizations main"


OTHER_NAMES: dict[str, Any] = {
    "organizations": {
        "result": {"customers": [{"id": row["organizationId"], "title": row["name"]} for row in CUSTOMERS]}
    },
    "devices": lambda day: {
        "printers": [
            {
                "asset": {"printerGuid": f"g-{number}", "serviceId": f"s-{number}"},
                "managementStatus": "Managed" if number > 3 else "Unmanaged",
                "lastAudit": f"/Date({(day - date(1970, 1, 1)).days * 86_400_000})/",
                "readings": [
                    {"type": "totalPages", "amount": number * 1000 + day.toordinal(), "unitId": 5},
                    {"type": "totalBw", "amount": 7, "unitId": 5},
                ],
            }
            for number in range(1, 7)
        ],
        "paging": {"totalCount": 6},
    },
}


def other_server() -> Scripted:
    return Scripted(
        customers=reply(OTHER_NAMES["organizations"]),
        device_answer=lambda _id, day: reply(OTHER_NAMES["devices"](day or DAY)),
    )


def test_a_server_that_fits_nowhere_is_fitted_by_the_lines_that_the_probe_proposes() -> None:
    report = probed(other_server())
    assert not report.fits
    assert {"organizations.rows", "organizations.id", "devices.rows", "devices.id", "devices.managed"} <= set(
        misfits(report)
    )
    # What was guessed is used to go on.
    assert found(report, "history.style") == "fits: heeded: counters differ between the two days"
    changes = "\n".join(report.changes)
    assert 'rows = ["result.customers"]' in changes
    assert 'id = "asset.printerGuid"' in changes
    assert 'managed = "managementStatus"' in changes
    assert 'at = "readings"\nname = "type"\nvalue = "amount"' in changes
    assert 'managed_values = [true, 1, "true", "Managed"]' in changes
    assert 'read_at = "lastAudit"\nread_at_format = "dotnet"' in changes
    second = probed(other_server(), changes)
    assert (second.fits, misfits(second)) == (True, [])
    assert found(second, "history.style") == "fits: heeded: counters differ between the two days"


def test_what_a_customer_must_not_be_recognised_by_is_shown_nowhere() -> None:
    rows = [
        device(
            number,
            DAY,
            customer="Confidential",
            location="Secretstreet",
            status="Active",
            note=f"private {number}",
            owner={"alias": "Confidential"},
        )
        for number in range(1, 5)
    ]
    keyed = {f"Person{number} Private": {"pages": number} for number in range(5)}
    server = Scripted(device_answer=lambda _id, _day: page(rows, byPerson=keyed))
    report = probed(server)
    text = shown(report) + json.dumps(report.document())
    assert "items[].status" in text
    assert "Active" in text
    for private in (
        "Confidential",
        "Secretstreet",
        "private",
        "Private",
        "c-0",
        "d-1",
        "SECRETTOKEN",
        DAY.isoformat() + "T",
    ):
        assert private not in text, private
    assert "byPerson{}.pages" in text


def _unwrapped(report: ProbeReport) -> str:
    return " ".join(shown(report).split())


@pytest.mark.parametrize(
    ("answer", "words", "is_key"),
    [
        (reply({"message": "no"}, 401), "it does not take the login", False),
        (reply({"message": "no"}, 403), "this user may not see it", False),
        (reply({"message": "no"}, 404), "status 404: nothing is at this path", True),
        (reply(b"<html>oops</html>", 500, media_type="text/html"), "an error of the server's own", False),
        (reply(b"<!DOCTYPE html><p>Log in", media_type="text/html; charset=utf-8"), "a web page and no JSON", True),
        (reply(b"", 302, Location="https://login.example/"), "it sends on to another address", True),
        (reply(b"\xff\xfe", media_type=""), "no JSON", True),
        (reply(b""), "an empty answer", True),
        (reply({"message": "date?"}, 400), "it does not understand the question", True),
    ],
    ids=["401", "403", "404", "500", "HTML", "redirect", "no JSON", "empty", "400"],
)
def test_an_answer_of_no_use_is_told_with_what_it_may_come_from(answer: RawAnswer, words: str, *, is_key: bool) -> None:
    report = probed(Scripted(customers=answer))
    assert not report.fits
    assert _unwrapped(report).count(words) == 1 + (not is_key)
    assert (misfits(report) == ["organizations.path"]) is is_key
    report = probed(Scripted(device_answer=lambda _id, _day: answer))
    assert not report.fits
    assert _unwrapped(report).count(words) == 1 + (not is_key)
    assert (misfits(report) == ["devices.path"]) is is_key


def test_a_refused_login_is_told_with_the_fields_of_its_answer_and_no_more() -> None:
    error = LoginRefusedError(URL, "prsync@example", "status 400")
    # Of another answer these texts would be shown.
    answer = {"error": "Secret", "detail": {"hint": "Secret"}, "causes": [{"kind": "Secret"}] * 3}
    server = Scripted(login_error=error, token_answer=reply(answer, 400))
    report = probed(server)
    assert (report.fits, [answer.title for answer in report.answers]) == (False, ["Token"])
    assert report.summary == f"Token: {error}"
    assert "status 400, application/json" in shown(report)
    assert "detail.hint" in shown(report)
    assert "Secret" not in shown(report) + json.dumps(report.document())


def test_a_server_that_gives_no_answer_is_told_as_everywhere() -> None:
    error = UnreachableError(URL, "connection refused; is the URL right, does the server run?")
    report = probed(Scripted(login_error=error, token_answer=None))
    assert str(error) in report.summary


def test_a_user_who_sees_no_organization_is_told_so_and_an_organization_can_be_given() -> None:
    report = probed(Scripted(customers=page([])))
    assert "this user sees no organization" in report.summary
    server = Scripted(customers=page([]))
    assert probed(server, organization="4711").fits
    assert server.asked[0] == ("4711", DAY)


def test_an_organization_that_is_not_listed_is_not_blamed_on_the_path() -> None:
    def unknown(organization_id: str, _day: date | None) -> RawAnswer:
        return reply({}, 404) if organization_id == "Acme" else page([device(1, DAY)])

    report = probed(Scripted(device_answer=unknown), organization="Acme")
    assert (report.fits, misfits(report)) == (False, [])
    assert "there may be no organization of the id that was given" in report.summary
    listed = probed(Scripted(device_answer=lambda _id, _day: reply({}, 404)), organization="c-1")
    assert misfits(listed) == ["devices.path"]


def test_a_question_that_is_not_understood_is_told_with_its_parameters() -> None:
    refused = replace(reply({}, 400), asked=("page=1", "pageSize=200"))
    report = probed(Scripted(customers=refused))
    assert found(report, "organizations.path").endswith("understand the question (page=1, pageSize=200)")
    assert "the path may be right and a parameter not. In the profile parts of it are asked for by" in report.advice[0]
    assert (
        "a day by date (history), written as %Y-%m-%d; many servers want %Y-%m-%dT"
        in (probed(Scripted(device_answer=lambda _id, _day: refused)).advice[0])
    )


def test_a_server_without_the_usual_meter_asks_for_one_with_each_feed() -> None:
    def other_meter(_id: str, day: date | None) -> RawAnswer:
        rows = [device(number, day or DAY) for number in range(1, 5)]
        return page([{**row, "counters": {"printTotal": row["counters"]["totalPages"]}} for row in rows])

    report = probed(Scripted(device_answer=other_meter))
    assert report.fits
    assert report.advice[1].endswith("no device has a count of it. Give each feed a --meter, such as printTotal.")


def test_counts_on_the_device_itself_are_named_for_a_person_to_choose() -> None:
    def fields(_id: str, day: date | None) -> RawAnswer:
        rows = [device(number, day or DAY) for number in range(1, 5)]
        return page([{**row, "counters": {}, "total": row["counters"]["totalPages"], "year": 2020} for row in rows])

    report = probed(Scripted(device_answer=fields), '[counters]\nstyle = "fields"')
    assert misfits(report) == ["meters.names"]
    assert "meters.names: of these numbers of a device, leave those that count pages." in report.advice
    assert report.changes == ["[meters]", 'names = ["total", "year"]']


def test_the_command_to_register_says_where_the_password_came_from() -> None:
    request = ProbeRequest(
        settings=ServerSettings(name=URL, url=URL, username="prsync", password_command="pass secret"),
        server=None,
        day=DAY,
        timezone="UTC",
    )
    report = probe(Scripted(), Profile.load(None), request)
    assert report.command == f"prsync server add NAME --url {URL} --username prsync --password-command CMD"


def test_a_range_that_is_heeded_has_no_readings_from_before_it() -> None:
    def months_ago(_id: str, day: date | None) -> RawAnswer:
        rows = [device(number, (day or DAY) - timedelta(days=60)) for number in range(1, 5)]
        return page(rows)

    report = probed(Scripted(device_answer=months_ago), '[history]\nstyle = "range"')
    assert misfits(report) == ["history.style"]
    assert found(report, "history.style").endswith(
        "8 rows of the two answers are readings from before the day asked for"
    )
    assert probed(Scripted(device_answer=months_ago)).fits  # as of a day, a reading may be old


def test_one_id_in_every_row_of_a_range_is_a_question() -> None:
    def models(_id: str, day: date | None) -> RawAnswer:
        return page([{**device(number, day or DAY), "model": "C250"} for number in range(1, 5)])

    report = probed(Scripted(device_answer=models), '[history]\nstyle = "range"\n[devices]\nid = "model"')
    assert "devices.id: all 4 rows have the same model; is that one device, read so often?" in report.advice


def test_meters_of_a_list_are_proposed_where_they_stand_in_several_rows() -> None:
    def listed(_id: str, day: date | None) -> RawAnswer:
        rows = [device(number, day or DAY) for number in range(1, 5)]
        counts = [{"Code": "LIFE", "Value": 5}, {"Code": "MONO", "Value": 4}]
        rows = [{**row, "counters": None, "Meters": counts} for row in rows]
        rows[0]["Meters"] = [*counts, {"Code": "Confidential", "Value": 3}]
        return page(rows)

    report = probed(Scripted(device_answer=listed))
    assert 'names = ["LIFE", "MONO"]' in report.changes


def test_a_customer_without_devices_is_passed_over() -> None:
    server = Scripted()
    given = server.device_answer
    server.device_answer = lambda customer, day: page([]) if customer == "c-0" else given(customer, day)
    assert probed(server).fits
    assert server.asked[-1] == ("c-1", date(2026, 11, 17))
    nobody = Scripted(device_answer=lambda _id, _day: page([]))
    assert "the first 3 organizations had no device" in probed(nobody).summary


def test_a_day_that_is_not_heeded_is_found_by_readings_from_after_it() -> None:
    server = Scripted(device_answer=lambda _id, _day: page([device(number, DAY) for number in (1, 2)]))
    report = probed(server)
    assert misfits(report) == ["history.style"]
    assert "not heeded: asked for 2026-11-17" in found(report, "history.style")
    assert 'style = "none"' in report.changes
    assert "history.day" in shown(report)


def test_two_days_that_are_alike_prove_nothing() -> None:
    quiet = [device(1, date(2026, 11, 1))]
    report = probed(Scripted(device_answer=lambda _id, _day: page(quiet)))
    assert report.fits
    assert "both days' answers are alike" in found(report, "history.style")
    assert report.advice[0] == "Everything fits, as far as prsync can tell:"
    assert report.advice[1].startswith("history: the answers for 2026-11-17 and a week later are alike.")


def test_a_day_that_a_server_refuses_is_left_out_to_see_what_it_has_otherwise() -> None:
    def answer(_id: str, day: date | None) -> RawAnswer:
        return reply({"message": "unknown parameter"}, 400) if day else page([device(1, DAY)])

    report = probed(Scripted(device_answer=answer))
    assert misfits(report) == ["history.style"]
    assert "asked for a day it answers status 400, without one 200" in found(report, "history.style")
    assert found(report, "devices.id").startswith("fits")


@pytest.mark.parametrize(
    ("beside", "profile", "words"),
    [
        ({}, "", "fits: the end is told by nextPage; the first answer is the last"),
        ({"nextPage": 2}, "", "fits: the end is told by nextPage; there are more pages"),
        ({}, '[paging]\nnext = "more"', "page=2 was empty: these rows were all"),
        ({"hasMore": True}, "", "does not fit: by hasMore there is more than the 4 rows"),
        ({"total": 9}, '[paging]\nstyle = "none"', "does not fit: by total there is more than the 4 rows"),
        ({"next": "abc"}, '[paging]\nstyle = "cursor"', "does not fit: by next there is more than the 4 rows"),
        ({"nextToken": "abc"}, '[paging]\nstyle = "cursor"\nnext = "next"', "does not fit: by nextToken there is"),
        (
            {"total": 9},
            '[paging]\nnext = "more"',
            "page=2 was empty: these rows were all",
        ),
        ({}, '[paging]\nstyle = "none"', "fits: all rows are expected in one answer"),
        ({"total": 4}, '[paging]\nnext = ""\ntotal = "total"', "fits: the end is told by total"),
    ],
)
def test_it_says_how_paging_ends(beside: dict[str, Any], profile: str, words: str) -> None:
    def answer(_id: str, day: date | None) -> RawAnswer:
        return page([device(number, day or DAY) for number in range(1, 5)], **beside)

    report = probed(Scripted(device_answer=answer), profile)
    told = [f"{key.fit.value}: {key.found}" for key in report.keys if key.key.startswith("devices.paging")]
    assert any(words in one for one in told), told


def four_devices(_id: str, day: date | None) -> RawAnswer:
    """Rows and nothing beside them."""
    return reply([device(number, day or DAY) for number in range(1, 5)])


SAME, OTHER = [device(number, DAY) for number in range(1, 5)], [device(9, DAY)]


@pytest.mark.parametrize(
    ("second", "profile", "words", "fits"),
    [
        (page([]), "", "so prsync asks on until a page is empty; page=2 was empty: these rows were all", True),
        (page(OTHER), "", "so prsync asks on until a page is empty; page=2 gave other rows", True),
        (page(SAME), "", "guessed: nothing tells the end, and page=2 gave the same rows once more: it is not", True),
        (page(SAME), 'style = "offset"\nnumber = "skip"\nfirst = 0', "and skip=4 gave the same rows once more", True),
        (reply({}, 400), "", "does not fit: nothing tells the end, and to page=2 the server gives no answer of", False),
        (reply(b"<html>"), "", "does not fit: nothing tells the end, and to page=2 the server gives no answer", False),
    ],
    ids=["empty", "other rows", "the same rows", "the same rows by offset", "refused", "a web page"],
)
def test_where_nothing_tells_the_end_the_second_part_is_asked_for(
    second: RawAnswer, profile: str, words: str, fits: bool
) -> None:
    server = Scripted(
        customers=reply({"items": CUSTOMERS, "nextPage": None}),
        device_answer=four_devices,
        second=second,
    )
    report = probed(server, f"[devices.paging]\n{profile}" if profile else "")
    told = [f"{key.fit.value}: {key.found}" for key in report.keys if key.key.startswith("devices.paging")]
    assert any(words in one for one in told), told
    assert report.fits is fits


def test_rows_that_may_not_be_all_are_a_question_for_a_person() -> None:
    report = probed(Scripted(device_answer=four_devices, second=page(SAME)))
    assert report.fits
    fits, question, *_ = report.advice
    assert fits == "Everything fits, as far as prsync can tell:"
    assert question == (
        "devices.paging: page=2 gave the same rows once more: it is not heeded. If the 4 rows that came are all there"
        ' are, set style = "none"; if not, set style, number and next to how the next part is asked for.'
    )


def fifty_devices(_id: str, day: date | None) -> RawAnswer:
    return reply([device(number, day or DAY) for number in range(1, 51)])


def test_as_many_rows_as_a_server_may_give_at_most_do_not_pass_for_all() -> None:
    again = reply([device(number, DAY) for number in range(1, 51)])
    report = probed(Scripted(device_answer=fifty_devices, second=again))
    assert not report.fits
    assert found(report, "devices.paging.style").endswith("50 rows may be all that the server gives at once")
    assert 'set style = "none"; if not, set style, number and next' in " ".join(report.advice)


NEXT_LINK = {"@odata.nextLink": f"{URL}/asked?$skiptoken=4"}


@pytest.mark.parametrize(
    ("beside", "profile", "changes"),
    [
        (NEXT_LINK, 'next = "@odata.nextLink"', ['style = "link"']),
        (NEXT_LINK, "", ['next = "@odata.nextLink"', 'style = "link"']),
        (NEXT_LINK, 'style = "none"\nnext = "@odata.nextLink"', ['next = "@odata.nextLink"', 'style = "link"']),
        (NEXT_LINK | {"@odata.count": 9}, "", ['next = "@odata.nextLink"', 'style = "link"']),
        ({"_links": {"next": {"href": "/asked?p=2"}}}, "", ['next = "_links.next.href"', 'style = "link"']),
        ({"links": [{"rel": "next", "href": "/asked?p=2"}]}, "", []),
        ({"nextCursor": "abc"}, "", ['next = "nextCursor"', 'style = "cursor"']),
        ({"next": 2}, 'style = "link"\nnext = "next"', ['style = "page"']),
        ({"next": "/asked?page=2"}, 'next = "next"', None),
        ({"next": "/asked?page=2"}, 'style = "link"\nnext = "next"', None),
    ],
)
def test_a_sign_of_more_is_proposed_with_the_style_that_follows_it(
    beside: dict[str, Any], profile: str, changes: list[str] | None
) -> None:
    def answer(_id: str, day: date | None) -> RawAnswer:
        return reply({"items": [device(number, day or DAY) for number in range(1, 5)], **beside})

    report = probed(Scripted(device_answer=answer, second=page(SAME)), f"[devices.paging]\n{profile}")
    assert (report.fits, report.changes) == (
        changes is None,
        [] if not changes else ["[devices.paging]", *changes],
    )


def test_a_list_of_customers_that_goes_on_by_a_sign_does_not_fit() -> None:
    server = Scripted(customers=reply({"value": CUSTOMERS, **NEXT_LINK}), second=reply({"value": CUSTOMERS}))
    report = probed(server)
    assert not report.fits
    assert report.changes == ["[organizations.paging]", 'next = "@odata.nextLink"', 'style = "link"']


def deep(levels: int) -> Any:
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    "document",
    [
        deep(300),
        {f"name{number % 50}x{number // 50}": [{"a": 1}] for number in range(5000)},
        [{f"{letter}{number}": number for number in range(90) for letter in "abcdefghij"}],
        {"items": [{"\x1b[2Jname\n": "\x1b]0;title\x07", "x" * 5000: 1, "a.b": {"c": 2}}]},
        {"items": ["text", 5, None, [[[[[]]]]]]},
        {"items": [{"counters": {"\u202ea": 1, "": 2}}, {}]},
        [],
        None,
        True,
        "text",
        17,
        {},
        {"items": None},
        {"items": {"4711": {"a": 1}, "4712": {"a": 2}, "4713": {"a": 3}}},
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_whatever_an_answer_holds_the_lines_are_printable_few_and_narrow(document: Any) -> None:
    for server in (Scripted(customers=reply(document)), Scripted(device_answer=lambda _id, _day: reply(document))):
        report = probed(server)
        lines = list(probe_lines(report))
        assert all(line.isprintable() for line in lines)
        assert len(lines) < 300
        assert [line for line in lines if len(line) > WIDTH and not line.startswith("    ")] == []
        assert len(json.dumps(report.document())) < 2_000_000


@pytest.mark.long
def test_a_row_of_very_many_names_takes_no_ages() -> None:
    rows = [{f"n{place}x{number}": number for number in range(20_000)} for place in range(20)]
    report = probed(Scripted(device_answer=lambda _id, _day: reply(rows)))
    assert "devices.id" in misfits(report)


def test_readings_of_a_range_may_name_a_device_more_than_once() -> None:
    server = Scripted(device_answer=lambda _id, day: page([device(1, day or DAY), device(1, day or DAY)]))
    assert misfits(probed(server)) == ["devices.id"]
    assert probed(server, '[history]\nstyle = "range"').fits


def test_an_answer_that_is_a_list_is_its_own_rows_and_a_server_may_want_no_token() -> None:
    server = Scripted(
        customers=reply(CUSTOMERS), device_answer=lambda _id, day: reply([device(1, day or DAY), device(2, day or DAY)])
    )
    report = probed(server, '[auth]\ngrant = "basic"\n[paging]\nstyle = "none"')
    assert report.fits
    assert found(report, "devices.rows") == "fits: the answer is a list of 2 rows"
    assert "  [].deviceId              2 of 2  text, different in every row" in shown(report)
    assert "none is asked for: each request carries the password (auth.grant basic)" in shown(report)


def test_devices_of_all_customers_in_one_answer_need_no_list_of_customers() -> None:
    profile = '[organizations]\npath = ""\n[devices]\npath = "/devices"\norganization_id = "owner"'
    server = Scripted(device_answer=lambda _id, day: page([device(1, day or DAY, owner="x")]))
    report = probed(server, profile)
    assert report.fits
    assert found(report, "devices.organization_id") == "fits: in every row"
