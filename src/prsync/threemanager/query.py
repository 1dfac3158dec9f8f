"""The question for a customer's devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.core.model import Scope

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesQuery:
    """Whose devices, as of the end of which day, by which meter.

    `timezone` is the feed's: whose day it is. `is_yesterday`: no later day is over there. `through` is the last day
    that will be asked for after this one; None where that is not known.
    """

    organization_id: str
    day: date
    meter: str
    scope: Scope = Scope.ALL
    timezone: str = "UTC"
    is_yesterday: bool = False
    through: date | None = None
