"""Whatever JSON a server answers with: readings, or one error that says what was expected. Never anything else."""

from __future__ import annotations

import json
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.edges.answer_shapes import SHAPES, Mutator, ShapedServer, expected_reading, some_devices

from prsync.core.model import MAX_COUNT
from prsync.core.text import printable
from prsync.errors import ProfileMismatchError, UnusableAnswerError, error_line
from prsync.https.document import document_of
from prsync.threemanager.client import organization_of
from prsync.threemanager.paging import Pager
from prsync.threemanager.profile import Profile
from prsync.threemanager.rows import Answer

if TYPE_CHECKING:
    from prsync.core.model import Organization, Reading

PROFILE = Profile.load(None)
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


def organizations_of(body: bytes) -> list[Organization]:
    return [organization_of(row, PROFILE, "/organizations") for row in pager(body).first_page("/organizations", {})]


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
    assert min(reached["unusable"], reached["named"]) >= settings().max_examples // 10, reached


@given(st.binary(max_size=60) | st.text('[]{}:,"0123456789.eE-+ nultrfas', max_size=60).map(str.encode))
def test_any_bytes_are_a_document_or_none(body: bytes) -> None:
    try:
        document = document_of(body)
    except ValueError:
        return
    # What passes is what JSON is to everybody else.
    assert json.dumps(document, default=str) is not None
    json.loads(body, parse_int=str, parse_float=str)


# Real answers of every shape that a profile can say, and what becomes of them when something in them is otherwise.

ANSWERS: Final = 24_000
SEED: Final = 20261102


def test_real_answers_of_every_shape_are_read_as_they_were_written() -> None:
    random = Random(SEED)
    for shape in SHAPES:
        for _ in range(40):
            devices = some_devices(random)
            server = ShapedServer(shape, devices, random.randint(1, 4))
            assert sorted(server.read(), key=repr) == sorted(map(expected_reading, devices), key=repr), shape.name


@pytest.mark.long
def test_a_mutated_answer_is_readings_or_an_error_of_ours() -> None:
    random, reached = Random(SEED), Counter[str]()
    begun = time.process_time()
    while reached["answers"] < ANSWERS:
        shape = random.choice(SHAPES)
        devices = some_devices(random)
        server = ShapedServer(shape, devices, random.randint(1, 4), mutate=Mutator(random))
        try:
            readings = server.read()
        except (UnusableAnswerError, ProfileMismatchError) as error:
            line = error_line(error)
            assert printable(line) == line
            assert len(line) < 4000
            reached["refused"] += 1
        else:
            for reading in readings:
                check_reading(reading)
            reached["read"] += 1
        reached["answers"] += server.answers
    assert min(reached["read"], reached["refused"]) >= ANSWERS // 10, reached
    # Nothing in an answer makes reading it slow.
    assert time.process_time() - begun < 300


def check_reading(reading: Reading) -> None:
    reading.device_id.encode()
    assert reading.count is None or 1 <= reading.count <= MAX_COUNT
    assert not (reading.invalid and reading.count)
    assert reading.read_at is None or reading.read_at.utcoffset() is not None
