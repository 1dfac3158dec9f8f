"""The client of PrintReleaf's API, against a simulated one over real HTTPS."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from prsync import __version__
from prsync.core.delivery import RemoteDeposit
from prsync.core.settings import PrintReleafSettings
from prsync.credentials.passwords import Secret
from prsync.demo.printreleaf_simulator import PrintReleafSimulator
from prsync.demo.traffic import Answer
from prsync.errors import (
    BrokenConnectionError,
    KeyRefusedError,
    PrintReleafAnswerError,
    PrintReleafRefusedError,
    ServerError,
    UnreachableError,
    UntrustedCertificateError,
    UnusableAnswerError,
)
from prsync.printreleaf.assumptions import Assumptions
from prsync.printreleaf.deposit_client import AT_ONCE, DepositClient, PrintReleafManners
from prsync.printreleaf.resources import Account, instant_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = "0a0a-1"
DAY = date(2026, 11, 24)


@pytest.fixture
def there(tmp_path: Path) -> Iterator[PrintReleafSimulator]:
    with PrintReleafSimulator({ACCOUNT: "Acme"}, folder=tmp_path) as simulator:
        yield simulator


def client_of(
    there: PrintReleafSimulator, *, key: str | None = None, manners: PrintReleafManners = AT_ONCE, **differs: object
) -> DepositClient:
    settings = PrintReleafSettings(url=there.url, ca_bundle=str(there.ca_bundle))
    assumptions = Assumptions.load(None).model_copy(update=differs)
    key = there.api.key if key is None else key
    return DepositClient(settings, Secret(key), assumptions, manners=manners, timeouts=(2, 1), sleep=lambda _: None)


def test_a_deposit_is_made_found_listed_and_deleted(there: PrintReleafSimulator) -> None:
    with client_of(there) as client:
        assert client.accounts() == [Account(ACCOUNT, "Acme")]
        made = client.make_deposit(ACCOUNT, DAY, 120)
        assert (made.day, made.pages) == (DAY, 120)
        assert client.deposit(ACCOUNT, made.remote_id) == made
        assert client.deposits(ACCOUNT) == [made]
        client.delete_deposit(ACCOUNT, made.remote_id)
        assert client.deposit(ACCOUNT, made.remote_id) is None
        assert client.deposits(ACCOUNT) == []
    assert {request.user_agent for request in there.requests} == {f"prsync/{__version__} (The prsync project)"}


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_the_key_is_sent_as_said(there: PrintReleafSimulator, auth: str) -> None:
    with client_of(there, auth=auth) as client:
        assert client.accounts()
    with client_of(there, auth=auth, key="another") as client, pytest.raises(KeyRefusedError, match="Invalid API key"):
        client.accounts()


@pytest.mark.parametrize("key", ["", "two words", "kæy", "line\nbreak"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(there: PrintReleafSimulator, key: str) -> None:
    with pytest.raises(KeyRefusedError) as raised:
        client_of(there, key=key)
    assert key not in str(raised.value) or not key


@pytest.mark.parametrize(("form", "sent"), [("instant", "2026-11-24T12:00:00Z"), ("day", "2026-11-24")])
def test_the_day_is_sent_as_said(there: PrintReleafSimulator, form: str, sent: str) -> None:
    with client_of(there, date=form) as client:
        client.make_deposit(ACCOUNT, DAY, 1)
    assert there.api.deposits[0]["date"] == sent


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2026-11-24T12:00:00Z", DAY),
        ("2026-11-24t12:00:00z", DAY),
        ("2026-11-24T23:30:00-02:00", date(2026, 11, 25)),
        ("2026-11-25T01:30:00+02:00", DAY),
        ("2026-11-24T12:00:00.123456789Z", DAY),
        ("2026-11-24", DAY),
        ("2026-11-24 12:00:00 UTC", DAY),
        ("2026-11-24T12:00:00", DAY),
        ("0001-01-01T00:00:00+14:00", None),
        ("24/11/2026", None),
        ("", None),
        (None, None),
        (1795521600, None),
        (True, None),
    ],
)
def test_the_utc_day_of_an_instant(raw: object, day: date | None) -> None:
    instant = instant_of(raw)
    assert (instant.date() if instant else None) == day


@pytest.mark.parametrize(
    ("pages", "read"), [(120, 120), ("120", 120), (120.0, 120), (None, None), (1.5, None), (True, None), ("many", None)]
)
def test_pages_as_servers_write_them(there: PrintReleafSimulator, pages: object, read: int | None) -> None:
    there.api.make(ACCOUNT, 1, "2026-11-24")["pages"] = pages
    with client_of(there) as client:
        assert [one.pages for one in client.deposits(ACCOUNT)] == [read]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Pages is required."}, "Pages is required."),
        ({"error": "No such thing"}, "No such thing"),
        ({"message": "", "error": ["a", "b"]}, "a, b"),
        ({"message": "two\n lines \x1b[31m"}, "two lines"),
        ({}, "it does not say why"),
        ([], "it does not say why"),
    ],
)
def test_an_error_is_told_in_its_own_words(there: PrintReleafSimulator, body: object, said: str) -> None:
    there.answer_with(lambda _: True, Answer(status=422, alter=lambda _: body))
    with client_of(there) as client, pytest.raises(PrintReleafRefusedError) as raised:
        client.make_deposit(ACCOUNT, DAY, 1)
    assert f"with status 422: {said}" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=500), UnusableAnswerError),
        (Answer(status=302, headers={"Location": "https://elsewhere.example/"}), UnusableAnswerError),
        (Answer(status=409), UnusableAnswerError),
        (Answer(body=b"<html>"), PrintReleafAnswerError),
        (Answer(alter=lambda _: []), PrintReleafAnswerError),
        (Answer(alter=lambda made: {**made, "id": ""}), PrintReleafAnswerError),
        (Answer(alter=lambda made: {**made, "id": True}), PrintReleafAnswerError),
        (Answer(cut=True), BrokenConnectionError),
    ],
)
def test_what_leaves_open_whether_it_was_made(
    there: PrintReleafSimulator, answer: Answer, kind: type[ServerError]
) -> None:
    there.answer_with(lambda _: True, answer)
    with client_of(there) as client, pytest.raises(kind):
        client.make_deposit(ACCOUNT, DAY, 1)
    assert len(there.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_deposit_is_not_sent_again_after_an_error_of_the_servers_own(
    there: PrintReleafSimulator, status: int
) -> None:
    """Not even where it says when: by default urllib3 would, after 503."""
    there.answer_with(lambda _: True, Answer(status=status, headers={"Retry-After": "1"}))
    with client_of(there, manners=PrintReleafManners()) as client, pytest.raises(UnusableAnswerError):
        client.make_deposit(ACCOUNT, DAY, 1)
    assert len(there.requests) == 1


def test_a_list_is_asked_for_again(there: PrintReleafSimulator) -> None:
    there.answer_with(lambda _: True, Answer(status=503), times=2)
    with client_of(there, manners=PrintReleafManners()) as client:
        assert client.deposits(ACCOUNT) == []
    assert len(there.requests) == 3


def test_the_next_page_of_a_link_header_is_read_and_the_key_goes_to_no_other_host(there: PrintReleafSimulator) -> None:
    for number in range(150):
        there.api.make(ACCOUNT, number + 1, "2026-11-24")
    there.api.is_paged = True

    def link(target: str) -> Answer:
        return Answer(headers={"Link": f'<{target}>; rel="next"'})

    there.answer_with(lambda request: not request.query, link(f"/v1/accounts/{ACCOUNT}/deposits?page=2"))
    with client_of(there) as client:
        assert len(client.deposits(ACCOUNT)) == 150
    there.answer_normally()
    there.answer_with(lambda _: True, link("https://[x"))
    with client_of(there) as client, pytest.raises(PrintReleafAnswerError, match="its next page is no URL"):
        client.deposits(ACCOUNT)
    there.answer_normally()
    there.answer_with(lambda _: True, link("https://elsewhere.example/v1/x"))
    with client_of(there) as client, pytest.raises(PrintReleafAnswerError, match="on another host"):
        client.deposits(ACCOUNT)


def test_pages_that_a_server_does_not_number_come_to_an_end(there: PrintReleafSimulator) -> None:
    there.api.make(ACCOUNT, 7, "2026-11-24")
    with client_of(there, page="p") as client:
        assert len(client.deposits(ACCOUNT)) == 1
    assert len(there.requests) == 2


def test_what_is_deleted_is_not_listed_nor_found(there: PrintReleafSimulator) -> None:
    made = there.api.make(ACCOUNT, 7, "2026-11-24")
    made["deleted"] = True
    with client_of(there) as client:
        assert client.deposits(ACCOUNT) == []
        assert client.deposit(ACCOUNT, made["id"]) is None


def test_ids_are_quoted_in_a_path(there: PrintReleafSimulator) -> None:
    with client_of(there) as client, pytest.raises(PrintReleafRefusedError):
        client.make_deposit("../accounts", DAY, 1)
    assert there.requests[0].path == "/v1/accounts/../accounts/deposits"
    assert not there.api.deposits


def test_an_answer_need_not_repeat_the_pages(there: PrintReleafSimulator) -> None:
    there.answer_with(lambda _: True, Answer(alter=lambda made: {"id": made["id"]}))
    with client_of(there) as client:
        made = client.make_deposit(ACCOUNT, DAY, 1)
    assert made == RemoteDeposit(there.api.deposits[0]["id"], None, None)


def test_nobody_there_and_a_certificate_that_is_not_trusted_are_told_apart(
    there: PrintReleafSimulator, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    with PrintReleafSimulator({}, folder=other):
        settings = PrintReleafSettings(url=there.url, ca_bundle=str(other / "ca.pem"))
        client = DepositClient(settings, Secret("k"), Assumptions.load(None), manners=AT_ONCE)
        with client, pytest.raises(UntrustedCertificateError):
            client.accounts()
    there.stop()
    with client_of(there) as client, pytest.raises(UnreachableError):
        client.accounts()


def test_nothing_is_sent_but_over_https() -> None:
    settings = PrintReleafSettings(url="http://127.0.0.1:1/v1")
    with pytest.raises(UnreachableError, match="sends nothing but over HTTPS"):
        DepositClient(settings, Secret("k"), Assumptions.load(None))


def test_a_connection_that_comes_at_the_second_try_and_is_cut_leaves_it_open(there: PrintReleafSimulator) -> None:
    """What was said of the first try must not be said of the second: it may be there."""
    there.stop()
    there.answer_with(lambda _: True, Answer(cut=True))
    settings = PrintReleafSettings(url=there.url, ca_bundle=str(there.ca_bundle))
    client = DepositClient(
        settings,
        Secret(there.api.key),
        Assumptions.load(None),
        timeouts=(2, 1),
        sleep=lambda _: there.start() if not there.is_running else None,
    )
    with client, pytest.raises(BrokenConnectionError):
        client.make_deposit(ACCOUNT, DAY, 1)
    assert len(there.api.deposits) == 1


@pytest.mark.parametrize("date", ["instant", "day"])
def test_a_deposit_that_is_dated_as_prsyncs_are_is_known_by_its_time_of_day(
    there: PrintReleafSimulator, date: str
) -> None:
    with client_of(there, date=date) as client:
        client.make_deposit(ACCOUNT, DAY, 120)
        assert [one.is_dated_as_ours for one in client.deposits(ACCOUNT)] == [True]
    with client_of(there, date="day" if date == "instant" else "instant") as client:
        assert [one.is_dated_as_ours for one in client.deposits(ACCOUNT)] == [False]
