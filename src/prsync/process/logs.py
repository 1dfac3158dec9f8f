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

from prsync.core.text import printable
from prsync.core.utc import utc_text
from prsync.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMATS: Final = ("text", "json")
FORMAT_VARIABLE: Final = "PRSYNC_LOG_FORMAT"
_OPTION: Final = "--log-format"
_NAMES: Final = ("run_id", "server", "feed", "day")

RUN: Final = os.urandom(4).hex()
"""Names this process in every JSON line, so that two at once can be told apart."""

log = logging.getLogger("prsync")
_about: dict[str, object] = {}


class _Lines(logging.Formatter):
    """What a person or cron's mail should know begins with our name; what is only told with -v, with the time."""

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
            "run": RUN,
            "message": record.getMessage(),
        }
        known = _about | vars(record)
        line.update({name: known[name] for name in _NAMES if known.get(name) is not None})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def format_of(arguments: Sequence[str]) -> str:
    """The log format a command line asks for, also where the rest of it cannot be read."""
    wanted = os.environ.get(FORMAT_VARIABLE, "")
    for word, following in pairwise([*arguments, ""]):
        if word == _OPTION:
            wanted = following
        elif word.startswith(f"{_OPTION}="):
            wanted = word.partition("=")[2]
    return wanted if wanted in FORMATS else "text"


def configure(*, verbose: bool, log_format: str) -> None:
    """Write prsync's own log to standard error; other libraries' logs go nowhere, they may hold secrets."""
    if log_format not in FORMATS:
        raise InvalidValueError(_OPTION, log_format, "is neither text nor json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _Lines())
    log.handlers[:] = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.WARNING)
    log.propagate = False
    # What has no handler at all, and what Python says by itself, would otherwise be written to standard error as it is.
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # a line that cannot be written: it would say so where it cannot
    sys.unraisablehook = lambda found: _uncaught(found.exc_value)
    threading.excepthook = lambda found: _uncaught(found.exc_value)


def _uncaught(error: BaseException | None) -> None:
    log.debug("nobody could be told of this", exc_info=error)


def is_json() -> bool:
    """Whether every line on standard error must be a JSON object."""
    _configure_if_need_be()
    return any(isinstance(handler.formatter, _JsonLines) for handler in log.handlers)


def about(**names: object) -> None:
    """Something that every JSON line says from now on, such as the `run_id` of the row in `runs`."""
    _about.update(names)


def rendered(text: str) -> str:
    """An error's line as it would be logged, for whoever must not wait for a lock."""
    _configure_if_need_be()
    formatter = log.handlers[0].formatter
    assert formatter is not None  # noqa: S101  configure() has set it
    return formatter.format(log.makeRecord(log.name, logging.ERROR, "", 0, text, (), None))


def note(text: str, **names: str) -> None:
    """A line for a person: `names` say which server, feed or day it is about."""
    log.warning("%s", text, extra=names)


def failure(text: str, error: BaseException | None = None) -> None:
    """The line a command ends with, and with -v where it happened."""
    _configure_if_need_be()
    trace = error if log.isEnabledFor(logging.DEBUG) else None
    log.error("%s", text, exc_info=trace, extra={"server": getattr(error, "server", None)})


def _configure_if_need_be() -> None:
    if not log.handlers:  # the command line could not even be read
        configure(verbose=False, log_format=format_of(sys.argv[1:]))
