"""3manager's answers on tape: a night's run and a refused login, for tests that need no server.

`python -m tests.support.cassettes` records those in cassettes/ anew, with vcrpy, against the simulated 3manager. Onto
the tape goes what the contract names and nothing else: no password, no token, no header, nothing that tells of a
device more than prsync reads.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import vcr
from tests.edges.clients import ask_for
from tests.support.scripted import ScriptedFleet

from prsync.core.settings import ServerSettings
from prsync.credentials.passwords import Secret
from prsync.demo.simulator import Simulator
from prsync.errors import LoginRefusedError, UnusableAnswerError
from prsync.threemanager.client import ThreeManager

if TYPE_CHECKING:
    from prsync.core.model import Organization, Reading

CASSETTES: Final = Path(__file__).parents[2] / "cassettes"
NIGHT: Final = "night.yaml"
REFUSED: Final = "refused.yaml"
URL: Final = "https://3manager.example"
"""Where all that is on tape seems to have happened."""
DAYS: Final = (date(2026, 11, 2), date(2026, 11, 3))

_TOLD: Final = {
    *("items", "nextPage", "organizationId", "name", "deviceId", "managed", "lastReadAt", "counters"),
    *("access_token", "token_type", "expires_in", "error", "error_description", "message"),
}


ON_TAPE: Final = ServerSettings(name="main", url=URL, username="USER")
"""The settings of the server on tape."""


@dataclass(frozen=True)
class Night:
    """What came of a night's run."""

    organizations: list[Organization]
    readings: list[list[Reading]]
    error: UnusableAnswerError


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


def tape() -> vcr.VCR:
    """Records scrubbed, and plays nothing but what was asked for in the same way."""
    return vcr.VCR(match_on=("method", "uri", "body"), before_record_request=_request, before_record_response=_response)


def record(folder: Path, recorder: vcr.VCR, simulator: Simulator) -> None:
    """Record all cassettes into `folder`."""
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


def fleet() -> ScriptedFleet:
    """What the server on tape knows."""
    fleet = ScriptedFleet("Acme A/S", "Ærø Færger", "Fjordbyen")
    fleet.reads_daily("1001-0001", DAYS[0], [1000, 1120])
    fleet.reads_daily("1001-0002", DAYS[0], ["2000", None])
    fleet.reads("1001-0003", DAYS[0], 0, managed=False, others={"scanTotal": 17})
    return fleet


def _request(request: Any) -> Any:
    parts = urlsplit(request.uri)
    request.uri = f"{URL}{parts.path}{parts.query and '?'}{parts.query}"
    request.headers = {}
    if request.body:
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        request.body = urlencode(form | {"username": "USER", "password": "PASSWORD"})
    return request


def _response(response: dict[str, Any]) -> dict[str, Any]:
    answer = json.loads(response["body"]["string"])
    if "access_token" in answer:
        answer["access_token"] = "TOKEN"
    body = json.dumps(_told(answer), ensure_ascii=False).encode()
    headers = {"Content-Type": ["application/json"], "Content-Length": [str(len(body))]}
    return {"status": response["status"], "headers": headers, "body": {"string": body}}


def _told(value: Any) -> Any:
    if isinstance(value, list):
        return [_told(item) for item in value]
    if isinstance(value, dict):
        return {name: value[name] if name == "counters" else _told(value[name]) for name in value if name in _TOLD}
    return value


def main() -> None:
    """Record what lies in cassettes/."""
    with tempfile.TemporaryDirectory() as folder, Simulator(fleet(), folder=Path(folder) / "3manager") as simulator:
        simulator.give_at_most(2)
        for path in CASSETTES.glob("*.yaml"):
            path.unlink()
        record(CASSETTES, tape(), simulator)


if __name__ == "__main__":
    main()
