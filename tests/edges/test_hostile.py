"""What a server, or whoever names a customer, might do to a terminal, a log, a spreadsheet or to our time."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.edges.acme import acme, of_devices
from tests.edges.clients import ask_for, client_of, failure_of, session_at
from tests.edges.nights import FIRST, Nights
from tests.edges.raw_server import TOKEN, RawServer, answers, http, token_then

from prsync.cli import show
from prsync.core.same_names import nearly_same_name, same_name
from prsync.core.text import escaped, is_shown, printable
from prsync.demo.traffic import Answer
from prsync.errors import InvalidValueError, ServerError, error_line
from prsync.https.document import document_of
from prsync.process import logs
from prsync.services.values import parse_name
from prsync.threemanager.client import organization_of
from prsync.threemanager.profile import Profile
from prsync.threemanager.rows import Answer as Read
from prsync.threemanager.rows import next_link, sign_of_more

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import ScriptedFleet

    from prsync.demo.simulator import Simulator
    from prsync.threemanager.session import Session

BIDI: Final = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C)]
INVISIBLE: Final = list(
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u17b4\u2800\u3164\uffa0\U000e0041\u180e"
)
PERSIAN: Final = "شرکت چاپ می\u200cخواهم"
HINDI: Final = "रक्\u200dषा"
CONTROLS: Final = [chr(code) for code in (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029)]
EVIL: Final = [
    "\x1b[2J\x1b]0;owned\x07Evil",
    "\x9b31mred",
    "A\u202egnp.exe",
    "\u2066x\u2069",
    "A\u200bB",
    "a\r\nprsync: all is well",
    "\ud800",
    "A\u3164B",
    "N" * 100_000 + "\x1b[2J",
]


@pytest.fixture
def fleet() -> ScriptedFleet:
    return acme()


@pytest.mark.parametrize("letter", BIDI + INVISIBLE + CONTROLS + ["\ud800", "\ufdd0", "\U0010ffff"])
def test_what_moves_a_cursor_turns_a_line_or_cannot_be_seen_is_not_shown(letter: str) -> None:
    assert printable(f"A{letter}B") == "A\ufffdB"
    with pytest.raises(InvalidValueError, match="printable characters"):
        parse_name("--name", f"A{letter}B")


@pytest.mark.parametrize(
    "text", ["Ærø Færger", "東京", "שלום", "مرحبا", "naïve “x”", "한국", "🖨 5", "=1+1", "e\u0301", PERSIAN, HINDI]
)
def test_what_people_write_is_shown(text: str) -> None:
    assert printable(text) == text
    assert parse_name("--name", text) == text


@pytest.mark.parametrize("evil", EVIL)
def test_no_sink_shows_a_name_raw(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    organization = organization_of({"organizationId": "1", "name": evil}, Profile.load(None), "/organizations")
    assert all(map(is_shown, organization.name.replace("\u3164", "")))
    assert is_harmless(show.cell(evil))
    show.document({"name": evil, "device": evil})
    show.facts({"name": evil})
    show.table(["name"], [[evil]])
    printed = capsys.readouterr().out
    assert is_harmless(printed)
    # To a program, it is the document it was.
    assert json.loads(printed[: printed.index("}") + 1]) == {"name": evil, "device": evil}


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("evil", EVIL[:-1])
def test_no_log_shows_a_name_raw(evil: str, log_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure(verbose=True, log_format=log_format)
    logging.getLogger("prsync").debug("feed %s", evil, extra={"feed": evil})
    logs.log_note(f"feed {evil}", feed=evil)
    logs.log_failure(f"feed {evil}")
    written = capfd.readouterr().err
    assert len(written.splitlines()) == 3
    assert is_harmless(written)
    if log_format == "json":
        assert {json.loads(line)["message"] for line in written.splitlines()} == {f"feed {evil}"}


def is_harmless(text: str) -> bool:
    return all(is_shown(letter) for letter in text if letter != "\n")


def test_an_escaped_document_is_the_same_document() -> None:
    document = {"a\u202e": ["\U000e0041", "é", "\ud800", "\x9b"]}
    written = escaped(json.dumps(document, ensure_ascii=False))
    assert "é" in written
    assert json.loads(written) == document


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "alter",
    [
        lambda evil: {"items": [{evil: 1, "deviceId": evil, "managed": evil}]},
        lambda evil: {"items": [{"deviceId": "A", "managed": True, evil: 1}]},
        lambda evil: {"items": [{"deviceId": "A", "managed": True, "counters": {evil: 1}}]},
        lambda evil: {"items": [{"deviceId": "A", "managed": evil, "counters": {"totalPages": 1}}]},
        lambda evil: {"items": [{"deviceId": "A", "managed": True, "counters": {"totalPages": evil}}]},
        lambda evil: {"items": [], f"{evil}NextLink": evil},
        lambda evil: {"items": [], "nextPage": evil},
        lambda evil: {"items": [], "nextPage": f"https://x.example/{evil}?page=1"},
    ],
)
def test_no_error_shows_raw_what_an_answer_holds(alter: Any, evil: str, simulator: Simulator, tmp_path: Path) -> None:
    from prsync.core.model import Scope

    nights = Nights(tmp_path, simulator)
    nights.add_feeds("Acme A/S", scope=Scope.MANAGED)
    # Escaped, as a body in UTF-8 could not hold half a character.
    body = json.dumps(alter(evil)).encode()
    simulator.answer_with(of_devices, Answer(body=body))
    report = nights.collect(FIRST)
    assert report.fault is None
    assert report.error is not None
    assert len(report.error) < 2000
    assert is_harmless(report.error)
    assert nights.pages() == {}


@pytest.mark.parametrize("style", ["link", "cursor"])
@pytest.mark.parametrize("evil", EVIL)
def test_no_link_or_cursor_does_harm(style: str, evil: str, tmp_path: Path) -> None:
    profile = Profile.parse(f'[paging]\nstyle = "{style}"\nnext = "next"\n')
    body = json.dumps({"items": [{"organizationId": "1"}], "next": f"/{evil}?key={evil}"}).encode()
    with RawServer(tmp_path, answers(http(TOKEN), http(body), http(b"", status="404 Not Found"))) as server:
        session = session_at(server, profile=profile)
        from prsync.threemanager.paging import Pager

        paging = profile.organizations.paging
        pager = Pager(get=session.get, paging=paging, rows=["items"], key="organizations", url=server.url)
        with pytest.raises(ServerError) as caught:
            list(pager.all_rows("/organizations", {}))
        session.close()
    assert is_harmless(error_line(caught.value))


def test_an_id_that_turns_a_line_around_is_kept_as_it_is_and_never_shown_so(
    simulator: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "A\u202eB"
    body = json.dumps({"items": [{"deviceId": evil, "managed": True, "counters": {"totalPages": 7}}]})
    simulator.answer_with(of_devices, Answer(body=body.encode()))
    with client_of(simulator) as client:
        (reading,) = client.devices(ask_for("1001", FIRST))
    assert reading.device_id == evil
    show.document({"device_id": reading.device_id})
    show.table(["device"], [[reading.device_id]])
    assert is_harmless(capsys.readouterr().out)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 3_000_000,
        b'{"items": [' * 1000 + b"1" + b"]}" * 1000,
        b'{"items": ' + b"[" * 980 + b"]" * 980 + b"}",
        b'{"items": [{"deviceId": "A", "x": ' + b"[" * 970 + b"]" * 970 + b'}], "nextPage": 2}',
        b'{"nextPage": ' + b"[" * 970 + b"]" * 970 + b', "items": [{"deviceId": "A"}]}',
        b'{"items": [{"' + b"n" * 5_000_000 + b'": 1, "deviceId": "A"}]}',
        b'{"items": [{"deviceId": 1' + b"0" * 5_000_000 + b"}]}",
        b'{"items": [{"deviceId": "A", "counters": {"totalPages": 1.' + b"1" * 5_000_000 + b"}}]}",
        b'{"items": [{"deviceId": "A", "managed": "' + b"m" * 5_000_000 + b'"}]}',
    ],
)
def test_json_of_any_depth_or_size_ends_in_one_line(body: bytes, tmp_path: Path) -> None:
    from prsync.core.model import Scope
    from prsync.threemanager.client import ThreeManager

    begun = time.process_time()
    with RawServer(tmp_path, token_then(http(body) * 2)) as server:
        from tests.edges.clients import PASSWORD, no_sleep, settings_at

        from prsync.credentials.passwords import Secret

        settings = settings_at(server.url, server.ca_bundle)
        with (
            ThreeManager(settings, Secret(PASSWORD), sleep=no_sleep) as client,
            pytest.raises(ServerError) as caught,
        ):
            client.devices(ask_for("1001", FIRST, scope=Scope.MANAGED))
    line = error_line(caught.value)
    assert is_harmless(line)
    assert len(line) < 2000
    assert time.process_time() - begun < 30


@pytest.mark.parametrize(
    "header",
    ["rel=" * 200_000, "<" * 800_000, "<a>;" * 200_000, "<a>; rel=" + "x " * 400_000, '<a>; rel="' + "next" * 200_000],
)
def test_no_header_takes_its_time(header: str) -> None:
    begun = time.process_time()
    answer = Read({"items": []}, {"Link": header, "X-Pagination": "[" * 100_000, "Content-Range": "/" * 100_000}, "")
    assert sign_of_more(answer, rows=0, pages=1, used=()) is None
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<a>; rel="next"', "a"),
        ("<a>;rel=next", "a"),
        ('<a>; REL="prev NEXT"', "a"),
        ('<p>; rel="prev", <a>; title="x"; rel="next", <l>; rel="last"', "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; rev="next"', None),
        ("a; rel=next", None),
        ("", None),
    ],
)
def test_the_next_link_of_a_header(header: str, target: str | None) -> None:
    assert next_link(header) == target


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 404 No\r\n" + b"X: " + b"\x1b[2J" * 10_000 + b"\r\n\r\n{}", b"\x1b[2J" * 999]
)
def test_no_bytes_of_an_answer_stand_in_its_error(answer: bytes, tmp_path: Path) -> None:
    with RawServer(tmp_path, token_then(answer)) as server:
        assert is_harmless(error_line(failure_of(session_at(server))))


def test_what_is_in_a_link_stays_out_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with RawServer(tmp_path, answers(http(TOKEN), http(b"[]"))) as server:
        session = session_at(server)
        with caplog.at_level(logging.DEBUG, "prsync"):
            session.get("/devices?signature=TEMPTING", {})
        session.close()
    assert "/devices" in caplog.text
    assert "TEMPTING" not in caplog.text.replace("urllib3", "")


@pytest.mark.parametrize("typed", ["Nord Vest", "Nord  Vest", " Nord\u00a0Vest ", "Nord\tVest"])
def test_f14_blanks_make_no_other_name(typed: str) -> None:
    assert same_name(typed) == same_name("Nord  Vest")


def test_a_number_is_no_document_of_thousands_of_digits() -> None:
    assert document_of(b"9" * 1_000_000).is_nan()


def log_in_and_ask(session: Session) -> None:
    session.log_in()
    session.get("/organizations", {})


@pytest.mark.parametrize("grant", ["basic", "header", "password", "client_credentials"])
@pytest.mark.parametrize("password", ["half \ud800", "two\r\nlines: x"])
def test_a_password_that_cannot_be_sent_is_no_traceback(
    grant: str, password: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    profile = Profile.parse(f'[auth]\ngrant = "{grant}"\nheader = "X-Key"\n')
    with RawServer(tmp_path, answers(http(b"", status="401 No"))) as server:
        session = session_at(server, profile=profile, password=password)
        with caplog.at_level(logging.DEBUG), pytest.raises(ServerError) as caught:
            log_in_and_ask(session)
        session.close()
    assert password.split(maxsplit=1)[0] not in error_line(caught.value) + caplog.text
    assert not any(b"lines: x" in request.partition(b"\r\n\r\n")[0] for request in server.requests)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[headers]\n"X-Tenant" = "Ærø €"\n', "headers (line 1): a header must be ASCII without control characters"),
        ('[headers]\n"X-Tenant" = "a\\r\\nb"\n', "a header must be ASCII"),
        ('[auth.headers]\n"X Tenant" = "a"\n', "is not a header's name"),
        ('[auth]\nheader = "X: y"\n', "auth.header (line 2): is not a header's name"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused_with_the_profile(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="header") as caught:
        Profile.parse(text)
    assert problem in str(caught.value)


def test_names_that_differ_in_how_their_letters_join_are_too_alike() -> None:
    assert nearly_same_name(PERSIAN) == nearly_same_name(PERSIAN.replace("\u200c", ""))
    assert nearly_same_name("A\u200cB") != nearly_same_name("AB")  # it is no name of anybody's
