"""Feeds by the hundred, from a CSV file: all of it or nothing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prsync.core.same_names import nearly_same_name
from prsync.core.settings import FEED_SETTINGS
from prsync.errors import (
    ImportRefusedError,
    InputError,
    InvalidValueError,
    OrganizationConnectedError,
    error_line,
)
from prsync.services.feed_csv import read_lines
from prsync.services.feed_settings import FeedTexts
from prsync.services.feeds import connected_elsewhere, find_organization, new_feed
from prsync.services.server_access import organizations_of, profile_of
from prsync.services.values import parse_feed_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.core.model import Organization
    from prsync.core.settings import FeedSettings
    from prsync.services.feed_csv import Line
    from prsync.services.server_access import Connect
    from prsync.store.feed_table import NewFeed
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    unchanged: int


def import_feeds(
    ledger: Ledger, server: str, file: Path, *, connect: Connect, now: datetime, local_timezone: str
) -> Imported:
    """Connect every line's organization; ImportRefusedError names each line that cannot be used, and why.

    A line whose organization is connected already with what the line says changes nothing.
    """
    registered = ledger.servers.named(server)
    profile = profile_of(registered)
    lines, problems = read_lines(file)
    organizations = organizations_of(registered, connect, now, profile)
    plan = _Plan(
        server=registered,
        organizations=organizations,
        connected={feed.organization_id: feed for feed in ledger.feeds.of_server(registered.id)},
        elsewhere=connected_elsewhere(ledger, registered),
        names={nearly_same_name(feed.name): (feed.name, "another feed's") for feed in ledger.feeds.all()},
    )
    # All of them, also after the first bad one, and every fault of each: a person mends the file once.
    for line in lines:
        texts = FeedTexts(texts=line.cells, called=str)
        faults: list[InputError] = list(texts.faults(profile))
        try:
            organization = plan.organization(line)
            if faults:
                plan.expect_name(line, organization, line.cells.get("name") or organization.name)
            else:
                plan.add(line, organization, texts.settings(profile, now, local_timezone))
        except InputError as error:
            faults.insert(0, error)
        if faults:
            problems.append((line.number, "; ".join(map(error_line, faults))))
    if problems:
        raise ImportRefusedError(file, tuple(sorted(problems)))
    ledger.feeds.add(plan.new, now)
    return Imported(len(plan.new), plan.unchanged)


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What the lines read so far come to."""

    server: Server
    organizations: Sequence[Organization]
    connected: dict[str, Feed]
    """The feeds there are, by their organization's id."""
    elsewhere: dict[str, Feed]
    """Those at another registered server that is the same 3manager."""
    names: dict[str, tuple[str, str]]
    """Names that are taken, by what they are compared as, and whose they are."""
    seen: dict[str, int] = field(default_factory=dict)
    """The line of each organization's id."""
    new: list[NewFeed] = field(default_factory=list)
    unchanged: int = 0

    def add(self, line: Line, organization: Organization, settings: FeedSettings) -> None:
        """Add a line; an InputError if it cannot be used."""
        feed = new_feed(self.server, organization, settings)
        known = self.connected.get(organization.organization_id)
        if known is not None:
            _expect_alike(line, known, feed)
            self.unchanged += 1
            return
        if (other := self.elsewhere.get(organization.organization_id)) is not None:
            raise OrganizationConnectedError(organization.name, other.name, f" of server {other.server}")
        self.expect_name(line, organization, feed.name)
        self.new.append(feed)

    def expect_name(self, line: Line, organization: Organization, name: str) -> None:
        """Expect a name to be free, and take it; an InputError if it is not. For a line with other faults, too."""
        known = self.connected.get(organization.organization_id)
        if known is not None:
            if "name" in line.cells and known.name != name:
                raise _connected_otherwise(known, "name", name, f"name {known.name}")
            return
        parse_feed_name("name", name)
        alike = nearly_same_name(name)
        if (taken := self.names.get(alike)) is not None:
            taken_name, whose = taken
            is_whose = f"is {whose} already" if taken_name == name else f"is easily taken for {whose}, {taken_name}"
            raise InvalidValueError("name", name, f"{is_whose}; give this one another")
        self.names[alike] = name, f"line {line.number}'s"

    def organization(self, line: Line) -> Organization:
        """The organization that a line is of; an InputError where there is none, or a line of it already."""
        wanted = line.cells.get("organization", "")
        if not wanted:
            raise InvalidValueError("organization", "(blank)", "each line needs one, by id or exact name")
        organization = find_organization(self.organizations, wanted, self.server.name)
        first = self.seen.setdefault(organization.organization_id, line.number)
        if first != line.number:
            raise InvalidValueError("organization", wanted, f"stands in line {first} already")
        return organization


def _expect_alike(line: Line, known: Feed, feed: NewFeed) -> None:
    """Expect a connected feed to be as the line says, wherever the line says something."""
    stored = {column: getattr(known, column) for column in FEED_SETTINGS}
    # An earlier date that the next sync will join in front was asked for already.
    stored["activation_date"] = known.joining_from or known.activation_date
    wanted = {column: getattr(feed.settings, column) for column in stored}
    other = [column for column in stored if column in line.cells and stored[column] != wanted[column]]
    if other:
        differences = ", ".join(f"{column} {stored[column] or 'none'}" for column in other)
        written = ", ".join(line.cells[column] for column in other)
        raise _connected_otherwise(known, ", ".join(other), written, differences)


def _connected_otherwise(known: Feed, columns: str, written: str, differences: str) -> InvalidValueError:
    update = shlex.join(["prsync", "feed", "update", known.name])
    return InvalidValueError(
        columns, written, f"feed {known.name} is connected with {differences}; {update} changes it"
    )
