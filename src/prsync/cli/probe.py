"""`prsync server probe` and `prsync server meters`: what a server answers, for fitting an API profile to it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import ask, complete, server_options, show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from prsync.cli.invocation import Invocation
    from prsync.core.settings import ServerSettings
    from prsync.services.probe_report import ProbeReport

OptionalName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="A registered server; else --url.", show_default=False, autocompletion=complete.servers
    ),
]
Organization = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Ask for this one's devices.", show_default="the first that has some"),
]


def probe(
    context: typer.Context,
    name: OptionalName = None,
    organization: Organization = None,
    day: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="And for those a week before it.", show_default="yesterday"),
    ] = None,
    url: Annotated[str | None, typer.Option(help="A server that is not registered.", show_default=False)] = None,
    username: Annotated[str | None, typer.Option(help="Its user.", show_default=False)] = None,
    password_stdin: server_options.PasswordStdin = False,
    password_command: server_options.PasswordCommand = None,
    ca_bundle: server_options.CaBundle = None,
    profile: server_options.ProfileFile = None,
    client_id: server_options.ClientId = None,
    client_secret_stdin: server_options.ClientSecretStdin = False,
    client_secret_command: server_options.ClientSecretCommand = None,
    json: JsonOption = False,
) -> None:
    """Show what a server answers and how the API profile fits it. No customer's data is shown; status 1 if it misfits.

    With NAME, --profile tries another profile; all other settings are the server's own. Without, give --url and
    --username.
    """
    from prsync.services.server_probe import Moment, probe_new, probe_registered

    invocation = invocation_of(context)
    moment = Moment(invocation.now, invocation.local_timezone)
    others = server_options.optional_settings(
        password_stdin=password_stdin,
        password_command=password_command,
        ca_bundle=ca_bundle,
        profile=profile,
        client_id=client_id,
        client_secret_stdin=client_secret_stdin,
        client_secret_command=client_secret_command,
    )
    if name is None:
        report = probe_new(
            replace(_new_server(url, username), **others),
            ask.how(typed_password=True, password_stdin=password_stdin, client_secret_stdin=client_secret_stdin),
            organization=organization,
            day=day,
            moment=moment,
        )
    else:
        _refuse_settings(name, url=url, username=username, others=set(others) - {"profile"})
        with invocation.ledger_to_read() as ledger:
            report = probe_registered(ledger, name, others, organization=organization, day=day, moment=moment)
    _show(report, invocation, name, json=json)


def _new_server(url: str | None, username: str | None) -> "ServerSettings":
    from prsync.core.settings import ServerSettings
    from prsync.errors import InvalidValueError
    from prsync.services.server_settings import parse_https_url
    from prsync.services.values import parse_name

    if url is None or username is None:
        raise InvalidValueError("NAME", "(none)", "give a registered server's name, or --url and --username")
    parsed = parse_https_url("--url", url)
    return ServerSettings(name=parsed, url=parsed, username=parse_name("--username", username))


def _refuse_settings(name: str, *, url: str | None, username: str | None, others: set[str]) -> None:
    """InvalidValueError for settings that a registered server has already."""
    from prsync.errors import InvalidValueError

    given = [option for option, value in (("url", url), ("username", username)) if value is not None]
    if given or others:
        option = f"--{min([*given, *others]).replace('_', '-')}"
        raise InvalidValueError("NAME", name, f"a registered server has its settings: leave out NAME or {option}")


def _show(report: "ProbeReport", invocation: "Invocation", name: str | None, *, json: bool) -> None:
    from prsync.cli.show_probe import probe_lines

    if json:
        show.document({"server": name, **report.document()})
    elif not invocation.quiet:
        for line in probe_lines(report):
            show.line(line)
    if not report.fits:
        show.note(f"{f'server {name}' if name else report.url}: {report.summary}")
        raise typer.Exit(Status.FAILED)


def meters(
    context: typer.Context,
    name: server_options.Name,
    organization: Organization = None,
    json: JsonOption = False,
) -> None:
    """List the meters that a customer's devices have. And how many devices have a count of each."""
    from prsync.services.server_access import connect_at_once
    from prsync.services.server_meters import meters_of

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        found = meters_of(
            ledger, name, organization, connect_at_once, now=invocation.now, timezone=invocation.local_timezone
        )
    if json:
        show.document(found.document())
    elif not found.meters:
        show.line(f"No meter: {found.devices:,} devices, and none has a count.")
    else:
        columns = ("Meter", "Devices", "In the profile")
        rows = ((meter.name, f"{meter.devices:,} of {found.devices:,}", meter.is_known) for meter in found.meters)
        show.table(columns, rows, right=("Devices",))
