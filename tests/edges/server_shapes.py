"""Servers of many shapes, each said by an API profile: together they use every key that a profile has."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final

from tests.edges.clients import no_sleep, settings_at
from tests.support import ScriptedFleet, noon

from prsync.core.model import ONE_DAY, Organization, Reading, Scope
from prsync.credentials.passwords import Secret
from prsync.demo.simulator import Simulator
from prsync.threemanager.client import ThreeManager
from prsync.threemanager.profile import Profile
from prsync.threemanager.query import DevicesQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Change = Callable[[Profile], Profile]

DAYS: Final = (date(2026, 11, 2), date(2026, 11, 3))
ORGANIZATIONS: Final = [
    Organization("1001", "Acme A/S"),
    Organization("1002", "Ærø Færger"),
    Organization("1003", "Fjordbyen"),
]
COUNTS: Final = {"1001": {"A": (1000, 1120), "B": (2000, 2001), "C": (3000, 3300)}, "1002": {"D": (50, 70)}, "1003": {}}
"""Of each customer the devices, and of each its counts on the two days. C is not managed."""

PAGES_OF_TWO: Final = "\n[paging]\nrows_per_page = 2\n"


def unchanged(profile: Profile) -> Profile:
    """The profile as it is."""
    return profile


def client_for(
    simulator: Simulator, client_id: str | None = None, secret: str | None = None, change: Change = unchanged
) -> ThreeManager:
    """A client with the profile of the server, as `change` makes it."""
    settings = settings_at(simulator.url, simulator.ca_bundle, simulator.username, client_id=client_id)
    return ThreeManager(
        settings,
        Secret(simulator.password),
        change(simulator.profile),
        client_secret=Secret(secret) if secret else None,
        sleep=no_sleep,
    )


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A server's shape: a profile, and what the server wants or does beside it."""

    name: str
    toml: str = PAGES_OF_TWO
    client: tuple[str, str | None] = ("", None)
    """The OAuth client's id and secret; "" for none."""
    meter: str = "totalPages"
    parts: tuple[str, ...] = ()
    """The meters that are added to one."""
    asked: Mapping[str, str | None] = field(default_factory=dict)
    """What stands in the query of a request for the devices of the first day; None for what does not."""
    timezone: str = "UTC"
    pages: int | None = 2
    """On how many pages the devices of the first customer, or of all, are; None where it takes as many as it takes."""
    customer_pages: int | None = 2
    """On how many pages the customers are."""

    @property
    def profile(self) -> Profile:
        return Profile.parse(self.toml)

    def fleet(self) -> ScriptedFleet:
        """What the server knows: the counts of both days."""
        fleet = ScriptedFleet(
            *(found.name for found in ORGANIZATIONS), meter=self.parts[0] if self.parts else self.meter
        )
        for owner in ORGANIZATIONS:
            for device_id, counts in COUNTS[owner.organization_id].items():
                # On the day before, each has 10 pages less.
                for day, count in zip([DAYS[0] - ONE_DAY, *DAYS], [counts[0] - 10, *counts], strict=True):
                    # Of two meters that are added, the second has 7.
                    fleet.reads(
                        device_id,
                        day,
                        count - 7 if self.parts else count,
                        managed=device_id != "C",
                        others={self.parts[1]: 7} if self.parts else None,
                        organization=owner.name,
                    )
        return fleet

    @contextmanager
    def running(self, folder: Path, change: Change = unchanged) -> Iterator[tuple[Simulator, ThreeManager]]:
        """A server of this shape, and a client with its profile as `change` makes it."""
        client_id, secret = self.client
        simulator = Simulator(
            self.fleet(),
            folder=folder / "server",
            profile=self.profile,
            client_id=client_id or None,
            client_secret=secret,
            today=DAYS[0],
        )
        with simulator, client_for(simulator, client_id or None, secret, change) as client:
            yield simulator, client

    def query(self, organization_id: str, day: date, meter: str) -> DevicesQuery:
        """The question for a customer's devices."""
        scope = Scope.MANAGED if self.profile.tells_managed else Scope.ALL
        return DevicesQuery(organization_id=organization_id, day=day, meter=meter, scope=scope, timezone=self.timezone)

    def expected(self, organization_id: str, number: int) -> list[Reading]:
        """What should be read of a customer's devices on the first day (0) or the second (1)."""
        readings = [
            Reading(device_id, device_id != "C", counts[number], noon(DAYS[number]))
            for device_id, counts in COUNTS[organization_id].items()
        ]
        if not self.profile.tells_managed:
            readings = [replace(reading, managed=False) for reading in readings]
        if not self.profile.devices.read_at:
            readings = [replace(reading, read_at=None) for reading in readings]
        return readings


