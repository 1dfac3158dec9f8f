"""Feeds by the hundred, from a CSV file: all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prsync.errors import ImportRefusedError, InputError, InvalidValueError
from prsync.services.feed_csv import COLUMNS, read_lines
from prsync.services.feeds import find_organization, read_settings
from prsync.wording import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from prsync.services.feed_csv import Line
    from prsync.store.feed_table import NewFeed
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.parsing import Organization
    from prsync.threemanager.profile import Profile


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
    lines, problems = read_lines(file)
    connected = {feed.organization_id: feed for feed in ledger.feeds.of_server(server.id)}
    plan = _Plan(server, organizations, connected, {feed.name: "another feed's" for feed in ledger.feeds.all()})
    for line in lines:
        try:
            plan.take(line, profile, now)
        except InputError as error:
            problems.append((line.number, words(error)))
    if problems:
        raise ImportRefusedError(file, tuple(sorted(problems)))
    ledger.feeds.add(plan.new, now)
    return Imported(len(plan.new), plan.unchanged)


@dataclass(slots=True)
class _Plan:
    """What the lines taken so far come to."""

    server: Server
    organizations: Sequence[Organization]
    connected: dict[str, Feed]
    names: dict[str, str]
    """Names that are taken, and whose they are."""
    seen: dict[str, int] = field(default_factory=dict)
    """The line of each organization's id."""
    new: list[NewFeed] = field(default_factory=list)
    unchanged: int = 0

    def take(self, line: Line, profile: Profile, now: datetime) -> None:
        """Add a line; an InputError if it cannot be used."""
        organization = self._organization(line)
        feed = read_settings(line.cells, profile, now, str).feed_of(self.server, organization)
        known = self.connected.get(organization.organization_id)
        if known is not None:
            _expect_alike(line, known, feed)
            self.unchanged += 1
            return
        if (taken := self.names.get(feed.name)) is not None:
            raise InvalidValueError("name", feed.name, f"is {taken} already; give this one another")
        self.names[feed.name] = f"line {line.number}'s"
        self.new.append(feed)

    def _organization(self, line: Line) -> Organization:
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
    stored = {column: getattr(known, column) for column in COLUMNS[1:]}
    stored["activation_date"] = known.joining_from or known.activation_date
    other = [column for column in stored if column in line.cells and stored[column] != getattr(feed, column)]
    if other:
        differences = ", ".join(f"{column} {stored[column] or 'none'}" for column in other)
        raise InvalidValueError(
            ", ".join(other),
            ", ".join(line.cells[column] for column in other),
            f"feed {known.name} is connected with {differences}; prsync feed update changes it",
        )
