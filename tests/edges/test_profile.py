"""The API profile: the only place that knows a server's names, and a file of one's own for a server that differs."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.clients import PASSWORD, At
from tests.edges.raw_server import TOKEN, RawServer, answers, http

from prsync.core.model import Organization, Reading
from prsync.credentials.passwords import Secret
from prsync.errors import InvalidValueError, UnusableAnswerError, error_line
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prsync.demo.simulator import Simulator

BUILT_IN = resources.files("prsync.threemanager").joinpath("profile.toml").read_text("utf-8")

OTHER = """
[paths]
token = "/connect/token"
organizations = "/v2/customers"
devices = "/v2/customers/{organization_id}/printers/history"

[parameters]
date = "asOf"
page = "p"
page_size = "limit"
rows_per_page = 1

[fields]
rows = ["results"]
next_page = "following"
organization_id = "customerNo"
organization_name = "title"
device_id = "printer"
managed = "inContract"
counters = "meters"
read_at = "polled"

[meters]
names = ["pages", "scans"]
"""


def refused(tmp_path: Path, toml: str | bytes) -> str:
    """The line about a profile that is none."""
    path = tmp_path / "profile.toml"
    path.write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    with pytest.raises(InvalidValueError) as caught:
        Profile.load(str(path))
    line = error_line(caught.value)
    assert line.startswith(f"--profile {path}: ")
    assert "\n" not in line
    return line.removeprefix(f"--profile {path}: ")


def test_the_built_in_profile_says_what_the_contract_assumes() -> None:
    profile = Profile.load(None)
    assert (profile.paths.token, profile.paths.organizations) == ("/oauth/token", "/api/v1/organizations")
    assert profile.paths.devices == "/api/v1/organizations/{organization_id}/devices"
    assert (profile.parameters.date, profile.parameters.page, profile.parameters.page_size) == (
        "date",
        "page",
        "pageSize",
    )
    assert profile.parameters.rows_per_page == 200
    assert profile.fields.rows == ["items", "data", "value"]
    assert len(profile.meters) == len(set(profile.meters)) == 24


def test_a_server_with_other_names_needs_a_profile_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(OTHER)
    pages: list[Any] = [
        {"results": [{"customerNo": 7, "title": "Acme"}]},
        {"results": [{"printer": "A", "inContract": True, "polled": None, "meters": {"Pages": 5}}], "following": 2},
        {"results": [{"printer": "B", "inContract": False, "meters": {"pages": "6"}}], "following": None},
    ]
    said = answers(http(TOKEN), *(http(json.dumps(page).encode()) for page in pages))
    with RawServer(tmp_path, said) as server:
        at = At(server.url, str(server.ca_bundle), profile=str(tmp_path / "other.toml"))
        with ThreeManager(at, Secret(PASSWORD)) as client:
            assert client.organizations() == [Organization("7", "Acme")]
            readings = client.devices("7", date(2026, 11, 2), "pages")
    assert readings == [Reading("A", managed=True, count=5), Reading("B", managed=False, count=6)]
    assert [request.partition(b" HTTP/1.1")[0].decode() for request in server.requests] == [
        "POST /connect/token",
        "GET /v2/customers?p=1&limit=1",
        "GET /v2/customers/7/printers/history?asOf=2026-11-02&p=1&limit=1",
        "GET /v2/customers/7/printers/history?asOf=2026-11-02&p=2&limit=1",
    ]


def test_an_error_names_what_the_profile_expected(simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(BUILT_IN.replace('rows = ["items", "data", "value"]', 'rows = ["results"]'))
    at = At(simulator.url, str(simulator.ca_bundle), simulator.username, profile=str(path))
    with ThreeManager(at, Secret(simulator.password)) as client, pytest.raises(UnusableAnswerError) as caught:
        client.organizations()
    assert (
        "/api/v1/organizations answered with status 200 where an array of rows, or an object with one in results"
        in (error_line(caught.value))
    )


@pytest.mark.parametrize("table", ["paths", "parameters", "fields", "meters"])
def test_every_missing_key_is_named(table: str, tmp_path: Path) -> None:
    for key in tomllib.loads(OTHER)[table]:
        without = re.sub(rf"(?m)^{key} = .*\n", "", OTHER) if key != "names" else OTHER.replace("names", "nmaes")
        assert refused(tmp_path, without).endswith(f"is not an API profile: {table}.{key} is missing")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda toml: toml.replace("[fields]", "[felds]"), "fields.rows is missing"),
        (lambda toml: "paths = 5\n" + toml.replace("[paths]", "[other]"), "paths.token is missing"),
        (lambda toml: toml.replace('"/connect/token"', "5"), "paths.token must be a text"),
        (lambda toml: toml.replace('"/connect/token"', '""'), "paths.token must be a text"),
        (lambda toml: toml.replace('"/connect/token"', '"@evil.example/token"'), "paths.token must begin with /"),
        (
            lambda toml: toml.replace('"/v2/customers"', '"http://evil"'),
            "paths.organizations must begin with /",
        ),
        (lambda toml: toml.replace("{organization_id}", "{id}"), "paths.devices must hold {organization_id} once"),
        (
            lambda toml: toml.replace("rows_per_page = 1", "rows_per_page = 0"),
            "parameters.rows_per_page must be a whole",
        ),
        (lambda toml: toml.replace("rows_per_page = 1", "rows_per_page = true"), "parameters.rows_per_page must be a"),
        (lambda toml: toml.replace("rows_per_page = 1", 'rows_per_page = "1"'), "parameters.rows_per_page must be a"),
        (lambda toml: toml.replace('["results"]', '"results"'), "fields.rows must be a list of texts"),
        (lambda toml: toml.replace('["results"]', "[1]"), "fields.rows must be a list of texts"),
        (lambda toml: toml.replace('["results"]', "[]"), "fields.rows must be a list of texts"),
        (lambda toml: toml.replace('["pages", "scans"]', '["pages", 5]'), "meters.names must be a list of texts"),
    ],
)
def test_a_wrong_value_is_named(change: Callable[[str], str], problem: str, tmp_path: Path) -> None:
    changed = change(OTHER)
    assert changed != OTHER
    assert refused(tmp_path, changed).startswith(f"is not an API profile: {problem}")


@pytest.mark.parametrize("toml", ["[paths", "no toml at all", b"\xff\xfe", "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_no_profile(toml: str | bytes, tmp_path: Path) -> None:
    assert refused(tmp_path, toml).startswith("is not an API profile: ")


def test_a_file_that_is_not_there_is_no_profile(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidValueError) as caught:
            Profile.load(str(path))
        assert error_line(caught.value) == f"--profile {path}: {reason}"


def test_a_file_of_windows_is_a_profile_too(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_bytes(b"\xef\xbb\xbf" + OTHER.replace("\n", "\r\n").encode())
    assert Profile.load(str(tmp_path / "profile.toml")).meters == ("pages", "scans")


def test_other_braces_in_a_path_are_as_they_stand(simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "braces.toml"
    path.write_text(BUILT_IN.replace("/{organization_id}/devices", "/{organization_id}/{0}{x.y}/devices"))
    at = At(simulator.url, str(simulator.ca_bundle), simulator.username, profile=str(path))
    with ThreeManager(at, Secret(simulator.password)) as client, pytest.raises(UnusableAnswerError, match=r"\{x\.y\}"):
        client.devices("1001", date(2026, 11, 2), "totalPages")


def test_a_meter_is_known_by_the_profile_whatever_its_spelling() -> None:
    profile = Profile.load(None)
    assert profile.meter("TOTAL_PAGES") == "totalPages"
    with pytest.raises(InvalidValueError, match="is none of the meters: totalPages, "):
        profile.meter("pages")
