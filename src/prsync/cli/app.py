"""The program: its commands, its global options, and how every error becomes one line and an exit status."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prsync import __version__
from prsync.cli.commands import Program
from prsync.cli.invocation import Invocation
from prsync.cli.kept_texts import keep_texts
from prsync.cli.option_places import sort_out
from prsync.cli.paths import show_paths
from prsync.cli.status import Status
from prsync.core.text import is_text, printable
from prsync.process import signals, stdio

if TYPE_CHECKING:
    from datetime import datetime

app = typer.Typer(
    name="prsync",
    cls=Program,
    help="Printer page counters from 3manager into a ledger, and every month into a Certificate of Reforestation.",
    no_args_is_help=True,
    # Help as plain text, because rich takes longer to load than the rest of `--help`.
    rich_markup_mode=None,
    # typer's own tracebacks show local variables, and a password may be among them.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"prsync {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", envvar="PRSYNC_STATE", is_eager=True, help="The ledger; else in the user data folder."
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", envvar="PRSYNC_QUIET", help="Silent unless something needs a person.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", envvar="PRSYNC_VERBOSE", help="Say what is done, and trace errors.")
    ] = False,
    log_format: Annotated[
        str, typer.Option(metavar="text|json", envvar="PRSYNC_LOG_FORMAT", help="How log lines are written.")
    ] = "text",
    _paths: Annotated[
        bool, typer.Option("--show-paths", callback=show_paths, help="Show where files are and exit.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Printer page counters from 3manager into a ledger, and every month into a Certificate of Reforestation."""
    from prsync.process.clock import utc_now
    from prsync.process.logs import configure

    # The demo and the tests give an instant in `context.obj`. After this the time passes, and is not read again.
    began = utc_now()
    now = context.obj or began
    context.obj = Invocation(
        state_option=state,
        quiet=quiet,
        verbose=verbose,
        log_format=log_format,
        now=now,
        run=lambda arguments: run_command_line(arguments, now + (utc_now() - began)),
    )
    configure(verbose=verbose, log_format=log_format)


def program(arguments: list[str]) -> int:
    """Run the program's command line, flush its output, and return the exit status."""
    if all(map(is_text, arguments)):
        status = run_command_line(arguments)
    else:
        # Neither SQLite nor JSON can hold bytes that are not text: no name could be found, and no path stored.
        status = _report(
            "the command line is not UTF-8 text; is the locale of this terminal right?", Status.WRONG_INPUT
        )
    # Flushed here and not at exit, where Python would end with its own message if the disk is full.
    try:
        sys.stdout.flush()
    except stdio.OutputError as error:
        return _report_output_failure(error)
    return status


def run_command_line(arguments: list[str], now: "datetime | None" = None) -> int:
    """Run one command line and return its exit status; `now` is taken for the current time if it is given."""
    named = ["prsync"]
    try:
        keep_texts()
        command = typer.main.get_command(app)
        if arguments[:1] == ["help"]:
            arguments = [*arguments[1:], "--help"]
        sorted_out = sort_out(command, arguments)
        named += sorted_out.path
        status = command.main(args=sorted_out.line(), prog_name="prsync", standalone_mode=False, obj=now)
    except typer.TyperException as error:
        return _report_usage_error(error, " ".join(named))
    except typer.Abort:
        return _report("not done", Status.FAILED)
    except stdio.OutputError as error:
        return _report_output_failure(error)
    except SystemExit as end:
        # typer exits by itself when the reader of the output has gone. Shell completion ends so as well, and may.
        if not isinstance(end.__context__, stdio.OutputError):
            raise
        return _report_output_failure(end.__context__)
    except Exception as error:  # noqa: BLE001  a person reads one line; -v shows where
        return _report_failure(error)
    return int(status or 0)


def _report_usage_error(error: typer.TyperException, command: str) -> int:
    from prsync.process import logs

    message = _unusable_value(error) or getattr(error, "format_message", error.__str__)()
    # Of several lines is only the help of a group, shown where the group was called without a command.
    if "\n" in message and not logs.is_json():
        sys.stderr.write(message + "\n")
        return Status.WRONG_INPUT
    return _report(f"{' '.join(message.split())} ({command} --help shows how)", Status.WRONG_INPUT)


def _unusable_value(error: typer.TyperException) -> str | None:
    """What is wrong with a value that typer had pydantic validate; None where the error is another."""
    problems = getattr(error.__cause__, "errors", None)
    parameter = getattr(error, "param", None)
    if problems is None or parameter is None:
        return None
    from prsync.core.expected import expected

    problem, *_ = problems()
    return f"{_place_of(parameter, error)} {printable(str(problem['input']))}: {expected(problem)}"


def _place_of(parameter: Any, error: Any) -> str:
    """Where a parameter's value stands: the option, the argument's name, or the variable of the environment."""
    if error.ctx is not None and error.ctx.get_parameter_source(parameter.name).name == "ENVIRONMENT":
        return str(parameter.envvar)
    return str(parameter.metavar if parameter.param_type_name == "argument" else parameter.opts[0])


def _report_failure(error: Exception) -> int:
    # A library may have turned the exception of a signal into an error of its own.
    if (number := signals.received()) is not None:
        raise signals.Stopped(number) from None
    from prsync.cli.status import status_of
    from prsync.errors import error_line

    status = status_of(error)
    # An import file's error has a line for each bad line. Only the last carries the trace of -v.
    *before, last = error_line(error).splitlines()
    for line in before:
        _report(line, status)
    return _report(last, status, error)


def _report_output_failure(error: stdio.OutputError) -> int:
    # What is still buffered could not be written either, and Python would try once more at its end.
    stdio.discard_output()
    if error.nobody_reads:
        return Status.NOBODY_READS
    return _report(f"standard output cannot be written: {error.strerror}", Status.FAILED)


def _report(text: str, status: int, error: Exception | None = None) -> int:
    from prsync.process.logs import log_failure

    log_failure(text, error)
    return status
