"""Where the program starts: it can be stopped before anything heavy is loaded."""

from __future__ import annotations

import signal
import sys

# A Ctrl-C while Python itself is still loading: no traceback. (In a background job it is ignored, and stays so.)
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from prsync.process import signals, stdio


def main() -> None:
    """Run the program."""
    stdio.open_standard_streams()
    signals.listen(_format_line)
    from prsync.cli.app import program

    try:
        signals.program_loaded()
        status = program(sys.argv[1:])
        stdio.discard_unwritable_errors()
        signals.restore_defaults()
    except signals.Stopped as stopped:
        signals.exit_now(stopped.number)
    sys.exit(status)


def _format_line(text: str) -> str:
    try:
        from prsync.process.logs import format_line
    except (ImportError, AttributeError):  # stopped while that was being loaded
        return f"prsync: {text}"
    return format_line(text)


if __name__ == "__main__":
    main()
