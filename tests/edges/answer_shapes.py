"""Answers of every shape that a profile can say, written by a program that knows nothing of how prsync reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.edges.clients import ask_for

from prsync.core.model import Reading
from prsync.https.document import document_of
from prsync.threemanager.devices import DevicesReader
from prsync.threemanager.paging import Pager
from prsync.threemanager.profile import Profile
from prsync.threemanager.rows import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

DAY: Final = date(2026, 11, 2)
URL: Final = "https://x.example/api"
PATH: Final = "/devices"


@dataclass(frozen=True)
class Device:
    """What is so of a device, before anybody writes it down."""

    device_id: str
    managed: bool
    count: int | None
    read_at: datetime | None


def some_devices(random: Random) -> list[Device]:
    """Up to nine devices."""
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    devices = [
        Device(
            f"D{number}",
            random.random() < 0.7,
            random.choice([None, random.randint(1, 10**6), random.randint(1, 10**12)]),
            random.choice([None, noon - timedelta(seconds=random.randint(0, 30_000))]),
        )
        for number in range(random.randint(1, 9))
    ]
    # Where nobody has a count, there need be no meter; that is another test's.
    return [*devices, Device("last", True, 7, noon)]


def expected_reading(device: Device) -> Reading:
    """What prsync is to make of it."""
    return Reading(device.device_id, device.managed, device.count, device.read_at)


@dataclass(frozen=True)
class Shape:
    """A server's way to write: its profile, and how it writes a device and a page of rows."""

    name: str
    profile: str
    row: Callable[[Device], dict[str, Any]]
    page: Callable[[Page], Any]
    headers: Callable[[Page], dict[str, str]] = lambda _: {}
    meter: str = "totalPages"


@dataclass(frozen=True)
class Page:
    """A page of rows: from which row on, how many are asked for, and how many there are."""

    rows: list[dict[str, Any]]
    first: int
    size: int
    total: int

    @property
    def next_row(self) -> int | None:
        """Where the next page begins; None on the last."""
        following = self.first + self.size
        return following if following < self.total else None

    @property
    def next_page(self) -> int | None:
        """The number of the next page, the first being 1."""
        return None if self.next_row is None else self.next_row // self.size + 1

    @property
    def link(self) -> str | None:
        """The URL of the next page."""
        return None if self.next_row is None else f"{URL}{PATH}?skip={self.next_row}&key=a%2Fb"


def _iso(read_at: datetime | None) -> str | None:
    return None if read_at is None else read_at.isoformat().replace("+00:00", "Z")


def _plain(device: Device) -> dict[str, Any]:
    return {
        "deviceId": device.device_id,
        "managed": device.managed,
        "counters": {"totalPages": device.count, "scanTotal": 5},
        "lastReadAt": _iso(device.read_at),
        "serialNumber": "S1",
    }


def _as_list(device: Device) -> dict[str, Any]:
    return _plain(device) | {"counters": [{"k": "scanTotal", "n": 3}, {"k": "total_pages", "n": device.count}]}


def _as_values(device: Device) -> dict[str, Any]:
    return _plain(device) | {"counters": {"TotalPages": {"value": device.count, "unit": "pages"}}}


def _as_fields(device: Device) -> dict[str, Any]:
    milliseconds = device.read_at and int(device.read_at.timestamp() * 1000)
    return {"device": {"ID": device.device_id}, "state": "Managed" if device.managed else "Ignored"} | {
        "totalPages": None if device.count is None else str(device.count),
        "read": milliseconds,
    }


def _as_dotnet(device: Device) -> dict[str, Any]:
    written = device.read_at and f"/Date({int(device.read_at.timestamp() * 1000)}+0100)/"
    return _plain(device) | {"lastReadAt": written, "managed": int(device.managed)}


def _as_sum(device: Device) -> dict[str, Any]:
    half = None if device.count is None else device.count // 2
    rest = None if half is None or device.count is None else device.count - half
    return _plain(device) | {"counters": {"totalBw": half or None, "totalColor": rest}}


def _without_half_of_nothing(device: Device) -> dict[str, Any]:
    # A count of 1 has no half: a meter at 0 is one that nobody could read.
    return _as_sum(device) if device.count != 1 else _as_sum(device) | {"counters": {"totalBw": None}}


