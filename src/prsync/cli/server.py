"""`prsync server`: registers 3manager servers, and lists, changes, checks and removes them."""

from dataclasses import replace
from typing import Annotated

import typer

from prsync.cli import ask, probe, server_options, show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

app = typer.Typer(help="The 3manager servers.", no_args_is_help=True, rich_markup_mode=None)


@app.command("add")
def add(
    context: typer.Context,
    name: server_options.Name,
    url: Annotated[str, typer.Option(help="Its URL, https://…", show_default=False)],
    username: Annotated[str, typer.Option(help="A 3manager user, best one of prsync's own.", show_default=False)],
    password_stdin: server_options.PasswordStdin = False,
    password_command: server_options.PasswordCommand = None,
    ca_bundle: server_options.CaBundle = None,
    profile: server_options.ProfileFile = None,
    client_id: server_options.ClientId = None,
    client_secret_stdin: server_options.ClientSecretStdin = False,
    client_secret_command: server_options.ClientSecretCommand = None,
    connections: server_options.Connections = None,
    json: JsonOption = False,
) -> None:
    """Register a server: logs in, then stores it. The password goes to the OS keyring and nowhere else."""
    from prsync.core.settings import ServerSettings
    from prsync.services.server_settings import parse_https_url
    from prsync.services.servers import other_names_of, register_server
    from prsync.services.values import parse_name

    invocation = invocation_of(context)
    others = server_options.optional_settings(
        password_stdin=password_stdin,
        password_command=password_command,
        ca_bundle=ca_bundle,
        profile=profile,
        client_id=client_id,
        client_secret_stdin=client_secret_stdin,
        client_secret_command=client_secret_command,
    )
    settings = ServerSettings(
        name=parse_name("NAME", name),
        url=parse_https_url("--url", url),
        username=parse_name("--username", username),
        connections=connections or 1,
    )
    with invocation.new_ledger() as ledger:
        asked = ask.how(typed_password=True, password_stdin=password_stdin, client_secret_stdin=client_secret_stdin)
        added = register_server(ledger, replace(settings, **others), asked, invocation.now)
        same = other_names_of(ledger, added.url, server_id=added.id)
    if json:
        show.document(added.document())
    elif not invocation.quiet:
        show.line(f"Server {added.name} is registered: {added.url} lets {added.username} in.")
    for other in same:
        show.note(f"server {added.name} is the same 3manager as server {other.name}; connect each customer at one only")


@app.command("list")
def list_(context: typer.Context, json: JsonOption = False) -> None:
    """List the servers."""
    with invocation_of(context).ledger_to_read() as ledger:
        found = ledger.servers.all()
    if json:
        show.document([server.document() for server in found])
    elif not found:
        show.line(show.NO_SERVER)
    else:
        show.table(("Server", "URL", "User", "Health"), ((s.name, s.url, s.username, s.health) for s in found))


@app.command("show")
def show_(context: typer.Context, name: server_options.Name, json: JsonOption = False) -> None:
    """Show one server."""
    with invocation_of(context).ledger_to_read() as ledger:
        document = ledger.servers.named(name).document()
    show.document(document) if json else show.facts(document)


