"""`prsync anomaly`: lists the readings that were held back, and takes a person's decisions about them."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import JsonOption, invocation_of

if TYPE_CHECKING:
    from prsync.store.records import StoredAnomaly

app = typer.Typer(help="The readings held back.", no_args_is_help=True, rich_markup_mode=None)

Id = Annotated[int, typer.Argument(metavar="ID", help="The anomaly's id, as `anomaly list` shows it.", min=1)]


@app.command("list")
def list_(
    context: typer.Context,
    feed: Annotated[
        str | None,
        typer.Option(metavar="FEED", help="Only this feed's.", show_default=False, autocompletion=complete.feeds),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Those that are settled too.")] = False,
    json: JsonOption = False,
) -> None:
    """List the readings that are held back. With the pages that accepting each would add."""
    from prsync.services.anomalies import anomalies_of

    with invocation_of(context).ledger_to_read() as ledger:
        found = anomalies_of(ledger, feed, settled_too=all_)
    if json:
        show.document([{**anomaly.document(), "accepting_adds": anomaly.accepting_adds} for anomaly in found])
    elif not found:
        show.line("No anomaly." if all_ else "No open anomaly.")
    else:
        last = "State" if all_ else "Accepting adds"
        rows = ((*_row(a), a.state if all_ else show.number(a.accepting_adds)) for a in found)
        show.table(("Id", "Feed, device", "Day", "Reading", "Held", "Latest", last), rows, right=_NUMBERS)


_NUMBERS: Final = ("Id", "Held", "Latest", "Accepting adds")


def _row(anomaly: "StoredAnomaly") -> tuple[object, ...]:
    """The cells that an anomaly has in both lists, of the open ones and of all."""
    kind = anomaly.kind.removeprefix("counter_").removesuffix("_reading")
    held, latest = show.number(anomaly.count), show.number(anomaly.latest_count)
    # The device's id has a line of its own, so that it is not folded: a person copies it to look the device up.
    return anomaly.id, (anomaly.feed, anomaly.device_id), anomaly.date, kind, held, latest


@app.command("accept")
def accept(context: typer.Context, anomaly_id: Id, json: JsonOption = False) -> None:
    """Believe a reading. A jump's pages go into the next deposit; a drop was a reset, and adds none.

    Left open, a drop is decided by the next readings, also where the counter comes back. Accept it only if you know
    that the counter was reset.
    """
    _decide(context, anomaly_id, accepted=True, json=json)


@app.command("reject")
def reject(context: typer.Context, anomaly_id: Id, json: JsonOption = False) -> None:
    """Do not count a reading. A jump's row moves on without its pages; a drop was a glitch."""
    _decide(context, anomaly_id, accepted=False, json=json)


def _decide(context: typer.Context, anomaly_id: int, *, accepted: bool, json: bool) -> None:
    from prsync.services.anomalies import decide

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        decided = decide(ledger, anomaly_id, accepted=accepted, now=invocation.now)
    if json:
        show.document(decided.anomaly.document())
    elif not invocation.quiet:
        word = "accepted" if accepted else "rejected"
        adds = f"; {decided.pages:,} pages go into the next deposit" if accepted and decided.pages else ""
        show.line(f"Anomaly {anomaly_id} of feed {decided.anomaly.feed} is {word}{adds}.")
        if decided.fell_from is not None:
            # A person's word ends what the readings alone would still tell: whether the counter was away for some days.
            at, back = show.number(decided.anomaly.count), show.number(decided.fell_from)
            show.line(f"Its device counts from {at} on. Should the counter come back to {back}, the whole step counts.")
