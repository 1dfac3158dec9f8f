"""All that goes to standard error, but for a progress bar: lines for a person, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import secrets
import sys
from datetime import UTC, datetime
from typing import Final

from prsync.errors import InvalidValueError

FORMATS: Final = ("text", "json")
_NAMES: Final = ("server", "feed", "day")

RUN_ID: Final = secrets.token_hex(4)
"""Names this run in every JSON line, so that two runs at once can be told apart."""


log = logging.getLogger("prsync")


class _Lines(logging.Formatter):
    """What a person or cron's mail should know begins with our name; what is only told with -v, with the time."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  logging's name
        if record.levelno >= logging.WARNING:
            return f"prsync: {record.message}"
        return super().formatMessage(record)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        written = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": written.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "run": RUN_ID,
            "message": record.getMessage(),
        }
        line.update({name: value for name in _NAMES if (value := getattr(record, name, None)) is not None})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(*, verbose: bool, log_format: str) -> None:
    """Write prsync's own log to standard error; other libraries' logs go nowhere, they may hold secrets."""
    if log_format not in FORMATS:
        raise InvalidValueError("--log-format", log_format, "is neither text nor json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if log_format == "json" else _Lines())
    log.handlers[:] = [handler]
    log.setLevel(logging.DEBUG if verbose else logging.WARNING)
    log.propagate = False


def note(text: str, **names: str) -> None:
    """A line for a person: `names` say which server, feed or day it is about."""
    log.warning("%s", text, extra=names)


def failure(text: str, error: BaseException | None = None) -> None:
    """The line a command ends with, and with -v where it happened."""
    if not log.handlers:  # the command line could not even be read
        configure(verbose=False, log_format="text")
    log.error("%s", text, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
