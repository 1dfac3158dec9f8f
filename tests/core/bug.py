"""A bug that can be planted in a copy of the core."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import prsync

PACKAGE = Path(prsync.__file__).parent


@dataclass(frozen=True)
class Bug:
    """One replacement in the source of one module of the core."""

    name: str
    module: str
    before: str
    after: str

    def occurrences(self) -> int:
        return (PACKAGE / "core" / self.module).read_text(encoding="utf-8").count(self.before)
