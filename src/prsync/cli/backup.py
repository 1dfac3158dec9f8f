"""`prsync backup`: copies the ledger and verifies the copy."""

from typing import Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, PingOption, invocation_of
from prsync.cli.pinged import pinged


def backup(
    context: typer.Context,
    place: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR/",
            help="The copy; must not exist yet. Or its folder.",
            show_default=False,
        ),
    ],
    keep: Annotated[
        int | None,
        typer.Option(metavar="N", help="In DIR/: keep the newest N backups.", show_default="all", min=1),
    ] = None,
    ping_url: PingOption = None,
    json: JsonOption = False,
) -> None:
    """Copy the ledger and verify the copy. In a folder it is named by the date. Also while a sync is running."""
    from prsync.services.backup import back_up

    invocation = invocation_of(context)
    with pinged(ping_url) as end:
        with invocation.ledger_to_read() as ledger:
            done = back_up(ledger, place, keep=keep, now=invocation.now, local_timezone=invocation.local_timezone)
        copy = done.contents
        figures = f"{copy.feeds} feeds, {copy.deposits} deposits, {copy.pages:,} pages; verified."
        end.ok, end.summary = True, f"{done.file}: {figures}"
    if json:
        counts = {"feeds": copy.feeds, "deposits": copy.deposits, "pages": copy.pages}
        show.document({"file": str(done.shown), **counts, "removed": [str(file) for file in done.removed]})
    elif not invocation.quiet:
        show.line(f"{done.shown}: {figures}")
        for file in done.removed:
            show.line(f"Removed {file.name}.")
