"""`prsync feed`: the customers' organizations, connected."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  typer reads the annotation at run time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import ask, feed_options, show
from prsync.cli.invocation import JsonOption, invocation_of, is_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.store.records import Feed
    from prsync.threemanager.parsing import Organization

app = typer.Typer(help="The customers' feeds.", no_args_is_help=True, rich_markup_mode=None)

Wanted = Annotated[str, typer.Argument(metavar="FEED", help="The feed's name or id.", show_default=False)]
ServerName = Annotated[str, typer.Argument(metavar="SERVER", help="The server's name.", show_default=False)]


@app.command("add")
def add(
    context: typer.Context,
    server: ServerName,
    organization: Annotated[
        str | None,
        typer.Argument(metavar="ORGANIZATION", help="Its id or exact name; left out, pick it.", show_default=False),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The feed's name.", show_default="the organization's")] = None,
    activation_date: feed_options.ActivationDate = None,
    scope: feed_options.Scope = None,
    meter: feed_options.Meter = None,
    timezone: feed_options.Timezone = None,
    holidays: feed_options.Holidays = None,
    ceiling: feed_options.Ceiling = None,
    json: JsonOption = False,
) -> None:
    """Connect a customer's organization."""
    from prsync.errors import MissingOptionError
    from prsync.services import feeds
    from prsync.services.connection import organizations_of
    from prsync.threemanager.profile import Profile

    invocation = invocation_of(context)
    if organization is None and not is_terminal():
        raise MissingOptionError("the organization", "its id or exact name as ORGANIZATION")
    texts = feed_options.given(name, activation_date, scope, meter, timezone, holidays, ceiling)
    with invocation.ledger() as ledger:
        registered = ledger.servers.named(server)
        settings = feeds.read_settings(texts, Profile.load(registered.profile), invocation.now, feed_options.option)
        found = organizations_of(registered)
        chosen = (
            feeds.find_organization(found, organization, server)
            if organization is not None
            else _pick(found, ledger.feeds.of_server(registered.id))
        )
        ledger.feeds.add([settings.feed_of(registered, chosen)], invocation.now)
        added = next(
            feed for feed in ledger.feeds.of_server(registered.id) if feed.organization_id == chosen.organization_id
        )
    if json:
        show.document(added.document())
    elif not invocation.quiet:
        show.line(f"Feed {added.name} is connected.")
        show.line(f"It is collected from {added.activation_date} on, in days of {added.timezone}.")


def _pick(organizations: Sequence[Organization], connected: Sequence[Feed]) -> Organization:
    """Let a person pick an organization by typing part of its name."""
    from prsync.cli.pick import pick

    taken = {feed.organization_id for feed in connected}
    return pick([organization for organization in organizations if organization.organization_id not in taken])


@app.command("import")
def import_(
    context: typer.Context,
    server: ServerName,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns as the options' names.")],
    json: JsonOption = False,
) -> None:
    """Connect hundreds of organizations from a CSV file. All of them or none."""
    from prsync.services.connection import organizations_of
    from prsync.services.feed_import import import_feeds
    from prsync.threemanager.profile import Profile
    from prsync.wording import counted

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        registered = ledger.servers.named(server)
        profile = Profile.load(registered.profile)
        done = import_feeds(ledger, registered, file, organizations_of(registered), profile, invocation.now)
    if json:
        show.document({"added": done.added, "unchanged": done.unchanged})
    elif not invocation.quiet:
        show.line(f"{counted(done.added, 'feed')} added, {done.unchanged:,} unchanged.")


@app.command("list")
def list_(context: typer.Context, json: JsonOption = False) -> None:
    """List the feeds."""
    with invocation_of(context).ledger() as ledger:
        found = ledger.feeds.all()
    if json:
        show.document([feed.document() for feed in found])
    elif not found:
        show.line(show.NO_FEED)
    else:
        columns = ("Id", "Feed", "Server", "Scope", "Since", "Synced through", "Health")
        show.table(columns, map(_row, found), right=("Id",))


def _row(feed: Feed) -> tuple[object, ...]:
    through = feed.synced_through if feed.has_deposits else None
    health = "paused" if feed.paused else feed.health
    return feed.id, feed.name, feed.server, feed.scope, feed.activation_date, through, health


@app.command("show")
def show_(context: typer.Context, feed: Wanted, json: JsonOption = False) -> None:
    """Show one feed."""
    with invocation_of(context).ledger() as ledger:
        document = ledger.feeds.find(feed).document()
    if json:
        show.document(document)
    else:
        show.facts({column: value for column, value in document.items() if column not in _WORKINGS})


_WORKINGS: Final = {"server_id", "deposited_meter", "deposited_scope", "sync_health"}
"""Columns that a run needs and a person does not."""


@app.command("update")
def update(
    context: typer.Context,
    feed: Wanted,
    name: Annotated[str | None, typer.Option(help="A new name.", show_default=False)] = None,
    activation_date: feed_options.OtherActivationDate = None,
    scope: feed_options.OtherScope = None,
    meter: feed_options.OtherMeter = None,
    timezone: feed_options.OtherTimezone = None,
    holidays: feed_options.OtherHolidays = None,
    ceiling: feed_options.OtherCeiling = None,
    json: JsonOption = False,
) -> None:
    """Change a feed's settings. Meter and scope count from the next day to be deposited."""
    from prsync.errors import NothingToChangeError
    from prsync.services import feeds
    from prsync.threemanager.profile import Profile

    invocation = invocation_of(context)
    texts = feed_options.given(name, activation_date, scope, meter, timezone, holidays, ceiling)
    if not texts:
        raise NothingToChangeError("feed", feed)
    with invocation.ledger() as ledger:
        found = ledger.feeds.find(feed)
        changes = feeds.read_changes(
            texts, Profile.load(ledger.servers.named(found.server).profile), feed_options.option
        )
        with feeds.undisturbed(ledger, found, invocation.now) as current:
            changed = feeds.change(ledger, current, changes)
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Feed {changed.name} is changed.")
        if changed.joining_from is not None:
            show.line(f"The next sync collects the days from {changed.joining_from} and joins them in front.")


@app.command("pause")
def pause(context: typer.Context, feed: Wanted, json: JsonOption = False) -> None:
    """Stop collecting a feed. Nothing is lost: it catches up when it resumes."""
    _set_paused(context, feed, paused=True, json=json)


@app.command("resume")
def resume(context: typer.Context, feed: Wanted, json: JsonOption = False) -> None:
    """Collect a paused feed again, from where it stopped."""
    _set_paused(context, feed, paused=False, json=json)


def _set_paused(context: typer.Context, name: str, *, paused: bool, json: bool) -> None:
    from prsync.services import feeds

    invocation = invocation_of(context)
    with invocation.ledger() as ledger, feeds.undisturbed(ledger, ledger.feeds.find(name), invocation.now) as feed:
        changed = feeds.change(ledger, feed, {"paused": int(paused)})
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Feed {changed.name} is {'paused' if paused else 'collected again'}.")


@app.command("remove")
def remove(
    context: typer.Context,
    feed: Wanted,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a feed with its devices, deposits and anomalies. Its certificates stay."""
    from prsync.services import feeds
    from prsync.wording import counted

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        found = ledger.feeds.find(feed)
        deposits = counted(len(ledger.days.deposits(found.id)), "deposit")
        ask.confirm(f"Remove feed {found.name} with its devices, {deposits} and anomalies?", yes=yes)
        with feeds.undisturbed(ledger, found, invocation.now) as current:
            ledger.feeds.remove(current)
    if not invocation.quiet:
        show.line(f"Feed {found.name} is removed; its certificates stay.")
