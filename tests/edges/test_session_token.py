"""The token: asked for as the contract says, used for everything, renewed in time, and given to nobody else."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edges.clients import PASSWORD, ask_for, client_of, failure_of, session_at, settings_at
from tests.edges.raw_server import TOKEN, RawServer, answers, http

from prsync import __version__
from prsync.demo.simulator import Simulator
from prsync.demo.traffic import Answer, Request
from prsync.errors import LoginRefusedError, UnreachableError, UnusableAnswerError, error_line
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.fleet import Fleet

NOTHING = http(b"{}")
DAY = date(2026, 11, 2)


def is_token(request: Request) -> bool:
    return request.path == "/oauth/token"


def head_and_form(request: bytes) -> tuple[str, dict[str, str]]:
    head, _, body = request.partition(b"\r\n\r\n")
    form = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(form)) == len(form), "a parameter comes twice"
    return head.decode(), dict(form)


def header(request: bytes, name: str) -> str | None:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    found = [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name.lower()}: ")]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("client_id", [None, "prsync & co"])
def test_the_password_grant_is_a_form_in_the_body_and_nothing_else(client_id: str | None, tmp_path: Path) -> None:
    with RawServer(tmp_path, answers(http(TOKEN), NOTHING)) as server:
        session = session_at(server, client_id=client_id)
        session.get("/api/v1/organizations", {"page": 1})
        session.close()
        asked, got = server.requests
    head, form = head_and_form(asked)
    assert head.startswith("POST /oauth/token HTTP/1.1\r\n")
    wanted = {"grant_type": "password", "username": "prsync@3manager.example", "password": PASSWORD}
    assert form == wanted | ({} if client_id is None else {"client_id": client_id})
    assert header(asked, "Content-Type") == "application/x-www-form-urlencoded"
    assert header(asked, "Accept") == "application/json"
    assert header(asked, "Authorization") is None
    assert got.startswith(b"GET /api/v1/organizations?page=1 HTTP/1.1\r\n")
    assert header(got, "Authorization") == "Bearer raw-token"


@given(password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=settings().max_examples // 8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_password_arrives_whatever_is_in_it(password: str, simulator: Simulator) -> None:
    simulator.change_password(password)
    with client_of(simulator) as client:
        client.log_in()


def test_a_password_that_is_no_text_is_said_to_be_none_before_it_is_sent(simulator: Simulator) -> None:
    garbled = b"w\xf6rd".decode("utf-8", errors="surrogateescape")
    error = failure_of(session_at(simulator, password=garbled))
    assert isinstance(error, LoginRefusedError)
    assert "the password is not text in UTF-8" in error_line(error)
    assert simulator.requests == []


def test_one_token_serves_organizations_and_all_feeds_and_nothing_else_is_sent_but_get(simulator: Simulator) -> None:
    with client_of(simulator) as client:
        client.log_in()
        for organization in client.organizations():
            client.devices(ask_for(organization.organization_id, DAY, "totalPages"))
    assert Counter((r.method, is_token(r)) for r in simulator.requests) == {("POST", True): 1, ("GET", False): 4}
    assert {r.status for r in simulator.requests} == {200}
    assert {r.user_agent for r in simulator.requests} == {f"prsync/{__version__} (page counter collection)"}
    assert not any(r.overlapped for r in simulator.requests)


def test_a_token_that_the_server_no_longer_takes_is_renewed_once(simulator: Simulator) -> None:
    with client_of(simulator) as client:
        client.first_organizations()
        simulator.expire_tokens()
        simulator.forget_requests()
        assert len(client.first_organizations()) == 3
        client.first_organizations()
    assert [(r.method, r.status) for r in simulator.requests] == [
        ("GET", 401),
        ("POST", 200),
        ("GET", 200),
        ("GET", 200),
    ]


def test_a_server_that_refuses_its_own_new_token_is_a_refused_login(simulator: Simulator) -> None:
    simulator.answer_with(lambda r: not is_token(r), Answer(status=401))
    with client_of(simulator) as client:
        client.log_in()
        with pytest.raises(LoginRefusedError, match="the token that it has just issued"):
            client.organizations()
    assert [r.method for r in simulator.requests] == ["POST", "GET", "POST", "GET"]


def test_a_password_changed_meanwhile_is_a_refused_login_and_the_next_run_begins_anew(simulator: Simulator) -> None:
    with client_of(simulator) as client:
        client.log_in()
        old = simulator.password
        simulator.change_password("another")
        simulator.expire_tokens()
        for _ in range(2):
            with pytest.raises(LoginRefusedError, match="invalid_grant, status 400"):
                client.organizations()
        simulator.change_password(old)
        assert len(client.organizations()) == 3


def is_renewed_within(client: Any, simulator: Simulator, seconds: float) -> bool:
    """Whether the client asks for a second token while it goes on asking for organizations."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        client.first_organizations()
        if sum(map(is_token, simulator.requests)) > 1:
            return True
    return False


