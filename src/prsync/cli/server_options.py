"""The options for a server's settings: for `server add`, `update` and `probe`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import complete

if TYPE_CHECKING:
    from prsync.core.settings import ServerChanges

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The server's name.", show_default=False, autocompletion=complete.servers),
]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
PasswordCommand = Annotated[
    str | None,
    typer.Option(metavar="CMD", help="A command whose first output line is the password.", show_default=False),
]
CaBundle = Annotated[
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
ClientSecretStdin = Annotated[
    bool,
    typer.Option("--client-secret-stdin", help="Read the client's secret from standard input, after any password."),
]
ClientSecretCommand = Annotated[
    str | None,
    typer.Option(
        metavar="CMD",
        help='A command that prints the client\'s secret; "" for none.',
        show_default=False,
    ),
]
Connections = Annotated[
    int | None,
    typer.Option(metavar="N", help="Days of a history to ask for at once, 1 to 16.", min=1, max=16, show_default="1"),
]
NewConnections = Annotated[
    int | None,
    typer.Option(metavar="N", help="Days of a history to ask for at once, 1 to 16.", min=1, max=16, show_default=False),
]


def optional_settings(
    *,
    password_stdin: bool,
    password_command: str | None,
    ca_bundle: str | None,
    profile: str | None,
    client_id: str | None,
    client_secret_stdin: bool,
    client_secret_command: str | None,
) -> ServerChanges:
    """The optional settings that were given, parsed; an empty text removes a setting."""
    from prsync.errors import InvalidValueError
    from prsync.services.server_settings import parse_ca_bundle, parse_command, parse_profile

    if password_stdin and password_command is not None:
        raise InvalidValueError("--password-stdin", "and --password-command", "give one of the two")
    if client_secret_stdin and client_secret_command is not None:
        raise InvalidValueError("--client-secret-stdin", "and --client-secret-command", "give one of the two")
    given: ServerChanges = {}
    if password_command is not None:
        given["password_command"] = parse_command("--password-command", password_command)
    if password_stdin:
        # A password that is typed goes into the keyring, and would not be read while there is a command.
        given["password_command"] = None
    if ca_bundle is not None:
        given["ca_bundle"] = parse_ca_bundle("--ca-bundle", ca_bundle) if ca_bundle else None
    if profile is not None:
        given["profile"] = parse_profile("--profile", profile) if profile else None
    if client_id is not None:
        given["client_id"] = client_id or None
    if client_secret_stdin or client_secret_command is not None or client_id == "":
        given["client_secret_in_keyring"] = client_secret_stdin
        given["client_secret_command"] = (
            parse_command("--client-secret-command", client_secret_command) if client_secret_command else None
        )
    return given