SHAPES: Final = [
    Shape("built in", "", _plain, lambda page: {"items": page.rows, "nextPage": page.next_page}),
    Shape("not told", '[paging]\nnext = ""', _plain, lambda page: {"data": page.rows}),
    Shape("array", "", _plain, lambda page: page.rows),
    Shape(
        "total",
        '[paging]\nnext = ""\ntotal = "meta.total"',
        _plain,
        lambda page: {"items": page.rows, "meta": {"total": str(page.total)}},
    ),
    Shape(
        "counters as a list",
        '[counters]\nstyle = "list"\nname = "k"\nvalue = "n"',
        _as_list,
        lambda page: {"value": page.rows, "nextPage": page.next_page or 0},
    ),
    Shape(
        "counts in objects",
        '[counters]\nvalue = "value"',
        _as_values,
        lambda page: {"ITEMS": page.rows, "next_page": page.next_page and str(page.next_page)},
    ),
    Shape(
        "fields",
        '[counters]\nstyle = "fields"\n[devices]\nid = "device.id"\nmanaged = "state"\nmanaged_values = ["managed"]\n'
        'unmanaged_values = ["ignored"]\nread_at = "read"\nread_at_format = "milliseconds"\nrows = ["result.list"]',
        _as_fields,
        lambda page: {"result": {"list": page.rows}, "nextPage": page.next_page or ""},
    ),
    Shape(
        "OData",
        '[paging]\nstyle = "link"\nnext = "@odata.nextLink"\n[devices]\nread_at_format = "dotnet"',
        _as_dotnet,
        lambda page: (
            {"value": page.rows, "@odata.count": page.total} | ({"@odata.nextLink": page.link} if page.link else {})
        ),
    ),
    Shape(
        "HAL",
        '[paging]\nstyle = "link"\nnext = "_links.next.href"',
        _plain,
        lambda page: {"items": page.rows, "_links": {"next": {"href": page.link}} if page.link else {}},
    ),
    Shape(
        "Link",
        '[paging]\nstyle = "link"\nnext = ""',
        _plain,
        lambda page: page.rows,
        lambda page: {"Link": f'<{URL}>; rel="first", <{page.link}>; rel="next"'} if page.link else {},
    ),
    Shape(
        "cursor",
        '[paging]\nstyle = "cursor"\nnumber = "after"\nnext = "paging.next"',
        _plain,
        lambda page: {"data": page.rows, "paging": {"next": page.next_row and f"c{page.next_row}"}},
    ),
    Shape(
        "offset",
        '[paging]\nstyle = "offset"\nnumber = "skip"\nfirst = 0\nsize = "take"\nnext = ""\ntotal = "total"',
        _plain,
        lambda page: {"items": page.rows, "total": page.total},
    ),
    Shape(
        "a sum",
        "",
        _without_half_of_nothing,
        lambda page: {"items": page.rows, "nextPage": page.next_page},
        meter="totalBw + totalColor",
    ),
]


@dataclass
class ShapedServer:
    """Answers in one shape, some rows on a page; `mutate` spoils what it would have said."""

    shape: Shape
    devices: list[Device]
    cap: int
    mutate: Mutator | None = None
    answers: int = 0
    profile: Profile = field(init=False)

    def __post_init__(self) -> None:
        self.profile = _profile(self.shape.profile)

    def read(self) -> list[Reading]:
        """What prsync makes of its devices."""
        devices = self.profile.devices
        pager = Pager(get=self.get, paging=devices.paging, rows=devices.rows, key="devices", url=URL)
        query = ask_for("1001", DAY, self.shape.meter)
        return DevicesReader(profile=self.profile, query=query, path=PATH).read(pager.all_rows(PATH, {}))

    def get(self, path: str, parameters: Mapping[str, str | int]) -> Answer:
        """Answer one question as a server would: by its path and its parameters alone."""
        self.answers += 1
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()} | dict(parameters)
        first = self._first(asked)
        rows = [self.shape.row(device) for device in self.devices]
        page = Page(rows[first : first + self.cap], first, self.cap, len(rows))
        body = json.dumps(self.shape.page(page)).encode()
        headers = self.shape.headers(page)
        if self.mutate is not None:
            body, headers = self.mutate.body(body), self.mutate.headers(headers)
        return Answer(_document(body), headers, f"{URL}{path}")

    def _first(self, asked: Mapping[str, str | int]) -> int:
        if "page" in asked:
            return (int(asked["page"]) - 1) * self.cap
        cursor = str(asked.get("skip", asked.get("after", 0))).removeprefix("c")
        return int(cursor) if cursor.isascii() and cursor.isdigit() else 0


_PROFILES: dict[str, Profile] = {}


def _profile(text: str) -> Profile:
    return _PROFILES.setdefault(text, _PROFILES.get(text) or Profile.parse(text))


