"""The simulated server keeps to its profile, by a client that is not prsync's: it lets nothing else pass for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from tests.edges.server_shapes import DAYS, Shape
from tests.support.contract import CONTRACT

from prsync.demo.simulator import Simulator
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ORGANIZATIONS = "/api/v1/organizations"
DEVICES = "/api/v1/organizations/1001/devices"
KEY = '[auth]\ngrant = "header"\nheader = "x-api-key"\n'


class Person:
    """Somebody with an HTTP library, and a server."""

    def __init__(self, simulator: Simulator, session: requests.Session) -> None:
        self.simulator = simulator
        self.session = session

    def get(self, path: str, **query: object) -> tuple[int, Any]:
        answer = self.session.get(self.simulator.url + path, params=query, timeout=10)  # type: ignore[arg-type]
        return answer.status_code, answer.json()

    def token(self, url: str, form: Mapping[str, str], **options: Any) -> tuple[int, str | None]:
        answer = self.session.post(url, data=form, timeout=10, **options)
        return answer.status_code, answer.json().get("error")


@contextmanager
def person_at(folder: Path, toml: str, client: tuple[str, str | None] = ("", None)) -> Iterator[Person]:
    """A person who may ask a server of that shape, where that needs no token."""
    fleet, profile = Shape(name="any").fleet(), Profile.parse(toml)
    with (
        Simulator(
            fleet, folder=folder, profile=profile, client_id=client[0] or None, client_secret=client[1], today=DAYS[0]
        ) as simulator,
        requests.Session() as session,
    ):
        session.trust_env, session.verify = False, str(simulator.ca_bundle)
        if profile.auth.grant == "header":
            session.headers[profile.auth.header] = simulator.password
        yield Person(simulator, session)


def test_the_built_in_profile_and_the_contract_say_the_same() -> None:
    contract, profile = yaml.safe_load(CONTRACT.read_text("utf-8")), Profile.load(None)
    paths, parameters = contract["paths"], contract["components"]["parameters"]
    listed, of_devices = (
        profile.organizations.path,
        profile.devices.path.replace("{organization_id}", "{organizationId}"),
    )
    assert list(paths) == [profile.auth.token, listed, of_devices]
    form = paths[profile.auth.token]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert profile.auth.grant in form["properties"]["grant_type"]["enum"]

    def page(path: str) -> dict[str, Any]:
        schema = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema["required"] == [profile.organizations.rows[0]] == [profile.devices.rows[0]]
        assert set(schema["properties"]) == {schema["required"][0], profile.devices.paging.next}
        return dict(schema["properties"][schema["required"][0]]["items"])

    assert set(page(listed)["properties"]) == {profile.organizations.id, profile.organizations.name}
    assert page(of_devices) == {"$ref": "#/components/schemas/Device"}
    device = contract["components"]["schemas"]["Device"]["properties"]
    devices = profile.devices
    assert set(device) == {devices.id, devices.managed, devices.read_at, profile.counters.at}
    assert device[profile.counters.at]["type"] == "object"
    assert set(device[profile.counters.at]["examples"][0]) <= set(profile.meters.names)
    day, *_ = [found for found in paths[of_devices]["get"]["parameters"] if found.get("in") == "query"]
    assert (day["name"], day["required"], day["schema"]["format"]) == (profile.history.day, True, "date")
    paging = devices.paging
    assert paging == profile.organizations.paging
    number, size = parameters["page"], parameters["pageSize"]
    assert (number["name"], number["schema"]["minimum"], number["schema"]["default"]) == (
        *(paging.number, paging.first, paging.first),
    )
    assert (size["name"], size["schema"]["default"]) == (paging.size, paging.rows_per_page)


@pytest.mark.parametrize("refused", ["url", "secret", "scope", "tenant", "basic", "more"])
def test_a_token_from_another_host_has_its_price(refused: str, tmp_path: Path) -> None:
    toml = """
