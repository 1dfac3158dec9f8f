"""Feeds by the hundred, from a CSV file: all of it or nothing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync import settings
from prsync.core.model import DEFAULT_CEILING, Scope
from prsync.core.periods import today
from prsync.errors import ImportRefusedError, InputError, InvalidValueError
from prsync.feeds import find_organization, new_feed
from prsync.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.store.feeds import NewFeed
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.parsing import Organization
    from prsync.threemanager.profile import Profile

COLUMNS: Final = (
    "organization", "name", "activation_date", "scope", "meter", "timezone", "holidays", "ceiling",
)  # fmt: skip
MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file, its cells by column; blank ones are left out."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    unchanged: int


def import_feeds(
    ledger: Ledger, server: Server, file: Path, organizations: Sequence[Organization], profile: Profile, now: datetime
) -> Imported:
    """Connect every line's organization; ImportRefusedError names each line that cannot be used, and why.

    A line whose organization is connected already with what the line says changes nothing.
    """
    connected = {feed.organization_id: feed for feed in ledger.feeds.of_server(server.id)}
    names = {feed.name for feed in ledger.feeds.all()}
    new: list[NewFeed] = []
    problems: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    unchanged = 0
    for line in _lines(file):
        try:
            organization = _organization(line, organizations, server, seen)
            feed = _feed(line, server, organization, profile, now)
            if (known := connected.get(organization.organization_id)) is not None:
                _expect_alike(line, known, feed)
                unchanged += 1
            elif feed.name in names:
                problems.append((line.number, f"there is a feed named {feed.name} already"))
            else:
                names.add(feed.name)
                new.append(feed)
        except InputError as error:
            problems.append((line.number, words(error)))
    if problems:
        raise ImportRefusedError(file, tuple(problems))
    ledger.feeds.add(new, now)
    return Imported(len(new), unchanged)


def _lines(file: Path) -> Iterator[Line]:
    text = _text(file)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=_delimiter(text), strict=True)
    header: list[str] | None = None
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header is None:
                header = _header(file, cells, rows.line_num)
            elif len(cells) > len(header) and any(cells[len(header) :]):
                raise ImportRefusedError(file, ((rows.line_num, "has more cells than the file has columns"),))
            else:
                yield Line(rows.line_num, {name: cell for name, cell in zip(header, cells, strict=False) if cell})
    except csv.Error as error:
        raise ImportRefusedError(file, ((rows.line_num, f"is not CSV: {error}"),)) from error
    if header is None:
        raise ImportRefusedError(file, ((1, f"has no header; the columns are {', '.join(COLUMNS)}"),))


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidValueError("FILE", str(file), "is too large for a list of feeds")
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise InvalidValueError("FILE", str(file), error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise InvalidValueError("FILE", str(file), "is not UTF-8; save it as CSV UTF-8") from error


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return ";" if header.count(";") > header.count(",") else ","


def _header(file: Path, cells: list[str], number: int) -> list[str]:
    header = [cell.lower().replace("-", "_").replace(" ", "_") for cell in cells]
    unknown = [cell for cell, name in zip(cells, header, strict=True) if name not in COLUMNS]
    if unknown or "organization" not in header or len(set(header)) < len(header):
        problem = f"unknown column {unknown[0]}" if unknown else "needs each column once, and organization among them"
        raise ImportRefusedError(file, ((number, f"{problem}; the columns are {', '.join(COLUMNS)}"),))
    return header


def _organization(
    line: Line, organizations: Sequence[Organization], server: Server, seen: dict[str, int]
) -> Organization:
    wanted = line.cells.get("organization", "")
    if not wanted:
        raise InvalidValueError("organization", "(blank)", "each line needs one, by id or exact name")
    organization = find_organization(organizations, wanted, server.name)
    first = seen.setdefault(organization.organization_id, line.number)
    if first != line.number:
        raise InvalidValueError("organization", wanted, f"stands in line {first} already")
    return organization


def _feed(line: Line, server: Server, organization: Organization, profile: Profile, now: datetime) -> NewFeed:
    cell = line.cells.get
    zone = settings.a_timezone("timezone", cell("timezone") or settings.system_timezone())
    return new_feed(
        server,
        organization,
        name=settings.a_name("name", cell("name") or organization.name),
        activation_date=settings.a_date("activation_date", cell("activation_date") or today(now, zone).isoformat()),
        scope=settings.a_scope("scope", cell("scope") or Scope.ALL),
        meter=settings.a_meter("meter", cell("meter") or "totalPages", profile),
        timezone=zone,
        holidays=settings.a_region("holidays", cell("holidays") or "none"),
        ceiling=settings.a_ceiling("ceiling", cell("ceiling") or str(DEFAULT_CEILING)),
    )


def _expect_alike(line: Line, known: Feed, feed: NewFeed) -> None:
    for column in line.cells.keys() - {"organization"}:
        stored = getattr(known, column)
        if column == "activation_date":
            stored = known.joining_from or known.activation_date
        if stored != getattr(feed, column):
            raise InvalidValueError(
                column,
                line.cells[column],
                f"feed {known.name} is connected with {stored}; prsync feed update changes it",
            )
