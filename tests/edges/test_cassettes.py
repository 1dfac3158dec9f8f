"""The client from cassettes, without a server; and that no cassette holds what nobody should read."""

from __future__ import annotations

import base64
import re
import socket
from typing import TYPE_CHECKING

import pytest
import vcr
import yaml
from tests.support import cassettes, noon
from tests.support.cassettes import CASSETTES, DAYS, EXAMPLES, NIGHT, REFUSED, Example

from prsync.core.model import Organization, Reading
from prsync.core.periods import end_of_day
from prsync.core.readings import as_of
from prsync.credentials.passwords import Secret
from prsync.demo.simulator import Simulator
from prsync.errors import LoginRefusedError, error_line
from prsync.threemanager.client import ThreeManager

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import ScriptedFleet

RECORDED = sorted(CASSETTES.glob("*.yaml"))
NO_SECRETS = {
    "a bearer token": re.compile(r"bearer\s+(?!\")\S", re.IGNORECASE),
    "an Authorization header": re.compile(r"authorization", re.IGNORECASE),
    "a token": re.compile(r"access_token\W+(?!TOKEN\b)\w"),
    "a password": re.compile(r"password=(?!PASSWORD\b)"),
    "a client's secret": re.compile(r"client_secret=(?!SECRET\b)"),
    "a client's id": re.compile(r"client_id=(?!CLIENT\b)"),
    "a key": re.compile(r"x-api-key", re.IGNORECASE),
    "a username": re.compile(r"username=(?!USER\b)"),
    "what is as long and as random as either": re.compile(r"[A-Za-z0-9_-]{30,}"),
    "what tells of a device or a person": re.compile(r"serial|model|address|location|contact|cookie", re.IGNORECASE),
    "a place on the recording machine": re.compile(r"127\.0\.0\.1|localhost"),
}


@pytest.fixture
def fleet() -> ScriptedFleet:
    return cassettes.fleet()


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a cassette needs no network")

    # The one thing that must not happen here; vcrpy replaces everything above it.
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("_no_network")
def test_a_nights_run_is_played_from_its_cassette() -> None:
    with (
        cassettes.tape().use_cassette(CASSETTES / NIGHT, record_mode="none") as cassette,
        ThreeManager(cassettes.ON_TAPE, Secret("any")) as client,
    ):
        night = cassettes.night(client)
    assert cassette.all_played
    assert night.organizations == [
        Organization("1001", "Acme A/S"),
        Organization("1002", "Ærø Færger"),
        Organization("1003", "Fjordbyen"),
    ]
    first, second = map(noon, DAYS)
    assert night.readings == [
        [
            Reading("1001-0001", managed=True, count=1000, read_at=first),
            Reading("1001-0002", managed=True, count=2000, read_at=first),
            Reading("1001-0003", managed=False, count=None, read_at=first),
        ],
        [
            Reading("1001-0001", managed=True, count=1120, read_at=second),
            Reading("1001-0002", managed=True, count=None, read_at=second),
            Reading("1001-0003", managed=False, count=None, read_at=first),
        ],
    ]
    assert night.error is not None
    assert error_line(night.error).startswith("/api/v1/organizations/9999/devices answered with status 404: ")


@pytest.mark.usefixtures("_no_network")
def test_a_refused_login_is_played_from_its_cassette() -> None:
    with (
        cassettes.tape().use_cassette(CASSETTES / REFUSED, record_mode="none") as cassette,
        ThreeManager(cassettes.ON_TAPE, Secret("any")) as client,
        pytest.raises(LoginRefusedError) as caught,
    ):
        client.log_in()
    assert cassette.all_played
    assert error_line(caught.value) == (
        "https://3manager.example refuses user USER (invalid_grant, status 400): check the username and the password"
    )


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_night_of_an_example_is_played_from_its_cassette(example: Example) -> None:
    with (
        cassettes.tape(example.profile).use_cassette(CASSETTES / example.cassette, record_mode="none") as cassette,
        example.client(cassettes.ON_TAPE, "any", example.profile) as client,
    ):
        night = cassettes.night_of(example, client)
    assert cassette.all_played
    assert night.organizations[0].organization_id == "1001"
    # Print Tracker answers with the readings of a day alone, and with all of them: the newest counts.
    found = [
        [(reading.device_id, reading.count, reading.managed) for reading in as_of(readings, end_of_day(day, "UTC"))]
        for day, readings in zip(DAYS, night.readings, strict=True)
    ]
    tells = example.profile.tells_managed
    third = [] if example.profile.history.style == "range" else [("1001-0003", None, False)]
    assert found == [
        [("1001-0001", 1000, tells), ("1001-0002", 2000, tells), ("1001-0003", None, False)],
        [("1001-0001", 1120, tells), ("1001-0002", None, tells), *third],
    ]


