"""Where the program starts: it can be stopped before anything heavy is loaded."""

from __future__ import annotations

import signal
import sys

# A Ctrl-C while Python itself is still loading: no traceback. (In a background job it is ignored, and stays so.)
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from prsync import stopping, streams


def main() -> None:
    """Run the program."""
    streams.open_all()
    stopping.listen(_rendered)
    from prsync.cli.app import program

    try:
        stopping.loaded()
        status = program(sys.argv[1:])
        streams.give_up_unheard()
        stopping.settled()
    except stopping.Stopped as stopped:
        stopping.end(stopped.number)
    sys.exit(status)


def _rendered(text: str) -> str:
    try:
        from prsync.logs import rendered
    except (ImportError, AttributeError):  # stopped while that was being loaded
        return f"prsync: {text}"
    return rendered(text)


if __name__ == "__main__":
    main()
