"""`prsync profile`: the API profile that fits prsync to a server, as a file."""

from pathlib import Path
from typing import Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

app = typer.Typer(help="API profiles.", no_args_is_help=True, rich_markup_mode=None)


@app.command("show")
def show_(json: JsonOption = False) -> None:
    """Print prsync's own API profile, with its comments. A file to begin from."""
    from prsync.services.profile_files import built_in_profile

    text = built_in_profile()
    if json:
        show.document({"profile": text})
    else:
        show.line(text.rstrip("\n"))


@app.command("check")
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An API profile.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Say whether a file is an API profile. Status 2, with the key and its line, if not."""
    from prsync.process.files import from_home
    from prsync.services.profile_files import check_profile

    problem = check_profile(str(from_home(file)))
    if json:
        show.document({"file": str(file), "ok": problem is None, "error": problem})
    elif problem is None and not invocation_of(context).quiet:
        show.line(f"{file} is an API profile.")
    if problem is not None:
        show.note(f"{file}: {problem}")
        raise typer.Exit(Status.WRONG_INPUT)