def _document(body: bytes) -> Any:
    from prsync.errors import UnusableAnswerError

    # As a session does it.
    try:
        return document_of(body)
    except ValueError:
        raise UnusableAnswerError(PATH, 200, "JSON") from None


_DEEP: Final = "@deep@"
_HUGE: Final = "@huge@"


@dataclass
class Mutator:
    """Makes something in an answer otherwise: a value, a name, a row, a byte."""

    random: Random

    def body(self, body: bytes) -> bytes:
        """A body, mutated in some places; now and then not at all."""
        document = json.loads(body)
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 4])):
            document = self._mutated(document)
        written = json.dumps(document).replace(f'"{_HUGE}"', self.random.choice(_NUMBERS))
        depth = self.random.choice([3, 100, 400, 900, 950, 980, 990, 20_000])
        opening, closing = self.random.choice([("[", "]"), ('{"a":', "}")])
        inner = "1" if opening != "[" else ""
        written = written.replace(f'"{_DEEP}"', opening * depth + inner + closing * depth)
        return self._with_other_bytes(written.encode("utf-8", "surrogatepass"))

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Headers, of which one may say something else."""
        if self.random.random() < 0.1:
            name = self.random.choice(["Link", "X-Pagination", "X-Total-Count", "Content-Range", "X-Next-Page"])
            return headers | {name: self.random.choice(_HEADERS)}
        return headers

    def _with_other_bytes(self, body: bytes) -> bytes:
        if self.random.random() > 0.1 or not body:
            return body
        place = self.random.randrange(len(body))
        match self.random.randrange(4):
            case 0:
                return body[:place]
            case 1:
                return body[:place] + self.random.randbytes(1) + body[place + 1 :]
            case 2:
                return body[:place] + body[place + 1 :]
            case _:
                return b"\xef\xbb\xbf" + body

    def _mutated(self, value: Any) -> Any:
        go_down = self.random.random() < 0.85
        if isinstance(value, dict) and value and go_down:
            return self._object(dict(value))
        if isinstance(value, list) and value and go_down:
            return self._array(list(value))
        return self._junk()

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        name = self.random.choice(list(value))
        match self.random.randrange(8):
            case 0:
                del value[name]
            case 1:
                value[self._respelt(name)] = value.pop(name)
            case 2:
                value[self._respelt(name)] = self._junk()
            case 3:
                value[self.random.choice(_SIGNS)] = self._junk()
            case _:
                value[name] = self._mutated(value[name])
        return value

    def _array(self, value: list[Any]) -> list[Any]:
        place = self.random.randrange(len(value))
        match self.random.randrange(8):
            case 0:
                del value[place]
            case 1:
                value.append(value[place])
            case 2:
                value.insert(place, self._junk())
            case _:
                value[place] = self._mutated(value[place])
        return value

    def _respelt(self, name: str) -> str:
        return self.random.choice([name.upper(), f"_{name}_", name.title(), name[::-1], "", f"{name}.{name}"])

    def _junk(self) -> Any:
        return self.random.choice(_JUNK)


_NUMBERS: Final = ["9" * 5000, "-" + "9" * 41, "1e9999999", "-1e99999999999999999999", "0.1", "1E+3", "-0", "12.0"]
_SIGNS: Final = ["hasMore", "next", "nextPage", "total", "count", "totalPages", "last", "links", "_links", "error"]
_HEADERS: Final = [
    '<https://x.example/api/devices?skip=1>; rel="next"',
    "<https://[>; rel=next",
    "<<<>>>;;;rel=rel=rel=next",
    "rel=" * 3000,
    "<" * 3000,
    '{"TotalCount": 99, "HasNext": "true"}',
    "[" * 3000,
    "items 0-1/99",
    "99",
    "\x00",
]
_JUNK: Final[list[Any]] = [
    *(None, True, False, 0, 1, -1, 2, 10**39, 10**80, 2**63, 0.5, 1e300, float("nan"), float("inf"), _DEEP, _HUGE),
    *("", " ", "0", "1", "2", "12,345", "7 pages", "9" * 60, "٣", "²", "\ud800", "\x1b[2J", "\u202e=1+1", "x" * 10_000),
    *("true", "Managed", "ignored", "2026-11-02T12:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59-14:00"),
    *("/Date(99999999999999999)/", "https://x.example/api/devices?skip=2", "https://evil.example/", "https://[", "//["),
    *([], {}, [[]], [{}], [None], {"a": 1}, {"value": 5}, {"href": "x"}, {"next": "x"}, [{"rel": "next", "href": "x"}]),
]