@pytest.mark.long
def test_a_token_is_renewed_when_its_time_is_over_without_being_refused_first(simulator: Simulator) -> None:
    # The server itself would take it for an hour: only what it said to the client makes it expire.
    told = Answer(alter=lambda token: token | {"expires_in": 1})
    simulator.answer_with(is_token, told, times=1)
    with client_of(simulator) as client:
        assert is_renewed_within(client, simulator, 5)
    assert {r.status for r in simulator.requests} == {200}


@pytest.mark.long
def test_a_new_token_without_a_lifetime_does_not_inherit_the_old_ones(simulator: Simulator) -> None:
    def without(token: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in token.items() if name != "expires_in"}

    simulator.answer_with(is_token, Answer(alter=lambda token: token | {"expires_in": 1}), times=1)
    simulator.answer_with(is_token, Answer(alter=without))
    with client_of(simulator) as client:
        assert is_renewed_within(client, simulator, 5)
        simulator.forget_requests()
        client.first_organizations()
    assert [r.method for r in simulator.requests] == ["GET"]


@pytest.mark.parametrize("lifetime", ["3600", 0, -5, None, "soon", 1e300, True, [], 10**30])
def test_a_lifetime_that_is_none_is_left_to_the_server(lifetime: object, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(alter=lambda token: token | {"expires_in": lifetime}))
    with client_of(simulator) as client:
        client.first_organizations()
        client.first_organizations()
    assert [r.method for r in simulator.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(
    "more",
    [
        {"token_type": "bearer"},
        {"token_type": "BEARER", "scope": "read devices"},
        {"scope": 5, "refresh_token": [], "expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": 1},
    ],
)
def test_what_else_a_token_comes_with_is_of_no_matter(more: dict[str, Any], simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(alter=lambda token: token | more))
    with client_of(simulator) as client:
        client.first_organizations()
        client.first_organizations()
    assert [r.method for r in simulator.requests] == ["POST", "GET", "GET"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"null",
        b"5",
        b'"token"',
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe\xfd",
        b'{"error": "server_error", "error_description": "secret"}',
        b'{"error": ["invalid_grant"]}',
        b'{"access_token": "", "token_type": "Bearer"}',
        b'{"access_token": null, "token_type": "Bearer"}',
        b'{"access_token": 17, "token_type": "Bearer"}',
        b'{"access_token": "a b", "token_type": "Bearer"}',
        b'{"access_token": "a\\r\\nX-Injected: b", "token_type": "Bearer"}',
        '{"access_token": "tøken€", "token_type": "Bearer"}'.encode(),
        b'{"access_token": "token", "token_type": "mac"}',
        b'{"access_token": "token", "token_type": 5}',
        b'{"access_token": "token", "token_type": null}',
        b"access_token=token&token_type=bearer",
        b'{"access_token": "token", "expires_in": ' + b"9" * 5000 + b"}",
    ],
)
def test_an_answer_without_a_bearer_token_is_said_to_be_one(body: bytes, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=200, body=body))
    error = failure_of(session_at(simulator))
    assert error_line(error) == (
        "/oauth/token answered with status 200 where an OAuth 2.0 token was expected: is the URL right, is the profile?"
    )
    assert [r.method for r in simulator.requests] == ["POST"]


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (400, {"error": "invalid_grant", "error_description": "no such user"}, "invalid_grant, status 400"),
        (200, {"error": "invalid_grant"}, "invalid_grant, status 200"),
        (403, "Forbidden", "status 403"),
        (400, {"error": ["invalid_grant"]}, "status 400"),
        (400, {"error": "<script>"}, "status 400"),
        (401, None, "status 401"),
    ],
)
def test_a_refused_login_is_told_by_its_code_never_by_the_servers_words(
    status: int, document: object, reason: str, simulator: Simulator
) -> None:
    simulator.answer_with(is_token, Answer(status=status, body=json.dumps(document).encode()))
    error = failure_of(session_at(simulator))
    # Without a word of OAuth, it may be no place for tokens at all.
    also = "" if "invalid_grant," in reason else "; if they are right, /oauth/token may be the wrong auth.token"
    assert error_line(error) == (
        f"{simulator.url} refuses user {simulator.username} ({reason}): check the username and the password{also}"
    )


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
def test_a_refused_client_is_no_wrong_password(code: str, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=401, body=json.dumps({"error": code}).encode()))
    error = failure_of(session_at(simulator, client_id="prsync"))
    assert error_line(error) == (
        f"{simulator.url} refuses the client prsync ({code}, status 401): check --client-id, its secret"
        " (--client-secret-stdin or --client-secret-command), and auth.client in the API profile: body or basic"
    )


