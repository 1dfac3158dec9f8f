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
    invocation = invocation_of(context)
    with invocation.ledger_to_read() as ledger:
        copy = ledger.copy_to(file.expanduser().absolute())
    if json:
        show.document({"file": str(file), "feeds": copy.feeds, "deposits": copy.deposits, "pages": copy.pages})
    elif not invocation.quiet:
        show.line(f"{file}: {copy.feeds} feeds, {copy.deposits} deposits, {copy.pages:,} pages; verified.")