ANOTHER_HOST = """
[auth]
grant = "client_credentials"
token = "https://login.example/connect/token"
client = "body"
[auth.form]
scope = "meters.read"
audience = "print"
[auth.headers]
X-Tenant = "acme"
[headers]
X-Api-Version = "2"
"""

AUTH = [
    Shape(name="built in"),
    Shape(name="client, secret in the body", client=("app-7", "a secret & more"), toml=PAGES_OF_TWO),
    Shape(
        name="client, secret by HTTP Basic",
        client=("app-7", "a secret & more"),
        toml='[auth]\nclient = "basic"\n' + PAGES_OF_TWO,
    ),
    Shape(name="client without a secret", client=("app-7", None)),
    Shape(name="client_credentials on another host", toml=ANOTHER_HOST + PAGES_OF_TWO),
    Shape(
        name="client_credentials by HTTP Basic, on another path",
        toml='[auth]\ngrant = "client_credentials"\ntoken = "/token?tenant=1"\nclient = "basic"\n' + PAGES_OF_TWO,
    ),
    Shape(name="HTTP Basic", toml='[auth]\ngrant = "basic"\n' + PAGES_OF_TWO),
    Shape(name="a key in a header", toml='[auth]\ngrant = "header"\nheader = "x-api-key"\n' + PAGES_OF_TWO),
    Shape(name="headers of its own", toml='[headers]\nX-Subscription = "prsync"\nX-Version = "7"\n' + PAGES_OF_TWO),
]

OTHER_LIST = """
[organizations]
path = "/v2/customers?active=true"
rows = ["result.customers"]
id = "customer.no"
name = "customer.title"
"""
IN_QUERY = """
[devices]
path = "/v2/printers?customer={organization_id}&with=meters"
rows = ["result.printers"]
id = "printer.key"
"""
OF_ALL = '[devices]\npath = "/v2/printers"\norganization_id = "customer.no"\n'

LISTS = [
    Shape(name="customers elsewhere", toml=OTHER_LIST + PAGES_OF_TWO),
    Shape(
        name="customers in an array",
        toml="[organizations]\nrows = []\n[devices]\nrows = []\n" + PAGES_OF_TWO,
        pages=None,
        customer_pages=None,
    ),
    Shape(name="the customer in the query", toml=IN_QUERY + PAGES_OF_TWO, asked={"customer": "1001", "with": "meters"}),
    Shape(name="all customers' devices in one answer", toml=OF_ALL + PAGES_OF_TWO),
    Shape(
        name="customers known by their devices alone",
        customer_pages=None,
        toml='[organizations]\npath = ""\nname = "customer.title"\n'
        + OF_ALL
        + '[history]\nstyle = "none"\n'
        + PAGES_OF_TWO,
    ),
]


def of_devices(name: str, *lines: str, table: str = "devices", meter: str = "totalPages") -> Shape:
    return Shape(name=name, toml=f"[{table}]\n" + "\n".join(lines) + PAGES_OF_TWO, meter=meter)


ROWS = [
    of_devices(
        "managed in words",
        'managed = "contract.state"',
        'managed_values = ["Active"]',
        'unmanaged_values = ["Retired"]',
    ),
    of_devices("managed in numbers", "managed_values = [2]", "unmanaged_values = [3]"),
    of_devices("managed untold", 'managed = ""'),
    of_devices("read_at elsewhere", 'read_at = "poll.at"'),
    of_devices("read_at untold", 'read_at = ""'),
    of_devices("read_at in seconds", 'read_at_format = "seconds"'),
    of_devices("read_at in milliseconds", 'read_at_format = "milliseconds"'),
    of_devices("read_at of .NET", 'read_at_format = "dotnet"'),
    of_devices("read_at by a pattern", 'read_at_format = "%d.%m.%Y %H:%M:%S"'),
    of_devices("read_at without its zone", 'read_at_timezone = "America/New_York"'),
    of_devices(
        "read_at by a pattern without its zone",
        'read_at_format = "%d/%m/%y %H.%M"',
        'read_at_timezone = "Asia/Kolkata"',
    ),
    of_devices("counters elsewhere", 'at = "state.meters"', table="counters"),
    of_devices("counters as objects", 'value = "reading.value"', table="counters"),
    of_devices(
        "counters in a list", *('style = "list"', 'at = "meters"', 'name = "type"', 'value = "n"'), table="counters"
    ),
    of_devices("counters as fields", 'style = "fields"', table="counters"),
    of_devices("a meter of its own", 'names = ["LifeCount"]', table="meters", meter="LifeCount"),
    Shape(name="two meters added", meter="totalBw + totalColor", parts=("totalBw", "totalColor")),
]


