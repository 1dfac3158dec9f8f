"""`prsync feed`: connects customers' organizations, and lists, changes and removes their feeds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import ask, complete, feed_options, show
from prsync.cli.invocation import JsonOption, invocation_of, is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prsync.core.model import Organization
    from prsync.store.records import Feed

app = typer.Typer(help="The customers' feeds.", no_args_is_help=True, rich_markup_mode=None)

FeedName = Annotated[
    str,
    typer.Argument(metavar="FEED", help="The feed's name or id.", show_default=False, autocompletion=complete.feeds),
]
ServerName = Annotated[
    str,
    typer.Argument(metavar="SERVER", help="The server's name.", show_default=False, autocompletion=complete.servers),
]
OrganizationName = Annotated[
    str | None,
    typer.Argument(metavar="ORGANIZATION", help="Its id or exact name; left out, pick it.", show_default=False),
]


@app.command("add")
def add(
    context: typer.Context,
    server: ServerName,
    organization: OrganizationName = None,
    name: Annotated[str | None, typer.Option(help="The feed's name.", show_default="the organization's")] = None,
    activation_date: feed_options.ActivationDate = None,
    scope: feed_options.Scope = None,
    meter: feed_options.Meter = None,
    timezone: feed_options.Timezone = None,
    holidays: feed_options.Holidays = None,
    ceiling: feed_options.Ceiling = None,
    language: feed_options.Language = None,
    paper: feed_options.Paper = None,
    account: feed_options.Account = None,
    deliver_from: feed_options.DeliverFrom = None,
    json: JsonOption = False,
) -> None:
    """Connect a customer's organization."""
    from prsync.services.feeds import connect_feed
    from prsync.services.server_access import connect_at_once

    invocation = invocation_of(context)
    chosen = _named_or_picked(organization)
    texts = feed_options.texts(
        name=name,
        activation_date=activation_date,
        scope=scope,
        meter=meter,
        timezone=timezone,
        holidays=holidays,
        ceiling=ceiling,
        language=language,
        paper=paper,
        account_id=account,
        deliver_from=deliver_from,
    )
    with invocation.ledger() as ledger:
        added = connect_feed(
            ledger,
            server,
            chosen,
            texts,
            connect=connect_at_once,
            now=invocation.now,
            local_timezone=invocation.local_timezone,
        )
    if json:
        show.document(added.document())
    elif not invocation.quiet:
        show.line(f"Feed {added.name} is connected.")
        whose = "" if timezone else ", as this machine has it (--timezone takes another)"
        show.line(f"It is collected from {added.activation_date} on, in days of {added.timezone}{whose}.")


def _named_or_picked(name: str | None) -> "str | Callable[[Sequence[Organization]], Organization]":
    """The organization's name if there is one, else the function that lets a person pick it at the terminal."""
    from prsync.errors import MissingOptionError

    if name is not None:
        return name
    # Said before anything is asked of the server, since nobody can pick there.
    if not is_terminal():
        raise MissingOptionError("the organization", "its id or exact name as ORGANIZATION")
    from prsync.cli.pick import pick

    return pick


@app.command("import")
def import_(
    context: typer.Context,
    server: ServerName,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns as the options' names.")],
    json: JsonOption = False,
) -> None:
    """Connect hundreds of organizations from a CSV file. All of them or none."""
    from prsync.core.text import quantity
    from prsync.process.files import from_home
    from prsync.services.feed_import import import_feeds
    from prsync.services.server_access import connect_at_once

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        done = import_feeds(
            ledger,
            server,
            from_home(file),
            connect=connect_at_once,
            now=invocation.now,
            local_timezone=invocation.local_timezone,
        )
    if json:
        show.document({"added": done.added, "unchanged": done.unchanged})
    elif not invocation.quiet:
        show.line(f"{quantity(done.added, 'feed')} added, {done.unchanged:,} unchanged.")


@app.command("export")
def export(
    context: typer.Context,
    server: ServerName,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE.csv", help="Must not exist yet.", show_default="standard output"),
    ] = None,
) -> None:
    """Write a server's feeds as `feed import` reads them. By organization id, without the deactivated."""
    from prsync.process.files import from_home, write_new_file
    from prsync.services.feed_export import export_feeds

    with invocation_of(context).ledger_to_read() as ledger:
        text = export_feeds(ledger, server)
    if file is None:
        show.text(text)
    else:
        write_new_file("FILE.csv", from_home(file), text)


@app.command("list")
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="The deactivated ones too.")] = False,
    json: JsonOption = False,
) -> None:
    """List the feeds that are collected."""
    from prsync.services.health import last_health

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        feeds = ledger.feeds.all()
        # What health would say now: what was stored may be of a week ago.
        judged = [] if json else last_health(ledger, invocation.now).feeds
    found = [feed for feed in feeds if every or not feed.has_ended]
    if json:
        show.document([feed.document() for feed in found])
        return
    if found:
        columns = ("Id", "Feed", "Server", "Scope", "Since", "Synced through", "Health")
        standings = {one.feed.id: one.standing for one in judged}
        show.table(columns, (_row(feed, standings.get(feed.id, "deactivated")) for feed in found), right=("Id",))
    elif not feeds:
        show.line(show.NO_FEED)
    if hidden := len(feeds) - len(found):
        show.line(f"{hidden:,} deactivated: prsync feed list --all")


