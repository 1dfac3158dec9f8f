"""`prsync device list`: the devices of a feed, all that is stored of them."""

from typing import Annotated

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import JsonOption, invocation_of

app = typer.Typer(help="A feed's devices.", no_args_is_help=True, rich_markup_mode=None)


# Without a callback typer makes a group of one command into that command, `prsync device`.
@app.callback()
def devices() -> None:
    """A feed's devices."""


@app.command("list")
def list_(
    context: typer.Context,
    feed: Annotated[
        str,
        typer.Argument(
            metavar="FEED", help="The feed's name or id.", show_default=False, autocompletion=complete.feeds
        ),
    ],
    json: JsonOption = False,
) -> None:
    """List a feed's devices with their counters."""
    with invocation_of(context).ledger_to_read() as ledger:
        found = ledger.days.devices(ledger.feeds.find(feed).id)
    if json:
        show.document(
            [
                {
                    "device_id": device.device_id,
                    "managed": device.managed,
                    "initial_count": device.initial_count,
                    "latest_count": device.latest_count,
                    "life_count": device.life_count,
                }
                for device in found
            ]
        )
    elif not found:
        show.line(f"No device of feed {feed} has had a readable counter yet.")
    else:
        columns = ("Device", "Managed", "InitialCount", "LatestCount", "LifeCount")
        rows = (
            (one.device_id, one.managed, f"{one.initial_count:,}", f"{one.latest_count:,}", f"{one.life_count:,}")
            for one in found
        )
        show.table(columns, rows, right=columns[2:])
