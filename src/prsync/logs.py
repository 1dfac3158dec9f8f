"""Log lines on standard error: for a person, or one JSON object a line."""

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
    handler.setFormatter(_JsonLines() if log_format == "json" else logging.Formatter("%(asctime)s %(message)s"))
    root = logging.getLogger("prsync")
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.WARNING)
    root.propagate = False