def _row(feed: "Feed", standing: str) -> tuple[object, ...]:
    return feed.id, feed.name, feed.server, feed.scope, feed.activation_date, feed.deposited_through, standing


@app.command("show")
def show_(context: typer.Context, feed: FeedName, json: JsonOption = False) -> None:
    """Show one feed."""
    from prsync.services.feeds import history_note

    with invocation_of(context).ledger_to_read() as ledger:
        found = ledger.feeds.find(feed)
        note = None if json else history_note(ledger, found)
    document = found.document()
    if json:
        show.document(document)
        return
    show.facts({column: value for column, value in document.items() if column not in _INTERNAL_COLUMNS})
    if note:
        show.line(f"\n{note[0].upper()}{note[1:]}.")


# What a run needs to know and a person does not.
_INTERNAL_COLUMNS: Final = {"server_id", "deposited_meter", "deposited_scope", "sync_health", "wanted_by_run"}


@app.command("update")
def update(
    context: typer.Context,
    feed: FeedName,
    name: Annotated[str | None, typer.Option(help="A new name.", show_default=False)] = None,
    activation_date: feed_options.NewActivationDate = None,
    scope: feed_options.NewScope = None,
    meter: feed_options.NewMeter = None,
    timezone: feed_options.NewTimezone = None,
    holidays: feed_options.NewHolidays = None,
    ceiling: feed_options.NewCeiling = None,
    language: feed_options.NewLanguage = None,
    paper: feed_options.NewPaper = None,
    account: feed_options.NewAccount = None,
    deliver_from: feed_options.NewDeliverFrom = None,
    json: JsonOption = False,
) -> None:
    """Change a feed's settings. Meter and scope count from the next day to be deposited."""
    from prsync.services.feeds import update_feed

    invocation = invocation_of(context)
    texts = feed_options.texts(
        name=name,
        activation_date=activation_date,
        scope=scope,
        meter=meter,
        timezone=timezone,
        holidays=holidays,
        ceiling=ceiling,
        language=language,
        paper=paper,
        account_id=account,
        deliver_from=deliver_from,
    )
    with invocation.ledger() as ledger:
        changed = update_feed(ledger, feed, texts, invocation.now)
        others = [one.name for one in ledger.deliveries.feeds() if account and one.account_id == changed.account_id]
    for other in others:
        if other != changed.name:
            show.note(f"feed {changed.name}: feed {other} is delivered to that account, too", feed=changed.name)
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Feed {changed.name} is changed.")
        if changed.joining_from is not None:
            show.line(f"The next sync collects the days from {changed.joining_from} and joins them in front.")


@app.command("pause")
def pause(context: typer.Context, feed: FeedName, json: JsonOption = False) -> None:
    """Stop collecting a feed. Nothing is lost: it catches up when it resumes."""
    _set_paused(context, feed, paused=True, json=json)


@app.command("resume")
def resume(context: typer.Context, feed: FeedName, json: JsonOption = False) -> None:
    """Collect a paused feed again, from where it stopped."""
    _set_paused(context, feed, paused=False, json=json)


def _set_paused(context: typer.Context, name: str, *, paused: bool, json: bool) -> None:
    from prsync.services.feeds import set_paused

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        changed = set_paused(ledger, name, paused=paused, now=invocation.now)
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Feed {changed.name} is {'paused' if paused else 'collected again'}.")


@app.command("deactivate")
def deactivate(
    context: typer.Context,
    feed: FeedName,
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The last day to collect.", show_default="the last day deposited"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Stop collecting a feed whose customer leaves. Through that day and no further; its last month ends with it."""
    from prsync.services.feed_leaving import deactivate as end
    from prsync.services.server_access import connect_at_once

    invocation = invocation_of(context)
    with invocation.ledger() as ledger, show.progress(invocation, json=json) as watch:
        ended = end(
            ledger,
            feed,
            on,
            connect=connect_at_once,
            now=invocation.now,
            local_timezone=invocation.local_timezone,
            watch=watch,
        )
    if json:
        show.document(ended.document())
    elif not invocation.quiet:
        if ended.has_ended and not ended.has_deposits:
            show.line(f"Nothing was collected of feed {ended.name}, and nothing will be.")
        else:
            collected = "was" if ended.has_ended else "will be"
            show.line(f"Feed {ended.name} {collected} collected through {ended.deactivated_on}, and no further.")


@app.command("activate")
def activate(context: typer.Context, feed: FeedName, json: JsonOption = False) -> None:
    """Take `feed deactivate` back. It is collected again from where it stopped."""
    from prsync.services.feed_leaving import activate as go_on

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        changed = go_on(ledger, feed, invocation.now)
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Feed {changed.name} is collected again.")


@app.command("remove")
def remove(
    context: typer.Context,
    feed: FeedName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove a feed with its devices, deposits and anomalies. Its certificates stay."""
    from prsync.services.feeds import remove_feed

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        removed = remove_feed(ledger, feed, lambda question: ask.confirm(question, yes=yes), invocation.now)
    if json:
        show.document({"removed": removed.name})
    elif not invocation.quiet:
        show.line(f"Feed {removed.name} is removed; its certificates stay.")
