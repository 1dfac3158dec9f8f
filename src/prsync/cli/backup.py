"""`prsync backup`: copies the ledger and verifies the copy."""

from pathlib import Path
from typing import Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; must not exist yet.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Copy the ledger to FILE and verify the copy. Also while a sync is running."""
    from prsync.errors import NotFoundError

    invocation = invocation_of(context)
    # Opening a ledger that is not there would make an empty one, and the copy of that would look like a backup.
    if not invocation.state.exists():
        raise NotFoundError(
            "ledger", str(invocation.state), "there is nothing to copy; is --state or PRSYNC_STATE right?"
        )
    with invocation.ledger() as ledger:
        copy = ledger.copy_to(file.expanduser().absolute())
    if json:
        show.document({"file": str(file), "feeds": copy.feeds, "deposits": copy.deposits, "pages": copy.pages})
    elif not invocation.quiet:
        show.line(f"{file}: {copy.feeds} feeds, {copy.deposits} deposits, {copy.pages:,} pages; verified.")
