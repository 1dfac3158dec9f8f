"""`prsync metrics`: what a ledger tells, for Prometheus."""

from pathlib import Path
from typing import Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of


def metrics(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.prom", help="Written whole or not at all.", show_default="standard output"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print the ledger's metrics for Prometheus. As node_exporter's textfile collector reads them; asks no server."""
    from prsync.errors import InvalidValueError, LedgerError
    from prsync.monitoring.prometheus import metrics_text
    from prsync.process.files import EVERYBODY_READS, expect_replaceable, from_home, replace_file
    from prsync.services.metrics import samples_of

    invocation = invocation_of(context)
    if output is not None:
        if output.suffix != ".prom":
            raise InvalidValueError("--output", str(output), "does not end in .prom, as node_exporter wants it")
        expect_replaceable("--output", from_home(output), b"#")
    try:
        with invocation.ledger_to_read() as ledger:
            samples = samples_of(ledger, invocation.now, invocation.local_timezone)
    except LedgerError:
        # Whoever scrapes the file is told so, too: the figures of before would look well.
        if output is not None:
            replace_file(from_home(output), metrics_text(None).encode(), mode=EVERYBODY_READS)
        raise
    if output is not None:
        replace_file(from_home(output), metrics_text(samples).encode(), mode=EVERYBODY_READS)
    elif json:
        show.document(samples.document())
    else:
        show.text(metrics_text(samples))
