"""Whatever is logged, at whatever level, and whatever is raised: no password, no token, no Authorization header."""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import pytest
from tests.edges.clients import ask_for, client_of, failure_of, session_at
from tests.edges.raw_server import RawServer, answers, http

from prsync.demo.traffic import Answer, Request
from prsync.errors import LoginRefusedError, PrsyncError, ServerError, error_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from prsync.demo.simulator import Simulator

DAY = date(2026, 11, 2)


def is_token(request: Request) -> bool:
    return request.path == "/oauth/token"


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All loggers at DEBUG, as someone who looks for an error would have them."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("prsync").propagate = True
    return caplog


def said(caplog: pytest.LogCaptureFixture) -> str:
    """All that any handler could write of what was logged."""
    formatter = logging.Formatter("%(name)s %(message)s")
    return "\n".join(f"{formatter.format(record)} {record.args!r}" for record in caplog.records)


def held(text: str, secrets: Iterable[str]) -> list[str]:
    return [secret for secret in [*secrets, "Authorization", "Bearer "] if secret in text]


def night_of_renewals(simulator: Simulator, day: date) -> None:
    """A run whose token is refused twice and then for good, whose password is refused, and whose server breaks down."""
    with client_of(simulator) as client:
        client.log_in()
        for organization in client.organizations():
            simulator.expire_tokens()
            client.devices(ask_for(organization.organization_id, day, "totalPages"))
        simulator.answer_with(lambda r: not is_token(r), Answer(status=401), times=2)
        with pytest.raises(LoginRefusedError):
            client.organizations()
        simulator.answer_with(lambda r: not is_token(r), Answer(cut=True, after=3))
        with pytest.raises(ServerError):
            client.organizations()
    with client_of(simulator, password=f"not {simulator.password}") as client, pytest.raises(LoginRefusedError):
        client.log_in()


def test_no_log_holds_a_secret_not_even_of_a_renewed_token(
    simulator: Simulator, everything_logged: pytest.LogCaptureFixture
) -> None:
    night_of_renewals(simulator, DAY)
    assert len(simulator.secrets) > 4
    text = said(everything_logged)
    assert "prsync.threemanager.session GET /api/v1/organizations" in text
    assert "urllib3.connectionpool" in text
    assert held(text, simulator.secrets) == []
    assert [temptation for temptation in simulator.unwanted_markers if temptation in text] == []


def test_the_library_beneath_would_have_logged_them_all(
    simulator: Simulator, everything_logged: pytest.LogCaptureFixture
) -> None:
    # So the test above can see one, and the quiet of that logger is what it depends on.
    everything_logged.set_level(logging.DEBUG, logger="requests_oauthlib")
    night_of_renewals(simulator, DAY)
    assert set(simulator.secrets) <= {*held(said(everything_logged), simulator.secrets)}


def all_of(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything behind it, also what no traceback prints."""
    if error is not None:
        yield error
        yield from all_of(error.__cause__)
        yield from all_of(error.__context__)


FAILING = {
    "refused": (is_token, Answer(status=400)),
    "no JSON": (lambda _: True, Answer(status=200, body=b"<html>")),
    "no token": (is_token, Answer(alter=lambda token: token | {"token_type": "mac"})),
    "a bad token": (is_token, Answer(alter=lambda token: token | {"access_token": token["access_token"] + "\r\nX: ø"})),
    "held": (lambda r: not is_token(r), Answer(status=401)),
    "cut": (lambda _: True, Answer(cut=True)),
    "cut in the middle": (lambda r: not is_token(r), Answer(cut=True, after=10)),
    "redirect": (lambda r: not is_token(r), Answer(status=302, headers={"Location": "https://elsewhere.invalid/"})),
    "server error": (lambda r: not is_token(r), Answer(status=500, body=b"TEMPTING")),
    "deep": (lambda r: not is_token(r), Answer(body=b"[" * 100_000)),
}


@pytest.mark.parametrize("name", FAILING)
def test_no_error_and_nothing_behind_it_holds_a_secret(name: str, simulator: Simulator) -> None:
    simulator.answer_with(*FAILING[name])
    with client_of(simulator) as client, pytest.raises(ServerError) as caught:
        client.organizations()
    error = caught.value
    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "\n".join([*with_locals.format(), error_line(error), *(f"{e!r} {e} {vars(e)}" for e in all_of(error))])
    assert held(text, simulator.secrets) == []
    # What requests raises knows the request, and so the password: none of it may be behind an error of ours.
    assert [type(e) for e in all_of(error) if not isinstance(e, PrsyncError)] == []


def test_an_answer_that_repeats_the_password_does_not_get_it_into_the_error(tmp_path: Path) -> None:
    def repeating(password: str) -> bytes:
        return f'{{"error": "{password}", "error_description": "{password}"}}'.encode()

    for status in ("400 Bad Request", "401 {}", "500 {}", "200 {}"):
        with RawServer(tmp_path, answers(http(repeating("sesame"), status=status.format("sesame")))) as server:
            error = failure_of(session_at(server, password="sesame"))
        assert "sesame" not in "".join(traceback.format_exception(error)) + error_line(error)


def test_a_temptation_in_an_answer_that_is_of_no_use_gets_into_no_error(simulator: Simulator) -> None:
    def without_ids(page: dict[str, list[dict[str, object]]]) -> object:
        return {"items": [{name: value for name, value in row.items() if name != "deviceId"} for row in page["items"]]}

    simulator.answer_with(lambda r: r.is_devices, Answer(alter=without_ids))
    organization, *_ = simulator.fleet.organizations
    with client_of(simulator) as client, pytest.raises(ServerError) as caught:
        client.devices(ask_for(organization.organization_id, DAY, "totalPages"))
    text = "".join(traceback.format_exception(caught.value)) + error_line(caught.value)
    assert [temptation for temptation in simulator.unwanted_markers if temptation in text] == []


def test_a_client_prints_without_its_password(simulator: Simulator) -> None:
    client = client_of(simulator)
    with suppress(PrsyncError), client:
        client.log_in()
        text = f"{client!r} {vars(client)} {vars(vars(client)['_session'])}"
    assert simulator.password not in text
