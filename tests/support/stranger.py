"""A client of the simulated 3manager that has nothing to do with prsync, and holds every answer to the contract."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from tests.support.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from prsync.demo.simulator import Simulator


@dataclass
class Client:
    """A person with an HTTP library: asks, and holds every answer to the contract."""

    simulator: Simulator
    session: requests.Session
    contract: Contract

    def post_token(self, **form: str) -> tuple[int, dict[str, Any]]:
        answer = self.session.post(f"{self.simulator.url}/oauth/token", data=form, timeout=10)
        assert self.contract.problems("POST", "/oauth/token", answer.status_code, answer.json()) == []
        return answer.status_code, answer.json()

    def log_in(self) -> None:
        status, document = self.post_token(
            grant_type="password", username=self.simulator.username, password=self.simulator.password
        )
        assert status == 200
        self.session.headers["Authorization"] = f"Bearer {document['access_token']}"

    def get(self, path: str, **query: object) -> tuple[int, dict[str, Any]]:
        answer = self.session.get(self.simulator.url + path, params=query, timeout=10)  # type: ignore[arg-type]
        if answer.status_code == 400 or not path.startswith("/api/v1/organizations"):
            assert self.contract.error_problems(answer.json()) == []
        else:
            assert self.contract.problems("GET", path, answer.status_code, answer.json()) == []
        return answer.status_code, answer.json()

    def devices(self, day: date, organization_id: str = "1001") -> list[dict[str, Any]]:
        status, document = self.get(f"/api/v1/organizations/{organization_id}/devices", date=day, pageSize=1000)
        assert status == 200, document
        assert document["nextPage"] is None
        return list(document["items"])


@contextmanager
def stranger(simulator: Simulator) -> Iterator[Client]:
    """A client that trusts the simulator's CA and is not logged in."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(simulator.ca_bundle)
        yield Client(simulator, session, Contract())
