"""All that goes to standard error, but for a progress bar: lines for a person, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from prsync.core.text import escaped, printable
from prsync.core.utc import utc_text
from prsync.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS: Final = ("text", "json")
FORMAT_VARIABLE: Final = "PRSYNC_LOG_FORMAT"
_OPTION: Final = "--log-format"
_CONTEXT_KEYS: Final = ("run_id", "server", "feed", "day")
"""What a JSON line may say it is about, besides its message."""

PROCESS_ID: Final = os.urandom(4).hex()
"""Stands as `run` in every JSON line, so that the lines of two processes at once can be told apart."""

log = logging.getLogger("prsync")
_context: dict[str, object] = {}


class _TextLines(logging.Formatter):
    """Lines for a person. Those that cron's mail should hold begin with our name, those of -v with the time."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        record.message = printable(record.message)
        if record.levelno >= logging.WARNING:
            return f"prsync: {record.message}"
        return super().formatMessage(record)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": utc_text(datetime.fromtimestamp(record.created, UTC), timespec="milliseconds"),
            "level": record.levelname.lower(),
            "run": PROCESS_ID,
            "message": record.getMessage(),
        }
        known = _context | vars(record)
        line.update({key: known[key] for key in _CONTEXT_KEYS if known.get(key) is not None})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return escaped(json.dumps(line, ensure_ascii=False))


def wanted_format(arguments: Sequence[str]) -> str:
    """The log format that a command line asks for, also where the rest of it cannot be read."""
    wanted = os.environ.get(FORMAT_VARIABLE, "")
    for word, following in pairwise([*arguments, ""]):
        if word == _OPTION:
            wanted = following
        elif word.startswith(f"{_OPTION}="):
            wanted = word.partition("=")[2]
    return wanted if wanted in FORMATS else "text"


def configure(*, verbose: bool, log_format: str) -> None:
    """Write prsync's own log to standard error. Other libraries' logs go nowhere: they may hold secrets."""
    if log_format not in FORMATS:
        raise InvalidValueError(_OPTION, log_format, "is neither text nor json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    log.handlers[:] = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.WARNING)
    log.propagate = False
    # Without a handler of its own, logging would write other libraries' warnings to standard error as they are; and
    # Python would do the same with its own warnings.
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.captureWarnings(capture=True)
    # Where standard error cannot be written, logging would try to say so there.
    logging.raiseExceptions = False
    sys.unraisablehook = lambda found: _log_uncaught(found.exc_value)
    threading.excepthook = lambda found: _log_uncaught(found.exc_value)


def _log_uncaught(error: BaseException | None) -> None:
    log.debug("nobody could be told of this", exc_info=error)


def is_json() -> bool:
    """Whether every line on standard error must be a JSON object."""
    _ensure_configured()
    return any(isinstance(handler.formatter, _JsonLines) for handler in log.handlers)


def add_context(**names: object) -> None:
    """Have every JSON line say something from now on, such as the `run_id` of the row in `runs`."""
    _context.update(names)


def format_line(text: str) -> str:
    """An error's line as it would be logged, for a signal handler, which must not wait for logging's lock."""
    _ensure_configured()
    formatter = log.handlers[0].formatter
    assert formatter is not None  # noqa: S101  configure() has set it
    return formatter.format(log.makeRecord(log.name, logging.ERROR, "", 0, text, (), None))


def log_note(text: str, **names: str) -> None:
    """A line for a person: `names` say which server, feed or day it is about."""
    log.warning("%s", text, extra=names)


def log_failure(text: str, error: BaseException | None = None) -> None:
    """The line that a command ends with, and with -v the place where the error was raised."""
    _ensure_configured()
    trace = error if log.isEnabledFor(logging.DEBUG) else None
    log.error("%s", text, exc_info=trace, extra={"server": getattr(error, "server", None)})


def _ensure_configured() -> None:
    """Configure the log where the command line could not be read as far as its options."""
    if not log.handlers:
        configure(verbose=False, log_format=wanted_format(sys.argv[1:]))