def of_history(
    name: str, *lines: str, asked: Mapping[str, str | None], timezone: str = "UTC", pages: int | None = 2
) -> Shape:
    toml = "[history]\n" + "\n".join(lines) + PAGES_OF_TWO
    return Shape(name=name, toml=toml, asked=asked, timezone=timezone, pages=pages)


OFFSET = "%Y-%m-%dT%H:%M:%S%z"
HISTORY = [
    of_history("a day by another name", 'day = "asOf"', 'format = "%d.%m.%Y"', asked={"asOf": "02.11.2026"}),
    of_history(
        "the end of a day",
        f'format = "{OFFSET}"',
        timezone="Europe/Copenhagen",
        asked={"date": "2026-11-02T23:59:59+0100"},
    ),
    of_history(
        "from a day to the same",
        *('style = "range"', 'from = "first"', 'to = "last"'),
        asked={"first": "2026-11-02", "last": "2026-11-02"},
        pages=3,
    ),
    of_history(
        "from a day to the next",
        *('style = "range"', 'end = "exclusive"', 'format = "%Y%m%d"'),
        asked={"from": "20261102", "to": "20261103"},
        pages=3,
    ),
    of_history(
        "from midnight to midnight",
        *('style = "range"', f'format = "{OFFSET}"'),
        timezone="America/New_York",
        asked={"from": "2026-11-02T00:00:00-0500", "to": "2026-11-03T00:00:00-0500"},
        pages=3,
    ),
    of_history("no history", 'style = "none"', asked={"date": None, "from": None, "to": None}),
]


def of_paging(name: str, *lines: str, pages: int | None = 2, **asked: str | None) -> Shape:
    toml = "[paging]\nrows_per_page = 2\n" + "\n".join(lines)
    return Shape(name=name, toml=toml, pages=pages, customer_pages=pages, asked=asked)


UNTOLD = 'next = ""'
PAGING = [
    of_paging("pages from 0", "first = 0", 'next = "paging.following"', page="0", pageSize="2"),
    of_paging("pages by their total", 'number = "p"', 'size = "n"', UNTOLD, 'total = "meta.rows"', p="1", n="2"),
    of_paging("pages of which nothing is told", UNTOLD, pages=None),
    of_paging("pages from 0 of which nothing is told", "first = 0", UNTOLD, pages=None, page="0"),
    of_paging("offsets", 'style = "offset"', 'number = "skip"', "first = 0", skip="0"),
    of_paging("offsets from 1", 'style = "offset"', 'number = "start"', 'next = "nextStart"', start="1"),
    of_paging("offsets by their total", *('style = "offset"', "first = 0", UNTOLD, 'total = "count"')),
    of_paging("offsets of which nothing is told", 'style = "offset"', "first = 0", UNTOLD, pages=None),
    of_paging("cursors", 'style = "cursor"', 'number = "after"', 'next = "meta.cursor"', 'size = "limit"', limit="2"),
    of_paging("links", 'style = "link"', 'next = "links.next"', 'size = "$top"', 'total = "count"'),
    of_paging("links in a header", 'style = "link"', UNTOLD),
    of_paging("no pages", 'style = "none"', pages=1, page=None, pageSize=None),
    of_paging("pages of a size of the server's own", 'size = ""', pages=1),
    Shape(
        name="lists that page differently",
        toml='[organizations.paging]\nstyle = "none"\n'
        '[devices.paging]\nstyle = "offset"\nfirst = 0\nnumber = "offset"\n' + PAGES_OF_TWO,
        asked={"offset": "0", "pageSize": "2"},
        customer_pages=1,
    ),
]

SHAPES: Final = [*AUTH, *LISTS, *ROWS, *HISTORY, *PAGING]
