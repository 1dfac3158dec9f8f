"""`prsync server`: the 3manager servers."""

from __future__ import annotations

from typing import Annotated

import typer

from prsync.cli import ask, show
from prsync.cli.invocation import JsonOption, invocation_of

app = typer.Typer(help="The 3manager servers.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The server's name.", show_default=False)]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Command = Annotated[
    str | None,
    typer.Option(metavar="CMD", help="A command whose first output line is the password.", show_default=False),
]
Bundle = Annotated[
    str | None,
    typer.Option(metavar="FILE", help='The CA certificates of a private CA; "" for none.', show_default=False),
]
ProfileFile = Annotated[
    str | None, typer.Option(metavar="FILE", help='Another API profile; "" for prsync\'s own.', show_default=False)
]
ClientId = Annotated[
    str | None,
    typer.Option(metavar="ID", help='An OAuth client id, where one is wanted; "" for none.', show_default=False),
]


@app.command("add")
def add(
    context: typer.Context,
    name: Name,
    url: Annotated[str, typer.Option(help="Its URL, https://…", show_default=False)],
    username: Annotated[str, typer.Option(help="A 3manager user, best one of prsync's own.", show_default=False)],
    password_stdin: Stdin = False,
    password_command: Command = None,
    ca_bundle: Bundle = None,
    profile: ProfileFile = None,
    client_id: ClientId = None,
    json: JsonOption = False,
) -> None:
    """Register a server: logs in, then stores it. The password goes to the OS keyring and nowhere else."""
    from prsync.services import servers
    from prsync.services.feed_settings import a_name
    from prsync.store.server_table import NewServer

    invocation = invocation_of(context)
    new = NewServer(
        a_name("NAME", name),
        servers.an_https_url("--url", url),
        a_name("--username", username),
        **_settings(password_stdin, password_command, ca_bundle, profile, client_id),
    )
    with invocation.ledger() as ledger:
        added = servers.register(ledger, new, lambda: ask.password(stdin=password_stdin), invocation.now)
    if json:
        show.document(added.document())
    elif not invocation.quiet:
        show.line(f"Server {added.name} is registered: {added.url} lets {added.username} in.")


def _settings(
    password_stdin: bool,
    password_command: str | None,
    ca_bundle: str | None,
    profile: str | None,
    client_id: str | None,
) -> dict[str, str | None]:
    """The settings that were given, by column; None is one to be taken away."""
    from prsync.errors import InvalidValueError
    from prsync.services import servers

    if password_stdin and password_command is not None:
        raise InvalidValueError("--password-stdin", "and --password-command", "give one of the two")
    given: dict[str, str | None] = {}
    if password_command is not None:
        given["password_command"] = servers.a_command("--password-command", password_command)
    if password_stdin:
        given["password_command"] = None  # the keyring has it from now on
    if ca_bundle is not None:
        given["ca_bundle"] = servers.a_ca_bundle("--ca-bundle", ca_bundle) if ca_bundle else None
    if profile is not None:
        given["profile"] = servers.a_profile("--profile", profile) if profile else None
    if client_id is not None:
        given["client_id"] = client_id or None
    return given


@app.command("list")
def list_(context: typer.Context, json: JsonOption = False) -> None:
    """List the servers."""
    with invocation_of(context).ledger() as ledger:
        found = ledger.servers.all()
    if json:
        show.document([server.document() for server in found])
    elif not found:
        show.line(show.NO_SERVER)
    else:
        show.table(("Server", "URL", "User", "Health"), ((s.name, s.url, s.username, s.health) for s in found))


@app.command("show")
def show_(context: typer.Context, name: Name, json: JsonOption = False) -> None:
    """Show one server."""
    with invocation_of(context).ledger() as ledger:
        document = ledger.servers.named(name).document()
    show.document(document) if json else show.facts(document)


