"""The status of a monitoring plugin, as Nagios, Icinga and their kin read it: one line with figures, then details."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class PluginStatus(IntEnum):
    """A plugin's exit status (monitoring-plugins.org, guidelines)."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginAnswer:
    """What the monitor is told: a summary, figures by name, and a line for each thing that is wrong."""

    status: PluginStatus
    summary: str
    figures: Mapping[str, int] = field(default_factory=dict)
    details: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The lines on standard output."""
        head = f"PRSYNC {self.status.name} - {_plain(self.summary)}"
        if self.figures:
            head += " | " + " ".join(f"{name}={value}" for name, value in self.figures.items())
        return [head, *map(_plain, self.details)]


def _plain(text: str) -> str:
    # Whatever follows a bar is read as figures.
    return " ".join(text.replace("|", "/").split())