[auth]
grant = "client_credentials"
token = "https://login.example/connect/token"
form = { scope = "read" }
headers = { X-Tenant = "acme" }
[headers]
X-Version = "7"
"""
    with person_at(tmp_path, toml) as person:
        simulator = person.simulator
        client = {"client_id": simulator.username, "client_secret": simulator.password}
        form = {"grant_type": "client_credentials", "scope": "read", **client}
        url, tenant = simulator.profile.auth.token, {"X-Tenant": "acme"}
        assert person.token(url, form, headers=tenant) == (200, None)
        assert url.startswith(simulator.token_host)
        assert not url.startswith(simulator.url)
        wrong: dict[str, tuple[int, str | None]] = {
            "url": person.token(f"{simulator.token_host}/other", form, headers=tenant),
            "secret": person.token(url, form | {"client_secret": "wrong"}, headers=tenant),
            "scope": person.token(url, form | {"scope": "write"}, headers=tenant),
            "tenant": person.token(url, form),
            "basic": person.token(
                url, {"grant_type": "client_credentials", "scope": "read"}, headers=tenant, auth=tuple(client.values())
            ),
            "more": person.token(url, form, headers=tenant | {"X-Version": "7"}),
        }
        assert wrong[refused][0] in {400, 401}
        # What is for the one host is not at the other.
        assert person.get("/connect/token")[0] == 400
        person.session.headers["X-Version"] = "7"
        assert person.get("/connect/token")[0] == 401


def test_a_secret_by_http_basic_is_wanted_nowhere_else(tmp_path: Path) -> None:
    with person_at(tmp_path, '[auth]\nclient = "basic"\n', ("app-7", "s3cret")) as person:
        simulator = person.simulator
        url = simulator.profile.auth.token
        form = {"grant_type": "password", "username": simulator.username, "password": simulator.password}
        in_body = form | {"client_id": "app-7", "client_secret": "s3cret"}
        assert person.token(simulator.url + url, in_body) == (401, "invalid_client")
        assert person.token(simulator.url + url, form, auth=("app-7", "s3cret")) == (200, None)
        assert "s3cret" in simulator.secrets


@pytest.mark.parametrize("grant", ["basic", 'header"\nheader = "x-api-key'])
def test_without_the_password_in_its_place_nothing_is_shown(grant: str, tmp_path: Path) -> None:
    with person_at(tmp_path, f'[auth]\ngrant = "{grant}"\n') as person:
        user, password = person.simulator.username, person.simulator.password
        if grant == "basic":
            person.session.auth = (user, password)
        assert person.get(ORGANIZATIONS)[0] == 200
        assert person.get("/oauth/token")[0] == 404
        person.session.auth, person.session.headers["x-api-key"] = (user, "wrong"), "wrong"
        assert person.get(ORGANIZATIONS)[0] == 401
        person.session.auth = None
        del person.session.headers["x-api-key"]
        assert person.get(ORGANIZATIONS)[0] == 401


def test_a_query_of_the_path_and_headers_are_wanted(tmp_path: Path) -> None:
    toml = '[devices]\npath = "/devices?of={organization_id}&with=meters"\n[headers]\nX-Version = "7"\n'
    with person_at(tmp_path, KEY + toml) as person:
        right = {"of": "1001", "with": "meters", "date": DAYS[0]}
        assert person.get("/devices", **right)[0] == 400
        person.session.headers["X-Version"] = "7"
        assert person.get("/devices", **right)[0] == 200
        for name in right:
            assert person.get("/devices", **{other: right[other] for other in right if other != name})[0] == 400
        assert person.get("/devices", **right | {"with": "supplies"})[0] == 400
        assert person.get("/devices", **right | {"of": "9999"})[0] == 404
        noted = person.simulator.devices_requests[0]
        assert (noted.organization_id, noted.day) == ("1001", str(DAYS[0]))


def test_a_range_has_every_reading_of_its_days_and_no_other(tmp_path: Path) -> None:
    with person_at(tmp_path, KEY + '[history]\nstyle = "range"\nend = "exclusive"\n') as person:

        def counts(first: object, last: object) -> list[int]:
            _, document = person.get(DEVICES, **{"from": first, "to": last})
            return [row["counters"]["totalPages"] for row in document["items"] if row["deviceId"] == "A"]

        assert counts("2026-11-02", "2026-11-03") == [1000, 990]
        assert counts("2026-11-02", "2026-11-04") == [1120, 1000, 1000, 990]
        assert counts("2026-11-02", "2026-11-02") == []
        assert counts("2026-11-09", "2026-11-10") == []
        assert person.get(DEVICES, **{"from": "2026-11-02"})[0] == 400
        assert person.get(DEVICES, **{"from": "2026-11-02", "to": "3.11."})[0] == 400


def test_a_forbidden_customer_is_left_out_of_an_answer_for_all(tmp_path: Path) -> None:
    toml = '[devices]\npath = "/devices"\norganization_id = "owner.id"\n'
    with person_at(tmp_path, KEY + toml) as person:
        person.simulator.forbid("1001")
        _, document = person.get("/devices", date=DAYS[0])
        assert {row["owner"]["id"] for row in document["items"]} == {"1002"}


def test_a_server_without_history_needs_to_know_what_day_it_is(tmp_path: Path) -> None:
    profile = Profile.parse('[history]\nstyle = "none"\n')
    with pytest.raises(ValueError, match="which day is that"):
        Simulator(Shape(name="any").fleet(), folder=tmp_path, profile=profile)


@pytest.mark.parametrize(
    ("toml", "query"),
    [
        ("first = 0", {"page": -1}),
        ('style = "offset"\nfirst = 1\nnumber = "start"', {"start": 0}),
        ('style = "cursor"\nnumber = "after"', {"after": "made-up"}),
        ("rows_per_page = 2", {"pageSize": 0}),
    ],
)
def test_a_place_that_is_none_is_a_bad_request(toml: str, query: dict[str, object], tmp_path: Path) -> None:
    with person_at(tmp_path, f"{KEY}[paging]\n{toml}\n") as person:
        assert person.get(DEVICES, date=DAYS[0], **query)[0] == 400
        assert person.get(DEVICES, date=DAYS[0])[0] == 200