@app.command("update")
def update(
    context: typer.Context,
    name: Name,
    new_name: Annotated[str | None, typer.Option("--name", help="A new name.", show_default=False)] = None,
    url: Annotated[str | None, typer.Option(help="Its new URL.", show_default=False)] = None,
    username: Annotated[str | None, typer.Option(help="Another user.", show_default=False)] = None,
    password_stdin: Stdin = False,
    password_command: Command = None,
    ca_bundle: Bundle = None,
    profile: ProfileFile = None,
    client_id: ClientId = None,
    json: JsonOption = False,
) -> None:
    """Change a server's settings. Logs in with them before it stores them."""
    from prsync.errors import NothingToChangeError
    from prsync.process.lock import held
    from prsync.services import servers
    from prsync.services.feed_settings import a_name

    invocation = invocation_of(context)
    changes = _settings(password_stdin, password_command, ca_bundle, profile, client_id)
    if new_name is not None:
        changes["name"] = a_name("--name", new_name)
    if url is not None:
        changes["url"] = servers.an_https_url("--url", url)
    if username is not None:
        changes["username"] = a_name("--username", username)
    if not changes:
        raise NothingToChangeError("server", name)
    with invocation.ledger() as ledger:
        server = ledger.servers.named(name)
        password = ask.password(stdin=True) if password_stdin else None
        with held(ledger.path, f"server-{server.id}", f"server {server.name}", invocation.now):
            changed = servers.change(ledger, server, changes, password, invocation.now)
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Server {changed.name} is changed: {changed.url} lets {changed.username} in.")


@app.command("remove")
def remove(
    context: typer.Context,
    name: Name,
    cascade: Annotated[bool, typer.Option("--cascade", help="Remove its feeds with it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove a server and its password; certificates stay."""
    from prsync.process.lock import held
    from prsync.services import servers
    from prsync.wording import counted

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        server = ledger.servers.named(name)
        feeds = ledger.feeds.of_server(server.id)
        if feeds and cascade:
            ask.confirm(f"Remove server {name} with {counted(len(feeds), 'feed')}, devices and deposits?", yes=yes)
        with held(ledger.path, f"server-{server.id}", f"server {server.name}", invocation.now):
            servers.remove(ledger, server, cascade=cascade)
    if not invocation.quiet:
        show.line(f"Server {name} is removed{'; its certificates stay' if feeds else ''}.")


@app.command("check")
def check(context: typer.Context, name: Name, json: JsonOption = False) -> None:
    """Check a server's URL, TLS, token and organizations. Step by step; status 1 if one fails."""
    from prsync.services import server_check
    from prsync.services.connection import connect

    invocation = invocation_of(context)
    steps = []
    with invocation.ledger() as ledger:
        server = ledger.servers.named(name)
        for step in server_check.steps(lambda: connect(server)):
            steps.append(step)
            if not (json or invocation.quiet):
                show.line(f"{step.name:<14}{'FAILED' if step.error else 'ok'}")
        error = steps[-1].error
        ledger.servers.record_health(server, error, invocation.now)
    if json:
        show.document({"server": name, "ok": error is None, "steps": [step.document() for step in steps]})
    if error:
        show.note(f"server {name}: {error}", server=name)
        raise typer.Exit(1)


@app.command("organizations")
def organizations(context: typer.Context, name: Name, json: JsonOption = False) -> None:
    """List a server's organizations. Those already connected are marked with their feed."""
    from prsync.services.connection import organizations_of

    with invocation_of(context).ledger() as ledger:
        server = ledger.servers.named(name)
        feeds = {feed.organization_id: feed.name for feed in ledger.feeds.of_server(server.id)}
        found = organizations_of(server)
    rows = [{"organization_id": o.organization_id, "name": o.name, "feed": feeds.get(o.organization_id)} for o in found]
    if json:
        show.document(rows)
    elif not rows:
        show.line(f"No organization: 3manager lets {server.username} see none on server {name}.")
    else:
        show.table(("Organization", "Name", "Feed"), (tuple(row.values()) for row in rows))
