"""Servers' answers on tape: a night's run, a refused login, and a night of each of examples/profiles/.

They are for tests that need no server.

`python -m tests.support.cassettes` records those in cassettes/ anew, with vcrpy, against the simulated 3manager. Onto
the tape goes what the contract names and nothing else: no password, no token, no header, nothing that tells of a
device more than prsync reads.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import vcr
from tests.edges.clients import ask_for, settings_at
from tests.support.scripted import ScriptedFleet

from prsync.core.settings import ServerSettings
from prsync.credentials.passwords import Secret
from prsync.demo.simulator import Simulator
from prsync.errors import LoginRefusedError, UnusableAnswerError
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from prsync.core.model import Organization, Reading

CASSETTES: Final = Path(__file__).parents[2] / "cassettes"
NIGHT: Final = "night.yaml"
REFUSED: Final = "refused.yaml"
URL: Final = "https://3manager.example"
"""Where all that is on tape seems to have happened."""
LOGIN_URL: Final = "https://login.example"
"""Where tokens from another host seem to have come from."""
DAYS: Final = (date(2026, 11, 2), date(2026, 11, 3))

_SCRUBBED: Final = {"username": "USER", "password": "PASSWORD", "client_id": "CLIENT", "client_secret": "SECRET"}
_OAUTH: Final = {"access_token", "token_type", "expires_in", "error", "error_description", "message"}


ON_TAPE: Final = ServerSettings(name="main", url=URL, username="USER")
"""The settings of the server on tape."""


@dataclass(frozen=True)
class Example:
    """One of examples/profiles/, as it is on tape."""

    name: str
    meter: str
    client_id: str | None = None
    client_secret: str | None = None

    @property
    def cassette(self) -> str:
        return f"{self.name}.yaml"

    @property
    def profile(self) -> Profile:
        """The file's, but for the host of its tokens."""
        text = (CASSETTES.parent / "examples" / "profiles" / f"{self.name}.toml").read_text("utf-8")
        profile = Profile.parse(text)
        if not profile.auth.token.startswith("https://"):
            return profile
        token = LOGIN_URL + urlsplit(profile.auth.token).path
        return profile.model_copy(update={"auth": profile.auth.model_copy(update={"token": token})})

    def client(self, server: ServerSettings, password: str, profile: Profile) -> ThreeManager:
        """A client of the server on tape, or of the one that is recorded."""
        secret = Secret(self.client_secret) if self.client_secret else None
        return ThreeManager(replace(server, client_id=self.client_id), Secret(password), profile, client_secret=secret)


EXAMPLES: Final = (
    Example("3manager-odata", "totalPages", client_id="prsync", client_secret="a-secret-that-is-of-the-client-only"),
    Example("lexmark", "lifetimeCount"),
    Example("printtracker", "total"),
)


@dataclass(frozen=True)
class Night:
    """What came of a night's run."""

    organizations: list[Organization]
    readings: list[list[Reading]]
    error: UnusableAnswerError | None = None


def night(client: ThreeManager) -> Night:
    """A login, all organizations, the devices of one of them on two days, and those of one that is not there."""
    client.log_in()
    organizations = client.organizations()
    readings = [client.devices(ask_for(organizations[0].organization_id, day, "totalPages")) for day in DAYS]
    try:
        client.devices(ask_for("9999", DAYS[0], "totalPages"))
    except UnusableAnswerError as error:
        return Night(organizations, readings, error)
    raise AssertionError("an organization that is not there has devices")


def night_of(example: Example, client: ThreeManager, simulator: Simulator | None = None) -> Night:
    """A login, all organizations, and the devices of one of them on two days; `simulator` is told which day it is."""
    client.log_in()
    organizations = client.organizations()
    readings = []
    for day in DAYS:
        if simulator is not None:
            simulator.today = day
        readings.append(client.devices(ask_for("1001", day, example.meter)))
    return Night(organizations, readings)


def tape(profile: Profile | None = None) -> vcr.VCR:
    """Records scrubbed, and plays nothing but what was asked for in the same way."""
    told = _told_by(profile or Profile.load(None))
    return vcr.VCR(
        match_on=("method", "uri", "body"),
        before_record_request=_request,
        before_record_response=partial(_response, told),
    )


