"""The API profile: a file that says what differs, and is refused with the key and the line where it says nonsense."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.clients import PASSWORD, ask_for, no_sleep, settings_at
from tests.edges.raw_server import TOKEN, RawServer, answers, http

from prsync.core.model import Organization, Reading
from prsync.credentials.passwords import Secret
from prsync.errors import InvalidValueError, UnusableAnswerError, error_line
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile, built_in_text

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

OTHER = """\
# Another server, with other names.
[auth]
token = "/connect/token"

[organizations]
path = "/v2/customers"
rows = ["results"]
id = "customerNo"
name = "title"

[devices]
path = "/v2/customers/{organization_id}/printers/history"
rows = ["results"]
id = "printer"
managed = "inContract"
read_at = "polled"

[counters]
at = "meters"

[meters]
names = ["pages", "scans"]

[history]
day = "asOf"

[paging]
number = "p"
size = "limit"
rows_per_page = 1
next = "following"
"""


def refused(tmp_path: Path, toml: str | bytes) -> str:
    """The line about a profile that is none."""
    path = tmp_path / "profile.toml"
    path.write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    with pytest.raises(InvalidValueError) as caught:
        Profile.load(str(path))
    line = error_line(caught.value)
    assert line.startswith(f"--profile {path}: is not an API profile: ")
    assert "\n" not in line
    return line.removeprefix(f"--profile {path}: is not an API profile: ")


def test_the_built_in_profile_says_what_the_contract_assumes() -> None:
    profile = Profile.load(None)
    assert (profile.auth.grant, profile.auth.token) == ("password", "/oauth/token")
    assert profile.organizations.path == "/api/v1/organizations"
    assert profile.devices.path == "/api/v1/organizations/{organization_id}/devices"
    assert (profile.history.style, profile.history.day, profile.history.format) == ("day", "date", "%Y-%m-%d")
    for paging in (profile.organizations.paging, profile.devices.paging):
        assert (paging.style, paging.number, paging.first, paging.size) == ("page", "page", 1, "pageSize")
        assert (paging.rows_per_page, paging.next) == (200, "nextPage")
    assert len(profile.meters.names) == len(set(profile.meters.names)) == 24


def test_an_empty_file_is_the_built_in_profile(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    assert Profile.load(str(tmp_path / "empty.toml")) == Profile.load(None)


def test_a_server_with_other_names_needs_a_profile_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(OTHER)
    pages: list[Any] = [
        {"results": [{"customerNo": 7, "title": "Acme"}], "following": None},
        {"results": [{"printer": "A", "inContract": True, "polled": None, "meters": {"Pages": 5}}], "following": 2},
        {"results": [{"printer": "B", "inContract": False, "meters": {"pages": "6"}}], "following": None},
    ]
    said = answers(http(TOKEN), *(http(json.dumps(page).encode()) for page in pages))
    with RawServer(tmp_path, said) as server:
        settings = settings_at(server.url, server.ca_bundle, profile=tmp_path / "other.toml")
        with ThreeManager(settings, Secret(PASSWORD), sleep=no_sleep) as client:
            assert client.organizations() == [Organization("7", "Acme")]
            readings = client.devices(ask_for("7", date(2026, 11, 2), "pages"))
    assert readings == [Reading("A", managed=True, count=5), Reading("B", managed=False, count=6)]
    assert [request.partition(b" HTTP/1.1")[0].decode() for request in server.requests] == [
        "POST /connect/token",
        "GET /v2/customers?p=1&limit=1",
        "GET /v2/customers/7/printers/history?asOf=2026-11-02&p=1&limit=1",
        "GET /v2/customers/7/printers/history?asOf=2026-11-02&p=2&limit=1",
    ]


def test_an_error_names_what_the_profile_expected(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[organizations]\nrows = ["results"]\n')
    settings = settings_at(simulator.url, simulator.ca_bundle, simulator.username, profile=tmp_path / "other.toml")
    with ThreeManager(settings, Secret(simulator.password)) as client, pytest.raises(UnusableAnswerError) as caught:
        client.organizations()
    expected = "an array of rows, or an object with one in results"
    assert f"/api/v1/organizations answered with status 200 where {expected}" in error_line(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("[organizations]", "[organisations]", "organisations (line 5): there is no such key; prsync profile show"),
        ('name = "title"', 'nmae = "title"', "organizations.nmae (line 9): there is no such key"),
        ('token = "/connect/token"', "token = 5", "auth.token (line 3): must be a text"),
        ('"/connect/token"', '""', "auth.token (line 3): must be a path that begins with /, or an https:// URL"),
        ('"/connect/token"', '"@evil.example/token"', "auth.token (line 3): must be a path that begins with /"),
        ('"/connect/token"', '"http://evil.example/token"', "auth.token (line 3): must be a path that begins with /"),
        ('"/v2/customers"', '"http://evil"', "organizations.path (line 6): must begin with /"),
        ('"/v2/customers"', '"//evil/x"', "organizations.path (line 6): must begin with /"),
        ("{organization_id}", "{id}", "devices.path (line 12): must hold {organization_id} once"),
        ('["results"]\nid = "printer"', '"results"\nid = "printer"', "devices.rows (line 13): must be a list"),
        ('["results"]\nid = "printer"', '[1]\nid = "printer"', "devices.rows (line 13): must be a text"),
        ('read_at = "polled"', 'read_at_format = "dd.mm"', "devices.read_at_format (line 16): must be one of iso, "),
        ('read_at = "polled"', 'read_at_timezone = "Mars"', "devices.read_at_timezone (line 16): Mars is no time zone"),
        ('["pages", "scans"]', "[]", "meters.names (line 22): must not be empty"),
        ('day = "asOf"', 'style = "years"', "history.style (line 25): must be 'day', 'range' or 'none'"),
        ('day = "asOf"', 'day = ""', "history.day (line 25): must name the parameter"),
        ('day = "asOf"', 'style = "range"\nfrom = ""', "history.from (line 26): must name the parameter"),
        ("rows_per_page = 1", "rows_per_page = 0", "paging.rows_per_page (line 30): "),
        ("rows_per_page = 1", "rows_per_page = true", "paging.rows_per_page (line 30): must be a whole number"),
        ("rows_per_page = 1", 'rows_per_page = "1"', "paging.rows_per_page (line 30): must be a whole number"),
        ('number = "p"', 'number = ""', "paging.number (line 28): must name the parameter of the page"),
        ('number = "p"', 'style = "cursor"\nnext = ""\nnumber = "p"', "cursor"),
        ('at = "meters"', 'style = "list"\nat = "meters"', "counters.name (line 18): must say where an entry"),
        ('at = "meters"', 'at = ""', "counters.at (line 19): must say where the counters stand"),
        ("[auth]", "headers = 5\n[auth]", "headers (line 2): must be a table"),
        ("[paging]", "[[paging]]", "must be a table"),
        ('token = "/connect/token"', 'grant = "header"', "auth.header (line 2): must name the header"),
        ('"/v2/customers"', '""', "devices.organization_id must say whose a device is"),
        (
            '["pages", "scans"]',
            '["a + b"]',
            "meters.names (line 22): must be single meters: it is a feed's --meter that",
        ),
        ('day = "asOf"', 'style = "range"\nto = "from"', "history.to (line 26): must be another parameter than from"),
        (
            'day = "asOf"',
            'format = "yyyy-MM-dd"',
            "history.format (line 25): must hold the year, the month and the day",
        ),
        ('day = "asOf"', 'format = "%Y-%m-%dT%H:%M:%S+00:00"', "history.format (line 25): has a fixed zone at its end"),
        ('day = "asOf"', 'format = "%Y-%m-%d%!"', "history.format (line 25): has a % that this Python does not know"),
        ("[meters]", "[organizations]\n[meters]", "organizations (line 21): is there a second time; write its keys"),
        ('day = "asOf"', 'format = "%Y-%m"', "history.format (line 25): must hold the year, the month and the day"),
        ('day = "asOf"', 'format = "%Y-%m-%dT%H:%M:%SZ"', "history.format (line 25): has a fixed zone at its end"),
        ('managed = "inContract"', "managed_values = []", "devices.managed_values (line 15): must hold the values"),
        (
            'managed = "inContract"',
            'managed_values = ["Yes"]\nunmanaged_values = ["no", "yes "]',
            'devices.managed_values (line 15): and unmanaged_values both hold "yes"',
        ),
        (
            "[organizations]",
            '[auth.form]\nclient_secret = "x"\n[organizations]',
            "auth.form (line 5): must not hold the ",
        ),
        ("[organizations]", '[headers]\nAuthorization = "x"\n[organizations]', "headers (line 5): must not hold Auth"),
        ('read_at = "polled"', "paging.style = 5", "devices.paging.style (line 16): "),
        ("[auth]", "[auth]\nform = { x = 1 }", "auth.form.x (line 3): must be a text"),
    ],
)
def test_nonsense_is_refused_with_its_key_and_line(before: str, after: str, problem: str, tmp_path: Path) -> None:
    assert before in OTHER
    changed = OTHER.replace(before, after, 1)
    if 'next = ""' in after:
        changed = changed.replace('next = "following"\n', "")
    assert problem in refused(tmp_path, changed)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    changed = OTHER.replace("[organizations]", "[organisations]").replace("rows_per_page = 1", "rows_per_page = 0")
    told = refused(tmp_path, changed.replace('"asOf"', '""'))
    assert "history.day (line 25): must name the parameter" in told
    assert "organisations (line 5): there is no such key" in told
    assert told.count("paging.rows_per_page (line 30)") == 1
    many = "\n".join(f"none{number} = 1" for number in range(9))
    assert refused(tmp_path, many).endswith("; and 4 more")


@pytest.mark.parametrize("toml", ["[paths", "no toml at all", b"\xff\xfe", "a = 1\na = 2", "\x00"])
def test_what_is_no_toml_is_no_profile(toml: str | bytes, tmp_path: Path) -> None:
    assert refused(tmp_path, toml)


def test_a_file_that_is_not_there_is_no_profile(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidValueError) as caught:
            Profile.load(str(path))
        assert error_line(caught.value) == f"--profile {path}: {reason}"


def test_a_file_of_windows_is_a_profile_too(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_bytes(b"\xef\xbb\xbf" + OTHER.replace("\n", "\r\n").encode())
    assert Profile.load(str(tmp_path / "profile.toml")).meters.names == ["pages", "scans"]


def test_each_list_may_page_in_its_own_way(tmp_path: Path) -> None:
    own = '[organizations.paging]\nstyle = "none"\n[devices.paging]\nnumber = "offset"\nstyle = "offset"\nfirst = 0\n'
    (tmp_path / "own.toml").write_text(OTHER + own)
    profile = Profile.load(str(tmp_path / "own.toml"))
    assert (profile.organizations.paging.style, profile.devices.paging.style) == ("none", "offset")
    # What they do not say is as [paging] has it.
    assert (profile.devices.paging.size, profile.devices.paging.next) == ("limit", "following")


def test_the_built_in_profile_has_every_key() -> None:
    tables = tomllib.loads(built_in_text())
    for table, model in Profile.model_fields.items():
        fields = getattr(model.annotation, "model_fields", {})
        expected = {field.alias or name for name, field in fields.items()} - {"paging"}
        assert set(tables[table]) == expected, table
    assert "paging" in tables


def test_other_braces_in_a_path_are_as_they_stand(simulator: Simulator, tmp_path: Path) -> None:
    path = tmp_path / "braces.toml"
    path.write_text('[devices]\npath = "/api/v1/organizations/{organization_id}/{0}{x.y}/devices"\n')
    settings = settings_at(simulator.url, simulator.ca_bundle, simulator.username, profile=path)
    with (
        ThreeManager(settings, Secret(simulator.password)) as client,
        pytest.raises(UnusableAnswerError, match=r"\{x\.y\}"),
    ):
        client.devices(ask_for("1001", date(2026, 11, 2), "totalPages"))


def test_a_meter_is_known_by_the_profile_whatever_its_spelling() -> None:
    profile = Profile.load(None)
    assert profile.meter("TOTAL_PAGES") == "totalPages"
    assert profile.meter("total_bw+TOTALCOLOR") == "totalBw + totalColor"
    for unknown in ("pages", "totalBw + pages", "totalBw +", "+"):
        with pytest.raises(InvalidValueError, match=r"is none of meters\.names in the API profile: totalPages, "):
            profile.meter(unknown)
