"""Whatever JSON a server answers with: readings, or one error that says what was expected. Never anything else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st
from tests.edges.clients import ask_for

from prsync.core.model import MAX_COUNT, Reading
from prsync.errors import ProfileMismatchError, UnusableAnswerError, error_line
from prsync.threemanager.client import organization_of
from prsync.threemanager.devices import DevicesReader
from prsync.threemanager.document import document_of
from prsync.threemanager.paging import Pager
from prsync.threemanager.profile import Profile
from prsync.threemanager.rows import Answer

if TYPE_CHECKING:
    from prsync.core.model import Organization

PROFILE = Profile.load(None)
DAY = date(2026, 11, 2)
INSTANTS = ["2026-11-02T12:00:00Z", "2026-11-02T12:00:00+25:00", "0001-01-01T00:00:00+14:00", "2026-11-02"]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=MAX_COUNT - 1),
    st.floats(),
    st.text(max_size=5),
    st.text("0123456789", max_size=60),
    st.sampled_from([*INSTANTS, "\ud800", "\x1b[2J", " true "]),
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)
COUNTERS = st.fixed_dictionaries(
    {"totalPages": st.integers(1, 500_000) | ANYTHING}, optional={"TOTAL_PAGES": SCALARS, "scanTotal": ANYTHING}
)
# Most rows have an id and most pages have rows: where all are refused, nothing is learnt about what comes after.
ROW = st.fixed_dictionaries(
    {
        "deviceId": st.sampled_from(["A", "B", 17]),
        "organizationId": st.sampled_from(["1", 2]),
        "counters": COUNTERS | ANYTHING,
        "managed": ANYTHING,
    },
    optional={"lastReadAt": ANYTHING, "name": ANYTHING},
)
ROWS = st.lists(ROW, max_size=3)
ODD_ROWS = st.lists(st.fixed_dictionaries({"deviceId": SCALARS, "organizationId": SCALARS}), min_size=1, max_size=3)
PAGES = st.one_of(
    ROWS,
    ODD_ROWS,
    st.fixed_dictionaries({"items": ROWS, "nextPage": st.none()}),
    st.fixed_dictionaries({"items": ROWS}, optional={"nextPage": st.none() | st.integers()}),
    st.fixed_dictionaries({"Data": ROWS}, optional={"items": SCALARS}),
    st.fixed_dictionaries({"VALUE": ODD_ROWS | ANYTHING}, optional={"nextPage": ANYTHING}),
    ANYTHING,
)


def pager(body: bytes) -> Pager:
    """Reads a list whose every page is this body."""
    return Pager(
        get=lambda _path, _parameters: Answer(document_of(body), {}, "https://x.example/devices"),
        paging=PROFILE.devices.paging,
        rows=PROFILE.devices.rows,
        key="devices",
        url="https://x.example",
    )


def readings_of(body: bytes) -> list[Reading]:
    query = ask_for("1001", DAY)
    return DevicesReader(profile=PROFILE, query=query, path="/devices").read(pager(body).all_rows("/devices", {}))


def organizations_of(body: bytes) -> list[Organization]:
    return [organization_of(row, PROFILE, "/organizations") for row in pager(body).first_page("/organizations", {})]


def check_reading(reading: Reading) -> None:
    reading.device_id.encode()
    assert reading.count is None or 1 <= reading.count <= MAX_COUNT
    assert not (reading.invalid and reading.count)
    assert reading.read_at is None or reading.read_at.utcoffset() is not None


def test_any_document_is_readings_or_an_error_of_ours() -> None:
    reached: Counter[str] = Counter()

    @given(PAGES)
    def attempt(document: Any) -> None:
        try:
            readings = readings_of(json.dumps(document).encode())
        except (UnusableAnswerError, ProfileMismatchError) as error:
            line = error_line(error)
            assert line.startswith(("/devices answered with status 200 where ", "/devices: "))
            assert line.isprintable()
            reached["unusable"] += 1
            return
        for reading in readings:
            check_reading(reading)
            reached["counted" if reading.count else "invalid" if reading.invalid else "unread"] += 1

    attempt()
    assert min(reached[kind] for kind in ("unusable", "counted", "invalid", "unread")) >= 10, reached


def test_any_document_is_organizations_or_an_error_of_ours() -> None:
    reached: Counter[str] = Counter()

    @given(PAGES)
    def attempt(document: Any) -> None:
        try:
            organizations = organizations_of(json.dumps(document).encode())
        except UnusableAnswerError:
            reached["unusable"] += 1
            return
        for organization in organizations:
            organization.organization_id.encode()
            assert organization.name == organization.name.strip() != ""
            assert {category(letter) for letter in organization.name}.isdisjoint({"Cc", "Cs"})
            reached["named"] += 1

    attempt()
    assert min(reached["unusable"], reached["named"]) >= 50, reached


@given(st.binary(max_size=60) | st.text('[]{}:,"0123456789.eE-+ nultrfas', max_size=60).map(str.encode))
def test_any_bytes_are_a_document_or_none(body: bytes) -> None:
    try:
        document = document_of(body)
    except ValueError:
        return
    # What passes is what JSON is to everybody else.
    assert json.dumps(document, default=str) is not None
    json.loads(body, parse_int=str, parse_float=str)