def record(folder: Path, recorder: vcr.VCR, simulator: Simulator) -> None:
    """Record the cassettes of a 3manager as the contract has it into `folder`."""
    server = replace(ON_TAPE, url=simulator.url, username=simulator.username, ca_bundle=str(simulator.ca_bundle))
    with (
        recorder.use_cassette(folder / NIGHT, record_mode="all"),
        ThreeManager(server, Secret(simulator.password)) as client,
    ):
        night(client)
    with recorder.use_cassette(folder / REFUSED, record_mode="all"), ThreeManager(server, Secret("wrong")) as client:
        try:
            client.log_in()
        except LoginRefusedError:
            return
    raise AssertionError("a wrong password was let in")


def record_example(folder: Path, example: Example, recorder: vcr.VCR, simulator: Simulator) -> None:
    """Record the cassette of an example into `folder`."""
    server = settings_at(simulator.url, simulator.ca_bundle, simulator.username)
    with (
        recorder.use_cassette(folder / example.cassette, record_mode="all"),
        example.client(server, simulator.password, simulator.profile) as client,
    ):
        night_of(example, client, simulator)


def simulator_of(example: Example, folder: Path) -> Simulator:
    """A server of an example's shape."""
    simulator = Simulator(
        fleet(example.meter),
        folder=folder,
        profile=example.profile,
        client_id=example.client_id,
        client_secret=example.client_secret,
        today=DAYS[0],
    )
    simulator.give_at_most(2)
    return simulator


def fleet(meter: str = "totalPages") -> ScriptedFleet:
    """What the server on tape knows."""
    fleet = ScriptedFleet("Acme A/S", "Ærø Færger", "Fjordbyen", meter=meter)
    fleet.reads_daily("1001-0001", DAYS[0], [1000, 1120])
    fleet.reads_daily("1001-0002", DAYS[0], ["2000", None])
    fleet.reads("1001-0003", DAYS[0], 0, managed=False, others={"scanTotal": 17})
    return fleet


def _request(request: Any) -> Any:
    parts = urlsplit(request.uri)
    # Of two hosts on this machine, the one that issues tokens is called by the machine's name.
    url = LOGIN_URL if f"https://{parts.netloc}" == LOGIN_URL or parts.hostname == "localhost" else URL
    request.uri = f"{url}{parts.path}{parts.query and '?'}{parts.query}"
    request.headers = {}
    if request.body:
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        request.body = urlencode({name: _SCRUBBED.get(name, value) for name, value in form.items()})
    return request


def _told_by(profile: Profile) -> set[str]:
    """The names of all that prsync reads of a server's answers."""
    organizations, devices, counters = profile.organizations, profile.devices, profile.counters
    addresses = [*organizations.rows, organizations.id, organizations.name, *devices.rows, devices.id]
    addresses += [devices.organization_id, devices.managed, devices.read_at, counters.at, counters.name, counters.value]
    for paging in (organizations.paging, devices.paging):
        addresses += [paging.next, paging.total]
    parts = {part for address in addresses for part in (address, *address.split("."))}
    return parts | set(profile.meters.names) | _OAUTH


def _response(told: set[str], response: dict[str, Any]) -> dict[str, Any]:
    answer = json.loads(response["body"]["string"])
    if "access_token" in answer:
        answer["access_token"] = "TOKEN"
    text = json.dumps(_told(answer, told), ensure_ascii=False)
    body = re.sub(r"https://127\.0\.0\.1:\d+", URL, text).encode()
    headers = {"Content-Type": ["application/json"], "Content-Length": [str(len(body))]}
    return {"status": response["status"], "headers": headers, "body": {"string": body}}


def _told(value: Any, told: set[str]) -> Any:
    if isinstance(value, list):
        return [_told(item, told) for item in value]
    if isinstance(value, dict):
        return {name: _told(inner, told) for name, inner in value.items() if name in told}
    return value


def main() -> None:
    """Record what lies in cassettes/."""
    for path in CASSETTES.glob("*.yaml"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        with Simulator(fleet(), folder=Path(folder) / "3manager") as simulator:
            simulator.give_at_most(2)
            record(CASSETTES, tape(), simulator)
        for example in EXAMPLES:
            with simulator_of(example, Path(folder) / example.name) as simulator:
                record_example(CASSETTES, example, tape(example.profile), simulator)


if __name__ == "__main__":
    main()
