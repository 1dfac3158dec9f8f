"""`prsync printreleaf`: the connection to PrintReleaf, its accounts, and what is delivered."""

from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import ask, complete, show
from prsync.cli.invocation import Invocation, JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.core.settings import PrintReleafSettings
    from prsync.services.printreleaf_trial import TrialFinding

app = typer.Typer(help="The accounts at PrintReleaf.", no_args_is_help=True, rich_markup_mode=None)


@app.command("connect")
def connect(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Of its API.", show_default="https://api.printreleaf.com/v1")] = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the key from standard input.")] = False,
    key_command: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="A command whose first output line is the key.", show_default=False),
    ] = None,
    ca_bundle: Annotated[
        str | None, typer.Option(metavar="FILE", help="The CA certificates of a private CA.", show_default=False)
    ] = None,
    try_account: Annotated[
        str | None,
        typer.Option(
            "--try", metavar="UUID", help="Make a deposit of 1 page there and delete it again.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Connect with a key of PrintReleaf's API. The key goes to the OS keyring and nowhere else.

    It is proved before anything is stored. With --try alone it tries out the connection that there is.
    """
    from prsync.core.text import quantity
    from prsync.services.printreleaf import connect as connect_with
    from prsync.services.printreleaf import delivered_elsewhere

    invocation = invocation_of(context)
    accounts, elsewhere = None, None
    if try_account is None or url or key_stdin or key_command or ca_bundle:
        settings = _settings(url, key_command, ca_bundle, key_stdin=key_stdin)
        with invocation.ledger() as ledger:
            elsewhere = delivered_elsewhere(ledger, settings.url)
            accounts = connect_with(ledger, settings, lambda: ask.key(stdin=key_stdin), invocation.now)
    tried = [] if try_account is None else _try(invocation, try_account)
    if json:
        found = None if accounts is None else [{"account_id": one.account_id, "name": one.name} for one in accounts]
        show.document({"accounts": found, "tried": [one.document() for one in tried]})
    elif not invocation.quiet:
        if accounts is not None:
            show.line(f"PrintReleaf is connected: the key may see {quantity(len(accounts), 'account')}.")
        for one in tried:
            show.line(f"{'' if one.ok else 'note: ' if one.ok is None else 'FAIL: '}{one.about}: {one.found}")
    if elsewhere is not None:
        number, url = elsewhere
        show.note(f"{quantity(number, 'deposit')} delivered to {url} count as delivered and are not sent again")
    if any(one.ok is False for one in tried):
        raise typer.Exit(Status.FAILED)


def _settings(
    url: str | None, key_command: str | None, ca_bundle: str | None, *, key_stdin: bool
) -> "PrintReleafSettings":
    from prsync.core.settings import PrintReleafSettings
    from prsync.errors import InvalidValueError
    from prsync.services.printreleaf import USUAL_URL
    from prsync.services.server_settings import parse_ca_bundle, parse_command, parse_https_url

    if key_stdin and key_command:
        raise InvalidValueError("--key-stdin", "and --key-command", "only one of them can give the key")
    return PrintReleafSettings(
        url=parse_https_url("--url", url or USUAL_URL),
        key_command=parse_command("--key-command", key_command) if key_command else None,
        ca_bundle=parse_ca_bundle("--ca-bundle", ca_bundle) if ca_bundle else None,
    )


def _try(invocation: Invocation, account: str) -> "Sequence[TrialFinding]":
    from prsync.core.periods import last_closed_day
    from prsync.services.feed_settings import parse_account
    from prsync.services.printreleaf import deposit_client_at_once
    from prsync.services.printreleaf_trial import try_out

    account_id = parse_account("--try", account) or account
    with invocation.ledger_to_read() as ledger, deposit_client_at_once(ledger) as client:
        return list(try_out(client, account_id, last_closed_day(invocation.now, "UTC")))


@app.command("accounts")
def accounts(context: typer.Context, json: JsonOption = False) -> None:
    """List the accounts that the key may see. Those of feeds with the feed's name."""
    from prsync.services.printreleaf import accounts_with_feeds, deposit_client_at_once

    with invocation_of(context).ledger_to_read() as ledger:
        found = accounts_with_feeds(ledger, deposit_client_at_once)
    if json:
        show.document(
            [
                {"account_id": account.account_id, "name": account.name, "feed": ", ".join(feeds) or None}
                for account, feeds in found
            ]
        )
    elif found:
        show.table(
            ("Account", "Name", "Feed"), ((one.account_id, one.name, tuple(feeds) or None) for one, feeds in found)
        )
    else:
        show.line("The key may see no account.")


@app.command("status")
def status(context: typer.Context, json: JsonOption = False) -> None:
    """Show what is delivered, waiting and in doubt."""
    with invocation_of(context).ledger_to_read() as ledger:
        counts = ledger.deliveries.counts()
        connection = ledger.printreleaf.get()
    if json:
        left_out = ("feed_id", "server")
        show.document([{k: v for k, v in one.document().items() if k not in left_out} for one in counts])
        return
    show.line(f"Connected to {connection.url}." if connection else "Not connected: prsync printreleaf connect")
    if counts:
        columns = ("Feed", "Account", "From", "Delivered", "Waiting", "Sending", "In doubt")
        rows = (
            (one.feed, one.account_id, one.deliver_from, one.delivered, one.waiting, one.sending, one.in_doubt)
            for one in counts
        )
        show.table(columns, rows, right=columns[3:])
    for one in counts:
        if one.error:
            show.line(f"{one.feed}: {one.error}")


@app.command("resolve")
def resolve(
    context: typer.Context,
    feed: Annotated[
        str,
        typer.Argument(
            metavar="FEED", help="The feed's name or id.", show_default=False, autocompletion=complete.feeds
        ),
    ],
    day: Annotated[str, typer.Argument(metavar="DATE", help="The day that is in doubt.", show_default=False)],
    delivered: Annotated[
        str | None, typer.Option(metavar="ID", help="It is there, under that id.", show_default=False)
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="It is not there: send it at once.")] = False,
    json: JsonOption = False,
) -> None:
    """Decide about a day that is in doubt."""
    from prsync.process.clock import clock_from
    from prsync.services.delivery_decisions import resolve as decide
    from prsync.services.printreleaf import deposit_client_at_once

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        found = decide(
            ledger,
            feed,
            day,
            delivered=delivered,
            send_it=send,
            connect=deposit_client_at_once,
            now=invocation.now,
            clock=clock_from(invocation.now),
        )
    if json:
        document = found.document()
        show.document({key: document[key] for key in ("feed", "date", "pages", "state", "remote_id", "error")})
    elif not invocation.quiet:
        known = f", as {found.remote_id}" if found.remote_id else ""
        show.line(f"{found.date} of feed {found.feed} is {found.state.replace('_', ' ')}{known}.")
    if found.state != "delivered":
        show.note(f"feed {found.feed}: {found.date} is {found.error}", feed=found.feed)
        raise typer.Exit(Status.FAILED)


@app.command("disconnect")
def disconnect(context: typer.Context, json: JsonOption = False) -> None:
    """Forget the connection and its key. What is delivered stays there, and known."""
    from prsync.services.printreleaf import disconnect as forget

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        forget(ledger, invocation.now)
    if json:
        show.document({"connected": False})
    elif not invocation.quiet:
        show.line("PrintReleaf is disconnected; nothing is delivered any more.")