@pytest.mark.parametrize("code", ["unsupported_grant_type", "invalid_scope", "invalid_request"])
def test_a_token_request_that_is_not_understood_is_the_profiles(code: str, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=400, body=json.dumps({"error": code}).encode()))
    error = failure_of(session_at(simulator))
    assert error_line(error) == (
        f"{simulator.url} does not understand the request for a token by the grant password ({code}, status 400);"
        " see auth.grant, auth.form (such as a scope) and auth.headers in the API profile"
    )


def test_a_client_that_logs_in_as_itself_may_be_wanted_in_another_place(simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=401, body=b'{"error": "invalid_client"}'))
    profile = Profile.parse('[auth]\ngrant = "client_credentials"\n')
    error = failure_of(session_at(simulator, profile=profile))
    assert 'or the server wants them in another place: auth.client = "basic" in the API profile' in error_line(error)


def test_a_wrong_password_and_a_wrong_client_id_are_refused_logins(fleet: Fleet, tmp_path: Path) -> None:
    with Simulator(fleet, folder=tmp_path / "3manager", client_id="prsync") as simulator:
        wrong = failure_of(session_at(simulator, client_id="prsync"))
        missing = failure_of(session_at(simulator, password=simulator.password))
        session = session_at(simulator, client_id="prsync", password=simulator.password)
        session.log_in()
        session.close()
    assert "(invalid_grant, status 400)" in error_line(wrong)
    assert "(invalid_client, status 401)" in error_line(missing)


@pytest.mark.parametrize("status", [204, 302, 404, 429, 500, 503])
def test_no_token_for_another_reason_is_no_refused_login(status: int, simulator: Simulator) -> None:
    simulator.answer_with(is_token, Answer(status=status, body=b""))
    error = failure_of(session_at(simulator))
    assert isinstance(error, UnusableAnswerError)
    assert f"/oauth/token answered with status {status}" in error_line(error)
    assert ("is auth.token in the API profile?" in error_line(error)) is (status == 404)
    assert "organization" not in error_line(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("tls", [True, False])
def test_no_redirect_takes_the_password_or_the_token_elsewhere(
    status: int, tls: bool, simulator: Simulator, tmp_path: Path
) -> None:
    with RawServer(tmp_path, answers(http(TOKEN)), tls=tls) as elsewhere:
        target = elsewhere.url if tls else elsewhere.url.replace("https", "http")
        redirect = Answer(status=status, headers={"Location": f"{target}/oauth/token"})
        simulator.answer_with(is_token, redirect, times=1)
        assert f"status {status}" in error_line(failure_of(session_at(simulator)))
        simulator.answer_normally()
        simulator.answer_with(lambda r: not is_token(r), redirect)
        error = failure_of(session_at(simulator, password=simulator.password))
        assert "an answer, not a redirect" in error_line(error)
        assert elsewhere.accepted == 0


def test_a_redirect_to_nowhere_is_no_more_than_a_redirect(simulator: Simulator) -> None:
    simulator.answer_with(lambda _: True, Answer(status=302, headers={"Location": "http://[::"}))
    assert isinstance(failure_of(session_at(simulator)), UnusableAnswerError)


def test_nothing_is_sent_over_http_not_even_to_this_machine_or_where_oauthlib_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with RawServer(tmp_path, answers(http(TOKEN)), tls=False) as server:
        plain = settings_at(server.url.replace("https", "http"), str(server.ca_bundle))
        with pytest.raises(UnreachableError) as caught:
            session_at(plain)
        assert server.accepted == 0
    assert error_line(caught.value) == f"cannot reach {plain.url}: prsync sends nothing but over HTTPS"