@app.command("update")
def update(
    context: typer.Context,
    name: server_options.Name,
    new_name: Annotated[str | None, typer.Option("--name", help="A new name.", show_default=False)] = None,
    url: Annotated[str | None, typer.Option(help="Its new URL.", show_default=False)] = None,
    username: Annotated[str | None, typer.Option(help="Another user.", show_default=False)] = None,
    password_stdin: server_options.PasswordStdin = False,
    password_command: server_options.PasswordCommand = None,
    ca_bundle: server_options.CaBundle = None,
    profile: server_options.ProfileFile = None,
    client_id: server_options.ClientId = None,
    client_secret_stdin: server_options.ClientSecretStdin = False,
    client_secret_command: server_options.ClientSecretCommand = None,
    connections: server_options.NewConnections = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Also to a URL with other organizations.")] = False,
    json: JsonOption = False,
) -> None:
    """Change a server's settings. Logs in with them before it stores them."""
    from prsync.services.server_settings import parse_https_url
    from prsync.services.servers import feeds_without_their_meter, update_server
    from prsync.services.values import parse_name

    invocation = invocation_of(context)
    changes = server_options.optional_settings(
        password_stdin=password_stdin,
        password_command=password_command,
        ca_bundle=ca_bundle,
        profile=profile,
        client_id=client_id,
        client_secret_stdin=client_secret_stdin,
        client_secret_command=client_secret_command,
    )
    if new_name is not None:
        changes["name"] = parse_name("--name", new_name)
    if url is not None:
        changes["url"] = parse_https_url("--url", url)
    if username is not None:
        changes["username"] = parse_name("--username", username)
    if connections is not None:
        changes["connections"] = connections
    # Without the options for it, what is kept is used again, and nobody is asked.
    asked = ask.how(typed_password=False, password_stdin=password_stdin, client_secret_stdin=client_secret_stdin)
    with invocation.ledger() as ledger:
        changed = update_server(ledger, name, changes, asked, invocation.now, other_organizations=yes)
        without = feeds_without_their_meter(ledger, changed) if "profile" in changes else []
    if json:
        show.document(changed.document())
    elif not invocation.quiet:
        show.line(f"Server {changed.name} is changed: {changed.url} lets {changed.username} in.")
    for feed in without:
        from shlex import quote

        hint = f"prsync feed update {quote(feed.name)} --meter NAME counts another"
        show.note(f"feed {feed.name}: its meter {feed.meter} is none of meters.names in the new API profile; {hint}")


@app.command("remove")
def remove(
    context: typer.Context,
    name: server_options.Name,
    cascade: Annotated[bool, typer.Option("--cascade", help="Remove its feeds with it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove a server and its secrets; certificates stay."""
    from prsync.services.servers import remove_server

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        feeds = remove_server(
            ledger, name, lambda question: ask.confirm(question, yes=yes), invocation.now, cascade=cascade
        )
    if json:
        show.document({"removed": name, "feeds": feeds})
    elif not invocation.quiet:
        show.line(f"Server {name} is removed{'; its certificates stay' if feeds else ''}.")


@app.command("check")
def check(context: typer.Context, name: server_options.Name, json: JsonOption = False) -> None:
    """Check a server step by step, from its URL to its history. Status 1 if a step fails."""
    from prsync.services.server_access import connect_at_once
    from prsync.services.server_check import check_server

    invocation = invocation_of(context)
    steps = []
    with invocation.ledger_to_read() as ledger:
        for step in check_server(ledger, name, connect_at_once, invocation.now, invocation.local_timezone):
            # Each at once: the next may wait for a server that does not answer.
            steps.append(step)
            if not (json or invocation.quiet):
                outcome = f"skipped: {step.skipped}" if step.skipped else "ok"
                show.line(f"{step.name:<14}{'FAILED' if step.error else outcome}")
    error = steps[-1].error
    if json:
        show.document({"server": name, "ok": error is None, "steps": [step.document() for step in steps]})
    if error:
        show.note(f"server {name}: {error}", server=name)
        raise typer.Exit(Status.FAILED)


@app.command("organizations")
def organizations(context: typer.Context, name: server_options.Name, json: JsonOption = False) -> None:
    """List a server's organizations. Those already connected are marked with their feed."""
    from prsync.services.server_access import connect_at_once
    from prsync.services.servers import organizations_with_feeds

    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        server = ledger.servers.named(name)
        found = organizations_with_feeds(ledger, server, connect_at_once, invocation.now)
    rows = [{"organization_id": one.organization_id, "name": one.name, "feed": feed} for one, feed in found]
    if json:
        show.document(rows)
    elif not rows:
        show.line(f"No organization: 3manager lets {server.username} see none on server {name}.")
    else:
        show.table(("Organization", "Name", "Feed"), (tuple(row.values()) for row in rows))


app.command("probe")(probe.probe)
app.command("meters")(probe.meters)