def found_in(text: str) -> list[str]:
    return [name for name, pattern in NO_SECRETS.items() if pattern.search(text)]


def stands_in(text: str, secret: str) -> bool:
    """Whether a secret is in a cassette, also as vcrpy writes bytes."""
    return secret in text or base64.b64encode(secret.encode()).decode() in text


def without_names_of(example: Example, text: str) -> str:
    """A cassette's text without the name of the field that has the device's id: it may be called a serial number."""
    return text.replace(f'"{example.profile.devices.id}":', "").replace(f'\\"{example.profile.devices.id}\\":', "")


def test_no_cassette_holds_a_secret() -> None:
    examples = {example.cassette: example for example in EXAMPLES}
    assert [path.name for path in RECORDED] == sorted([NIGHT, REFUSED, *examples])
    for path in CASSETTES.iterdir():
        text = path.read_text("utf-8")
        assert [temptation for temptation in Simulator.unwanted_markers if temptation in text] == []
        if path in RECORDED:
            text = without_names_of(examples[path.name], text) if path.name in examples else text
            assert found_in(text) == [], path
            assert len(text) < 8_000


def recorded(folder: Path, recorder: vcr.VCR, simulator: Simulator) -> str:
    simulator.give_at_most(2)
    cassettes.record(folder, recorder, simulator)
    return "".join((folder / name).read_text("utf-8") for name in (NIGHT, REFUSED))


def recorded_example(folder: Path, example: Example, recorder: vcr.VCR) -> tuple[str, list[str]]:
    """The cassette of an example, and what must not stand in it."""
    with cassettes.simulator_of(example, folder / "server") as simulator:
        cassettes.record_example(folder, example, recorder, simulator)
        return (folder / example.cassette).read_text("utf-8"), [*simulator.secrets, *simulator.unwanted_markers]


def test_what_is_recorded_is_scrubbed(simulator: Simulator, tmp_path: Path) -> None:
    text = recorded(tmp_path, cassettes.tape(), simulator)
    assert len(simulator.secrets) == 2
    forbidden = [*simulator.secrets, simulator.username, "wrong", *simulator.unwanted_markers]
    assert [secret for secret in forbidden if stands_in(text, secret)] == []
    assert found_in(text) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_what_is_recorded_of_an_example_is_scrubbed(example: Example, tmp_path: Path) -> None:
    text, forbidden = recorded_example(tmp_path, example, cassettes.tape(example.profile))
    assert [secret for secret in forbidden if stands_in(text, secret)] == []
    assert found_in(without_names_of(example, text)) == []


def test_without_scrubbing_all_of_it_would_be_there(simulator: Simulator, tmp_path: Path) -> None:
    # So the tests above can see it.
    text = recorded(tmp_path, vcr.VCR(), simulator)
    assert [secret for secret in [*simulator.secrets, *simulator.unwanted_markers] if secret not in text] == []
    for example in EXAMPLES:
        of_example, forbidden = recorded_example(tmp_path / example.name, example, vcr.VCR())
        assert [secret for secret in forbidden if not stands_in(of_example, secret)] == []
        text += of_example
    assert found_in(text) == list(NO_SECRETS)


def test_what_lies_here_is_what_would_be_recorded_today(simulator: Simulator, tmp_path: Path) -> None:
    recorded(tmp_path, cassettes.tape(), simulator)
    for example in EXAMPLES:
        recorded_example(tmp_path, example, cassettes.tape(example.profile))
    for path in RECORDED:
        now = yaml.safe_load((tmp_path / path.name).read_text("utf-8"))
        assert now == yaml.safe_load(path.read_text("utf-8")), "python -m tests.support.cassettes records them anew"
